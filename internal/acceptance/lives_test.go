//go:build lab

package acceptance_test

import (
	"fmt"
	"slices"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// The folder that the sync takes from and brings to: names that a shell or a configuration could stumble over.
const (
	oddFrom = "/srv/it's \"odd\" #1 %20 – ü"
	oddTo   = "/srv/-arrived; $HOME & 日本"
)

// lists shows everything below a folder, and its content, a line each.
func lists(folder string) string {
	return "cd " + folder + ` 2>/dev/null && { find . -mindepth 1 -printf '%P %y %m %u:%g %l\0' | sort -z | tr '\n\0' '\001\n'
find . -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\n\0' '\001\n'; } || true`
}

// oddFiles makes files and folders with odd names in the folder where it runs; the word is their content.
func oddFiles(word string) string {
	return `python3 - <<'END'
import os
for name in ("-rf", "two  spaces ", "it's \"quoted\"", "new\nline", "Été – 日本", "$HOME;id", "back\\slash", "star*?[a]", "a:b"):
    os.makedirs(os.path.join("sub", name), exist_ok=True)
    for path in (name, os.path.join("sub", name, name)):
        open(path, "w").write("` + word + ` " + name)
        os.chmod(path, 0o640)
END
`
}

// lives are the resources that change hosts by themselves.
func lives() []life {
	return slices.Concat([]life{serviceLife(), syncLife(), dumpLife(), fileSetLife()}, storageLives(), fileLives(), netLives())
}

func serviceLife() life {
	body := "  host = mail_host.new.id\n  name = \"postfix\"\n"
	return life{
		kind: "mail_service", name: "postfix",
		hcl: body + "  running = false\n  enabled = false\n", id: "NEW,postfix",
		effect: "systemctl is-active postfix || true; systemctl is-enabled postfix || true", wants: "inactive\ndisabled\n",
		gone:     "systemctl -q enable --now postfix",
		update:   body + "  running = true\n  enabled = true\n",
		sabotage: "mkdir -p /run/systemd/system/postfix.service.d; printf '[Service]\\nExecStartPre=/bin/false\\n' >/run/systemd/system/postfix.service.d/fails.conf; systemctl daemon-reload",
		repair:   "rm -r /run/systemd/system/postfix.service.d; systemctl daemon-reload; systemctl reset-failed postfix || true",
		fails:    []string{"start_service", "backed out"},
		updated:  "active\nenabled\n",
	}
}

func syncLife() life {
	from, to := fmt.Sprintf("%q", oddFrom+"/"), fmt.Sprintf("%q", oddTo+"/")
	body := pair + "  paths = { " + from + " = " + to + " }\n  delete = true\n  delete_limit_percent = 100\n"
	fill := "mkdir -p " + shell.Quote(oddFrom) + "; cd " + shell.Quote(oddFrom) + "\n"
	return life{
		kind: "mail_sync", name: "odd",
		before: fill + oddFiles("first"),
		hcl:    body, id: "OLD,NEW," + oddFrom + "/=>" + oddTo + "/",
		effect: lists(shell.Quote(oddTo)), origin: lists(shell.Quote(oddFrom)), keeps: true,
		gone:   "rm -r " + shell.Quote(oddTo),
		update: body + "  trigger = \"again\"\n  preview = true\n", prepare: fill + oddFiles("second") + "rm -r 'sub/new\nline' ./-rf",
		warns:    []string{"Preview", "0 new, 16 changed", "3 to delete", "only on the target: -rf, sub/new\\nline/, sub/new\\nline/new\\nline"},
		sabotage: "mv /usr/bin/rsync /usr/bin/rsync.away", repair: "mv /usr/bin/rsync.away /usr/bin/rsync",
		fails: []string{"sync_tree", "rsync"},
	}
}

func dumpLife() life {
	const sql = `runuser -u postgres -- psql -qAtX -v ON_ERROR_STOP=1 `
	body := pair + "  engine = \"postgresql\"\n  databases = [\"Odd.Bücher-1\"]\n"
	fill := sql + `-c 'CREATE DATABASE "Odd.Bücher-1" OWNER bj TEMPLATE template0'
` + sql + `-d 'Odd.Bücher-1' <<'END'
CREATE TABLE "odd ""table""" (id serial PRIMARY KEY, "the text" text, bytes bytea);
INSERT INTO "odd ""table""" ("the text", bytes) SELECT E'first \t\\N\n''"– 日本' || n, decode(md5(n::text), 'hex') FROM generate_series(1, 500) n;
ALTER TABLE "odd ""table""" OWNER TO bj;
END
`
	const shows = `for d in $(` + sql + `-c "SELECT datname FROM pg_database WHERE datname LIKE 'Odd%' AND datname NOT LIKE '%\_\_%' ORDER BY 1"); do
` + sql + `-d "$d" -c 'SELECT current_database(), pg_get_userbyid((SELECT datdba FROM pg_database WHERE datname = current_database())), count(*), md5(string_agg("the text" || bytes, chr(10) ORDER BY id)), nextval(pg_get_serial_sequence($q$"odd ""table"""$q$, $q$id$q$)) > 500 FROM "odd ""table"""'
done`
	return life{
		kind: "mail_db_dump", name: "odd",
		before: fill,
		hcl:    body, id: "OLD,NEW,postgresql,Odd.Bücher-1",
		effect: shows, origin: shows, keeps: true,
		gone:     sql + `-c 'DROP DATABASE "Odd.Bücher-1" WITH (FORCE)'`,
		update:   body + "  user = \"bj\"\n  password_wo = \"bj-secret\"\n  password_wo_version = 1\n",
		prepare:  sql + `-d 'Odd.Bücher-1' -c "UPDATE \"odd \"\"table\"\"\" SET \"the text\" = 'second' WHERE id > 400"`,
		sabotage: "mv /usr/lib/postgresql/15/bin/pg_restore /usr/lib/postgresql/15/bin/pg_restore.away",
		repair:   "mv /usr/lib/postgresql/15/bin/pg_restore.away /usr/lib/postgresql/15/bin/pg_restore",
		fails:    []string{"restore_database", "pg_restore"},
	}
}

func fileSetLife() life {
	body := pair + "  paths = [\"/etc/odd/**\"]\n"
	return life{
		kind: "mail_file_set", name: "odd",
		before:    "mkdir -p /etc/odd; cd /etc/odd\n" + oddFiles("first"),
		beforeNew: "mkdir -p /etc/odd; cd /etc/odd; printf own >-rf; printf 'own too' >'new\nline'",
		hcl:       body, id: "OLD,NEW,/etc/odd/**",
		effect: lists("/etc/odd"), origin: lists("/etc/odd"),
		originUpdated: "rm -rf /tmp/odd; cp -a /etc/odd /tmp/odd; sed -i s/first/second/ /tmp/odd/-rf\n" + lists("/tmp/odd"),
		gone:          "echo changed >/etc/odd/-rf; rm '/etc/odd/new\nline'",
		update:        body + "  rewrite = [{ in = \"/etc/odd/-rf\", from = \"first\", to = \"second\" }]\n",
		sabotage:      "mv /usr/bin/rsync /usr/bin/rsync.away", repair: "mv /usr/bin/rsync.away /usr/bin/rsync",
		fails: []string{"copy_files", "rsync"},
	}
}
