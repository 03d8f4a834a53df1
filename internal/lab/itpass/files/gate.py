#!/usr/bin/python3
"""gate, the account tool, as small as can be, for the lab: POST /gate with name=…&word=… registers an account or changes it, GET /gate?name shows it."""
import os
import re
import sys
import urllib.parse

folder = "/home/gate/accounts"
host = next(line.split("=", 1)[1].strip() for line in open("/etc/gate/gate.conf", encoding="utf-8") if line.startswith("host"))
if os.environ["REQUEST_METHOD"] == "POST":
    form = urllib.parse.parse_qs(sys.stdin.read(int(os.environ.get("CONTENT_LENGTH") or 0)))
    name, word = form["name"][0], form["word"][0]
else:
    name, word = os.environ.get("QUERY_STRING", ""), None
if not re.fullmatch(r"[a-z0-9]{1,20}", name):
    print("Status: 400 Bad Request\n")
    sys.exit(0)
path = os.path.join(folder, name)
did = "is"
if word is not None:
    did = "changed to" if os.path.exists(path) else "registered as"
    with open(path, "w", encoding="utf-8") as out:
        out.write(word)
print("Content-Type: text/plain; charset=utf-8\n")
try:
    with open(path, encoding="utf-8") as text:
        print("%s: %s %s %s" % (host, name, did, text.read()))
except FileNotFoundError:
    print("%s: %s is not registered" % (host, name))
