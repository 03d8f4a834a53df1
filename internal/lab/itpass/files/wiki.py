#!/usr/bin/python3
"""A wiki as small as can be, for the lab: GET /wiki/Page shows it, POST replaces it."""
import os
import re
import sys

page = os.environ.get("PATH_INFO", "").lstrip("/") or "FrontPage"
if not re.fullmatch(r"[A-Za-z0-9]{1,40}", page):
    print("Status: 404 Not Found\n")
    sys.exit(0)
path = os.path.join("/home/wiki/pages", page)
if os.environ["REQUEST_METHOD"] == "POST":
    with open(path + ".new", "wb") as out:
        out.write(sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0)))
    os.replace(path + ".new", path)
try:
    with open(path, "rb") as text:
        sys.stdout.buffer.write(b"Content-Type: text/plain; charset=utf-8\n\n" + text.read())
except FileNotFoundError:
    print("Status: 404 Not Found\nContent-Type: text/plain\n\nno such page")
