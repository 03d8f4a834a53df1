#!/usr/bin/python3
"""A stand-in for CPMS, the mail system of a cluster. It is not that product.

It keeps what matters to an upgrade: versions that are installed from packages in a directory and removed again; databases in the cluster's root whose
format changes with each version, which a version converts when it first starts, and without which it does not start; a configuration server that MTAs ask
for everything, and that stops only after them; one active configuration server. SMTP and IMAP are Postfix's and Dovecot's.

/etc/cpms-fail has lines "verb" or "verb version": there it fails, after half of what it was told.
"""
import json, os, shutil, socket, subprocess, sys, tarfile, time

ROOT, ETC, LIB, PACKAGES = "/opt/criticalpath/nfs", "/etc/nplex", "/usr/lib/cpms", "/var/cache/cpms"
PORT = 7600
READS = {"6.7": ["6.7"], "7.0": ["6.7", "7.0"], "7.1": ["7.0", "7.1"]}


def die(text):
    sys.exit("cpmsctl: " + text)


def read(path, default=None):
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        if default is None:
            raise
        return default


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    os.replace(path + ".new", path)


def version():
    return read(LIB + "/version", "")


def told_to_fail(verb):
    for line in read("/etc/cpms-fail", "").splitlines():
        words = line.split()
        if words and words[0] == verb and (len(words) == 1 or words[1] == version()):
            return True
    return False


def cluster():
    return json.loads(read(ETC + "/cluster.json"))


def name():
    return os.uname().nodename.split(".")[0]


def data_format():
    return read(ROOT + "/data/format", "")


# The databases: one record a mailbox, written otherwise by each version.
def load(fmt):
    text = read(ROOT + "/data/accounts.db")
    if fmt == "6.7":
        return [dict(zip(("user", "quota"), line.split("|"))) for line in text.splitlines()]
    if fmt == "7.0":
        return [dict(word.split("=", 1) for word in line.split(";")) for line in text.splitlines()]
    return json.loads(text)


def dump(fmt, records):
    if fmt == "6.7":
        text = "\n".join(r["user"] + "|" + r["quota"] for r in records)
    elif fmt == "7.0":
        text = "\n".join("user=%s;quota=%s" % (r["user"], r["quota"]) for r in records)
    else:
        text = json.dumps(records, indent=1)
    write(ROOT + "/data/accounts.db", text + "\n")
    write(ROOT + "/data/format", fmt + "\n")


def convert():
    have, want = data_format(), version()
    if have == want:
        return
    if have not in READS.get(want, []):
        die("version %s does not know the format %s of the databases in %s/data" % (want, have or "?", ROOT))
    dump(want, load(have))


def active():
    return os.path.exists(ETC + "/active")


def ask(host, line):
    with socket.create_connection((host, PORT), 3) as s:
        s.sendall((line + "\n").encode())
        return b"".join(iter(lambda: s.recv(65536), b"")).decode()


def config_server():
    for host in cluster()["config"]:
        try:
            answer = json.loads(ask(host, "config " + name()))
        except (OSError, ValueError):
            continue
        return answer
    return None


def registered():
    folder = ROOT + "/run"
    return sorted(f for f in os.listdir(folder)) if os.path.isdir(folder) else []


