"""Fills the stand-in's file trees on the source: hard links, odd names, many small files."""
import os
import pwd
import sys

user = pwd.getpwnam("bm")
files = int(sys.argv[1])


def write(path, data, mode=0o640):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    os.chmod(path, mode)
    os.utime(path, (1600000000, 1600000000 + len(data)))


docs = "/var/spool/bm-docs"
for name in ["plain.txt", "with space.txt", "it's \"quoted\".txt", "new\nline.txt", "-leading-dash", "Größe – été.txt",
             "back\\slash", "*glob?[x]", "$HOME `id`.txt", ".hidden", "tab\there", "end space "]:
    write(docs + "/odd/" + name, name.encode() * 10)
write(docs + "/odd/run.sh", b"#!/bin/sh\n", 0o750)
os.makedirs(docs + "/empty folder/deeper", exist_ok=True)
os.symlink("odd/plain.txt", docs + "/link")
os.symlink("/nowhere", docs + "/dangling")
write("/var/spool/bm-hsm/store/a", b"one body" * 500)
for n in range(5):
    os.link("/var/spool/bm-hsm/store/a", "/var/spool/bm-hsm/store/a-link-%d" % n)
for n in range(files):
    write("/var/spool/bm-filehosting/%02d/file-%05d.bin" % (n % 50, n), os.urandom(16) * (8 + n % 64))
for n in range(20):
    write("/var/spool/bm-elasticsearch/data/nodes/0/_%d.cfs" % n, os.urandom(4096 * (1 + n)))
for top in ["bm-docs", "bm-hsm", "bm-filehosting", "bm-elasticsearch"]:
    for folder, dirs, names in os.walk("/var/spool/" + top):
        for name in dirs + names:
            os.lchown(os.path.join(folder, name), user.pw_uid, user.pw_gid)
