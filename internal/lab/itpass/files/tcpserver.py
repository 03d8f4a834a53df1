#!/usr/bin/python3
"""tcpserver: a stand-in made for the lab. It listens on port 25 and passes each connection on to qmail-smtpd, which Postfix plays, with the client's address
before it (PROXY protocol). While qmail is down, a connection ends at once."""
import asyncio
import os
import socket
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    peer, here = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
    try:
        smtpd_reader, smtpd_writer = await asyncio.open_connection("127.0.0.1", 10025)
    except OSError:
        writer.close()
        return
    smtpd_writer.write(b"PROXY TCP4 %s %s %d %d\r\n" % (peer[0].encode(), here[0].encode(), peer[1], here[1]))
    await asyncio.gather(copy(reader, smtpd_writer), copy(smtpd_reader, writer))


async def main(listener):
    server = await asyncio.start_server(serve, sock=listener)
    async with server:
        await server.serve_forever()


listener = socket.create_server(("0.0.0.0", 25), backlog=100)
if os.fork():
    os._exit(0)  # whoever started it may go on: connections are taken from here on
os.setsid()
with open("/run/tcpserver.pid", "w", encoding="ascii") as pid:
    pid.write("%d\n" % os.getpid())
null = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(null, fd)
try:
    asyncio.run(main(listener))
except KeyboardInterrupt:
    sys.exit(0)
