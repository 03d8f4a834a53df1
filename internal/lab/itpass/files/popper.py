#!/usr/bin/python3
"""popper: a stand-in for qpopper, made for the lab. inetd starts it with a client on standard input and output; Dovecot, which knows the passwords of
/usr/local/qpopper/pop.auth, answers."""
import os
import select
import socket
import sys

try:
    server = socket.create_connection(("127.0.0.1", 1110), timeout=10)
except OSError:
    sys.stdout.write("-ERR the server is not there\r\n")
    sys.exit(1)
server.settimeout(None)
pairs = {0: server.fileno(), server.fileno(): 1}
while True:
    for fd in select.select(list(pairs), [], [])[0]:
        data = os.read(fd, 65536)
        if not data and fd == 0:
            server.shutdown(socket.SHUT_WR)  # what the server still says goes out
            del pairs[0]
            continue
        if not data:
            sys.exit(0)
        while data:
            data = data[os.write(pairs[fd], data):]