def systemctl(*argv):
    return subprocess.run(("systemctl",) + argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def start(what):
    if not os.path.ismount(ROOT):
        die(ROOT + " is not mounted")
    if what == "config":
        if not active():
            die("this host stands by: activate it first")
        convert()
        if told_to_fail("start"):
            die("told to fail after the databases were converted")
        if not systemctl("start", "cpms-config"):
            die("the configuration server does not start: see journalctl -u cpms-config")
        for _ in range(100):
            if config_server():
                return
            time.sleep(0.1)
        die("the configuration server does not answer")
    told = config_server()
    if told is None:
        die("no configuration server answers: start it before the MTAs")
    if told["version"] != version():
        die("the configuration server has version %s, this MTA %s" % (told["version"], version()))
    users = "".join("%s:{PLAIN}pw-%s:5000:5000::%s/mail/%s\n" % (u, u, ROOT, u) for u in told["users"])
    write("/etc/dovecot/cpms-users", users)
    write("/etc/postfix/cpms-mailboxes", "".join("%s@%s %s/\n" % (u, told["domain"], u) for u in told["users"]))
    subprocess.run(("postmap", "/etc/postfix/cpms-mailboxes"), check=True)
    if told_to_fail("start"):
        die("told to fail before Postfix starts")
    if not (systemctl("start", "dovecot") and systemctl("start", "postfix")):
        die("Postfix or Dovecot does not start")
    write(ROOT + "/run/" + name(), version() + "\n")


def stop(what):
    if told_to_fail("stop"):
        die("told to fail")
    if what == "config":
        if registered():
            die("these MTAs still run: %s. Stop them first" % ", ".join(registered()))
        systemctl("stop", "cpms-config")
        return
    systemctl("stop", "postfix", "postfix@-")
    systemctl("stop", "dovecot", "dovecot.socket")
    if os.path.exists(ROOT + "/run/" + name()):
        os.remove(ROOT + "/run/" + name())


def status(what):
    up = systemctl("is-active", "cpms-config") if what == "config" else systemctl("is-active", "postfix") and systemctl("is-active", "dovecot")
    sys.exit(0 if up else 3)


def install(want):
    package = "%s/cpms-%s.tar" % (PACKAGES, want)
    for what in ("cpms-config", "postfix"):
        if systemctl("is-active", what):
            die(what + " runs: stop it before another version is installed")
    packages(want)
    shutil.rmtree(LIB, ignore_errors=True)  # the old version is removed first
    write("/var/log/cpms.log", read("/var/log/cpms.log", "") + "\ninstall " + want)
    fail = any(line.split() == ["install", want] for line in read("/etc/cpms-fail", "").splitlines())
    if fail:
        die("told to fail after the old version was removed")
    with tarfile.open(package) as tar:
        tar.extractall(os.path.dirname(LIB))


def packages(want):
    package = "%s/cpms-%s.tar" % (PACKAGES, want)
    if not tarfile.is_tarfile(package) if os.path.exists(package) else True:
        die("no package " + package)


def check():
    if told_to_fail("check"):
        die("told to fail")
    told = config_server()
    if told is None:
        die("no configuration server answers")
    if told["version"] != version() or told["format"] != version():
        die("the configuration server has version %s and databases of %s; this host has %s" % (told["version"], told["format"], version()))
    if name() in cluster()["mta"]:
        for port, greeting in ((25, b"220"), (143, b"* OK")):
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                if not s.recv(200).startswith(greeting):
                    die("port %d does not greet" % port)


def export():
    records = load(data_format())
    write(ROOT + "/data/text/accounts.txt", "# written by %s\n" % version() + "".join("%(user)s %(quota)s\n" % r for r in records))


def rebuild():
    """Makes the index of each mailbox anew, in the format of the version."""
    folder = ROOT + "/mail"
    boxes = sorted(os.listdir(folder))
    pause = float(read("/etc/cpms-rebuild-pause", "0.2"))
    for i, box in enumerate(boxes):
        found = [f for part in ("new", "cur") for f in os.listdir(os.path.join(folder, box, part))] if os.path.isdir(os.path.join(folder, box, "new")) else []
        write("%s/index/%s" % (ROOT, box), "%s %d\n" % (version(), len(found)))
        print("%d%%" % (100 * (i + 1) // len(boxes)), flush=True)
        time.sleep(pause)


def serve():
    with socket.create_server(("", PORT), reuse_port=True) as server:
        while True:
            peer, _ = server.accept()
            with peer:
                peer.recv(200)
                told = {"version": version(), "format": data_format(), "domain": cluster()["domain"], "users": [r["user"] for r in load(data_format())]}
                peer.sendall(json.dumps(told).encode())


def main():
    os.umask(0o022)
    verb, args = (sys.argv[1:2] or [""])[0], sys.argv[2:]
    if verb == "version":
        print(version())
    elif verb == "active":
        sys.exit(0 if active() else 1)
    elif verb == "activate":
        if told_to_fail("activate"):
            die("told to fail")
        if registered():
            die("these MTAs run: %s" % ", ".join(registered()))
        write(ETC + "/active", "")
    elif verb == "deactivate":
        if systemctl("is-active", "cpms-config"):
            die("the configuration server runs: stop it first")
        if active():
            os.remove(ETC + "/active")
    elif verb in ("start", "stop", "status", "install", "packages", "check", "export", "rebuild", "serve"):
        globals()[verb](*args)
    else:
        die("unknown: " + verb)


main()
