//go:build lab

package acceptance_test

// netLives are the lives of what runs, resolves and logs in by itself.
func netLives() []life { return []life{jobLife(), dnsTTLLife(), sshAccessLife()} }

// oddWord is an argument that a shell or an import could stumble over.
const oddWord = `it's "odd", 100 % $HOME; 日本`

func jobLife() life {
	body := func(program string) string {
		return "  host = mail_host.new.id\n  command = [\"" + program + "\", \"it's \\\"odd\\\", 100 % $HOME; 日本\"]\n  progress = \"([0-9]+) %\"\n  wait = true\n"
	}
	write := func(name, word string) string {
		return `printf '#!/bin/sh\nprintf "%%s %%s" ` + word + ` "$1" >/srv/job.effect\necho 7 %%\n' >` + name + "; chmod 755 " + name + "\n"
	}
	return life{
		kind: "mail_job", name: "odd",
		beforeNew: write("/srv/first", "first") + write("/srv/second", "second"),
		hcl:       body("/srv/first"), id: "NEW,/srv/first,it's \"odd\"%2C 100 %25 $HOME; 日本",
		effect: "cat /srv/job.effect 2>/dev/null || true", wants: "first " + oddWord, keeps: true,
		gone:     "rm -r " + journalDir + "/jobs /srv/job.effect",
		update:   body("/srv/second"),
		sabotage: "mv /srv/second /srv/away || true", repair: "mv /srv/away /srv/second || true",
		fails:   []string{"start_job", "exit code 127", "/srv/second"},
		updated: "second " + oddWord,
	}
}
