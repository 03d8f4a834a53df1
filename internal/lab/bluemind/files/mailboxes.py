"""Makes the first set-up's mailboxes, and on the source the mail of years.

usage: mailboxes.py USERS MESSAGES
Names are Cyrus's own, with altnamespace and "/" between the parts.
"""
import imaplib
import socket
import sys

users, messages = int(sys.argv[1]), int(sys.argv[2])
FOLDERS = ["Archive", "Archive/2019", "Sent", "Trash", "Entw&APw-rfe", "With space"]
FLAGS = ["", "\\Seen", "\\Seen \\Answered", "\\Flagged", "\\Seen $Label1", "\\Draft"]


def check(answer):
    if answer[0] != "OK":
        raise SystemExit("imap: %r" % (answer,))
    return answer[1]


def login(user):
    imap = imaplib.IMAP4("127.0.0.1")
    # A message goes out in two writes; without this each waits for a late acknowledgement.
    imap.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    check(imap.login(user + "@lab.test", "pw-" + user))
    return imap


def append(imap, folder, batch):
    """Stores messages, each (flags, date, text), by one command: RFC 3502 with RFC 7888's literals."""
    line = b'seed APPEND "%s"' % folder.encode()
    for flags, date, text in batch:
        line += b" (%s) %s {%d+}\r\n%s" % (flags.encode(), date.encode(), len(text), text)
    imap.send(line + b"\r\n")
    while True:
        answer = imap.readline()
        if answer.startswith(b"seed "):
            check((answer.split()[1].decode(), answer))
            return
        if not answer:
            raise SystemExit("imap: the connection ended")


admin = login("cyrus")
names = ["u%02d" % n for n in range(1, users + 1)]
for name in names:
    check(admin.create("user/%s@lab.test" % name))
admin.logout()
if messages:
    for name in names:
        imap = login(name)
        for folder in FOLDERS:
            check(imap.create('"%s"' % folder))
        for folder in ["INBOX"] + FOLDERS[:4]:
            check(imap.subscribe('"%s"' % folder))
        batches = {}
        for n in range(messages):
            folder = (["INBOX"] * 4 + FOLDERS)[n % (4 + len(FOLDERS))]
            text = "From: seed@lab.test\r\nTo: %s@lab.test\r\nSubject: seed %d\r\nMessage-ID: <seed-%s-%d@lab.test>\r\n\r\n%s\r\n" % (
                name, n, name, n, "A line of an old message.\r\n" * (1 + n % 90))
            date = imaplib.Time2Internaldate(1500000000 + n * 5000)
            batches.setdefault(folder, []).append((FLAGS[n % len(FLAGS)], date, text.encode()))
        for folder, batch in batches.items():
            for first in range(0, len(batch), 100):
                append(imap, folder, batch[first:first + 100])
        # Holes in the UIDs: deleted mail is what an old mailbox has most of.
        check(imap.select("INBOX"))
        check(imap.store("2:3", "+FLAGS", "\\Deleted"))
        check(imap.expunge())
        imap.logout()
