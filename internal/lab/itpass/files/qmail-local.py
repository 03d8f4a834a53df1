#!/usr/bin/python3
"""qmail-local: a stand-in made for the lab. Postfix's local delivery runs it as the user; it does what his .qmail says.

Known are ./Mailbox and /path/Mailbox (mbox), ./Maildir/, |command, &address and address; "#" begins a comment. Of user-some-thing the files .qmail-some-thing,
.qmail-some-default and .qmail-default are looked for, in this order. A command that exits 99 ends the delivery, 111 and 100 are qmail's codes for later and never.
"""
import fcntl
import os
import subprocess
import sys
import time

SOFT, HARD, NO_USER = 75, 69, 67


def instructions(home, extension):
    names = [".qmail"]
    if extension:
        parts = extension.lower().replace(".", ":").split("-")
        names = [".qmail-" + "-".join(parts)]
        names += [".qmail-" + "-".join(parts[:n] + ["default"]) for n in range(len(parts) - 1, -1, -1)]
    for name in names:
        try:
            with open(os.path.join(home, name), encoding="utf-8") as lines:
                return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        except FileNotFoundError:
            continue
    if extension:
        print("no mailbox here by that name", file=sys.stderr)
        sys.exit(NO_USER)
    return ["./Mailbox"]


def mbox(path, sender, message):
    body = b"".join((b">" + line if line.lstrip(b">").startswith(b"From ") else line) for line in message.splitlines(True))
    with open(path, "ab") as box:
        fcntl.lockf(box, fcntl.LOCK_EX)
        start = box.seek(0, os.SEEK_END)
        try:
            box.write(b"From %s %s\n" % ((sender or "MAILER-DAEMON").encode(), time.asctime().encode()) + body)
            box.write(b"\n" if body.endswith(b"\n") else b"\n\n")
            box.flush()
            os.fsync(box.fileno())
        except OSError:
            box.truncate(start)
            raise


def maildir(path, message):
    name = "%d.%d.%s" % (time.time_ns(), os.getpid(), os.uname().nodename)
    with open(os.path.join(path, "tmp", name), "xb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())
    os.rename(os.path.join(path, "tmp", name), os.path.join(path, "new", name))


def main():
    home, sender = os.environ["HOME"], os.environ.get("SENDER", "")
    message = sys.stdin.buffer.read()
    os.chdir(home)
    os.umask(0o077)
    for line in instructions(home, os.environ.get("EXTENSION", "")):
        if line.startswith("|"):
            code = subprocess.run(["/bin/sh", "-c", line[1:].strip()], input=message, check=False).returncode
            if code == 99:
                return 0
            if code:
                return HARD if code in (100, 64, 65, 69, 70, 76, 77, 78, 112) else SOFT
        elif line.startswith((".", "/")):
            maildir(line, message) if line.endswith("/") else mbox(line, sender, message)
        else:
            subprocess.run(["/usr/sbin/sendmail", "-f", sender or "<>", line.lstrip("&")], input=message, check=True)
    return 0


try:
    sys.exit(main())
except (OSError, subprocess.SubprocessError) as error:
    print(error, file=sys.stderr)
    sys.exit(SOFT)
