#!/usr/bin/python3
"""bm-core: a stand-in for the product's core service, made for the lab.

Answers GET on port 8080 with the version, the external URL and a row count
read from the database as the product's role; 503 when the database fails.
"""
import http.server
import json
import os
import subprocess


def settings():
    with open("/etc/bm/bm.ini", encoding="utf-8") as ini:
        return dict(line.rstrip("\n").split("=", 1) for line in ini if "=" in line)


def status():
    ini = settings()
    with open("/etc/bm/version", encoding="utf-8") as version:
        answer = {"version": version.read().strip(), "external_url": ini["external-url"]}
    rows = subprocess.run(
        ["/usr/lib/postgresql/15/bin/psql", "-h", "127.0.0.1", "-U", ini["db.user"], "-d", "bj", "-qAtX", "-c", "SELECT count(*) FROM directory_entry"],
        env={**os.environ, "PGPASSWORD": ini["db.password"], "PGCONNECT_TIMEOUT": "5"},
        capture_output=True, text=True, timeout=10, check=False)
    if rows.returncode != 0:
        return 503, {**answer, "error": rows.stderr.strip()}
    return 200, {**answer, "rows": int(rows.stdout)}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        code, answer = status()
        body = (json.dumps(answer) + "\n").encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
