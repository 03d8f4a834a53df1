//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// secret is the databases' password in TestSecrets: with everything in it that a shell or a connection string could stumble over.
const secret = `S3cr3t-$HOME-'"\%-ünlikely`

// quietMove is a rehearsal and a move while nobody sends mail, with a password
// given and all processes of both hosts watched. Three tests look at it.
type quietMove struct {
	*migration
	before, after client.Snapshot
	seen          map[string]string // command lines with the secret, by host
	passes        map[string]string // how often each host was looked at
	output        string            // all that the CLI printed
	traces        string            // the path of its log
}

// quiet makes the move, once for the tests that look at it.
func quiet(t *testing.T) *quietMove {
	t.Helper()
	if shared.quiet != nil && shared.quiet.lab == shared.lab {
		q := *shared.quiet
		q.migration = q.in(t)
		return &q
	}
	l := fresh(t, bluemind.Options{DBPassword: map[string]string{bluemind.Old: secret, bluemind.New: secret}})
	m := newMigration(t, l)
	// It outlives this test, and goes with the provider's folder.
	kept := filepath.Join(shared.provider, "quiet")
	m.must(errors.Join(os.RemoveAll(kept), os.CopyFS(kept, os.DirFS(m.dir))))
	m.dir = kept
	q := &quietMove{migration: m, seen: map[string]string{}, passes: map[string]string{}}
	oddThings(m.old)
	q.withPassword()
	q.before = snapshot(t, users(t, l, bluemind.ServiceAddress))
	q.traces = filepath.Join(shared.provider, "trace.log")
	m.env = append(m.env, "TF_LOG=TRACE", "TF_LOG_PATH="+q.traces)
	stop := q.sample()
	rehearsal := m.apply()
	m.declare("active", `"target"`)
	planned := m.plan()
	applied := m.call("apply", "-json", planFile)
	stop()
	rehearsal.good()
	planned.changes()
	applied.good()
	q.output = rehearsal.Text + planned.Text + applied.Text
	m.status("target", "settled")
	q.after = snapshot(t, users(t, l, bluemind.ServiceAddress))
	shared.quiet = q
	return q
}

// withPassword gives the password to the dump and to the cutover, from a variable.
func (q *quietMove) withPassword() {
	file := "bluemind/main.tf"
	text := string(mustRead(q.t, filepath.Join(q.dir, file)))
	text = strings.Replace(text, `  engine    = "postgresql"`, "  engine    = \"postgresql\"\n  user = \"bj\"\n  password_wo = var.secret\n  password_wo_version = 1", 1)
	text = strings.Replace(text, "  on_destroy = var.on_destroy", "  on_destroy = var.on_destroy\n  passwords_wo = { bj = var.secret }\n  passwords_wo_version = 1", 1)
	if strings.Count(text, "var.secret") != 2 {
		q.t.Fatalf("the module is not as this test knows it:\n%s", text)
	}
	variable := "variable \"secret\" {\n  type = string\n  ephemeral = true\n  sensitive = true\n}\n"
	q.file(file, text)
	q.file("bluemind/secret.tf", variable)
	q.file("secret.tf", variable)
	q.env = append(q.env, "TF_VAR_secret="+secret)
	q.declare("secret", "var.secret")
}

// sampler looks at the command lines of all processes until its input ends; the secret is the input's first line.
const sampler = `import glob, select, sys
secret = sys.stdin.buffer.readline().rstrip(b"\n")
passes = 0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    passes += 1
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            line = open(path, "rb").read()
        except OSError:
            continue
        if secret in line:
            print(line)
print("passes", passes)
`

// sample watches both hosts' processes until the function it returns is called.
func (q *quietMove) sample() func() {
	q.t.Helper()
	ctx, cancel := context.WithCancel(q.t.Context())
	type watched struct {
		host string
		cmd  *exec.Cmd
		in   io.WriteCloser
		out  *bytes.Buffer
	}
	var all []watched
	for _, host := range []machine{q.old, q.new} {
		cmd, release, err := host.Command(ctx, "python3", "-c", sampler)
		q.must(err)
		out := &bytes.Buffer{}
		cmd.Stdout, cmd.Stderr = out, out
		in, err := cmd.StdinPipe()
		q.must(err)
		q.must(cmd.Start())
		release()
		_, err = fmt.Fprintln(in, secret)
		q.must(err)
		all = append(all, watched{host.Name(), cmd, in, out})
	}
	return func() {
		defer cancel()
		for _, w := range all {
			q.must(w.in.Close())
			if err := w.cmd.Wait(); err != nil {
				q.t.Errorf("watch the processes of %s: %v: %s", w.host, err, w.out)
			}
			q.seen[w.host], q.passes[w.host], _ = strings.Cut(w.out.String(), "passes ")
		}
	}
}

// oddThings puts files, folders and mailboxes with odd names on the source.
func oddThings(old machine) {
	old.t.Helper()
	old.sh(`cd /var/spool/bm-docs && python3 - <<'END'
import os
names = [b"-rf", b"--delete", b"two  spaces ", b" leading", b"it's \"quoted\"", b"new\nline", b"tab\there", b"$HOME;id", b"back\\slash", b"star*?[a]",
         "Été – 日本".encode(), b"latin\xe9", b"\x01control", b"percent%20", b"#hash", b"~tilde", b"!bang", b"{a,b}", b"a:b", b"." + b"x" * 200]
for name in names:
    for where in (b".", b"../bm-hsm", b"../bm-filehosting", b"/etc/bm"):
        folder = os.path.join(where, b"very odd", name)
        os.makedirs(folder)
        for inner in names:
            path = os.path.join(folder, inner)
            open(path, "wb").write(inner + name)
            os.utime(path, ns=(1500000000123456789, 1400000000987654321))
        os.symlink(name, os.path.join(folder, b"link to " + name))
        os.link(os.path.join(folder, name), os.path.join(folder, b"hard " + name))
END
python3 - <<'END'
import imaplib
c = imaplib.IMAP4("127.0.0.1")
c.login("u01@lab.test", "pw-u01")
for name in ["-rf", "It's (odd) #1", "$HOME ~x", "&AMk-t&AOk-", "&ZeVnLA-", "two  spaces", "--", "Sent/deep er/-er"]:
    quoted = '"' + name + '"'
    for call in (c.create, c.subscribe):
        status, said = call(quoted)
        assert status == "OK", (name, said)
    message = "Message-ID: <%d@odd.test>\r\nSubject: =?utf-8?Q?=22odd=22_%%E2?= -x\r\n\r\nbody\r\n" % abs(hash(name))
    status, said = c.append(quoted, "(\\Seen $Odd)", '"17-Jul-1996 02:44:25 -0700"', message.encode())
    assert status == "OK", (name, said)
c.logout()
END`)
}

// TestPreserved: what clients notice is equal before and after: UIDVALIDITY,
// UIDs, flags, internal dates, sizes, folders, subscriptions, scripts.
func TestPreserved(t *testing.T) {
	q := quiet(t)
	messages := 0
	for _, user := range q.before {
		for _, box := range user.Mailboxes {
			messages += len(box.Messages)
		}
	}
	if messages < 500 {
		t.Errorf("only %d messages were compared", messages)
	}
	same(t, "what users see", client.Diff(q.before, q.after, false))
}

// TestTravel: odd names travel exactly.
func TestTravel(t *testing.T) {
	t.Run("odd_names", func(t *testing.T) {
		q := quiet(t)
		for _, tree := range append(stillTrees(), "'/etc/bm/very odd'") {
			old, arrived := q.old.listing(tree), q.new.listing(tree)
			if tree == "/var/spool/bm-docs" && (!strings.Contains(old, "new\x01line") || strings.Count(old, "\n") < 800) {
				t.Errorf("the odd names are not on old: %d lines", strings.Count(old, "\n"))
			}
			same(t, tree, diffLines(old, arrived))
		}
		boxes := q.after[bluemind.Users(1)[0]].Mailboxes
		for _, name := range []string{"-rf", "It's (odd) #1", "Été", "日本", "two  spaces", "Sent/deep er/-er"} {
			if box, ok := boxes[name]; !ok || len(box.Messages) != 1 {
				t.Errorf("mailbox %q has arrived: %v, with %d messages", name, ok, len(box.Messages))
			}
		}
	})
}

// TestSecrets: a password that was given is nowhere afterwards, nor is a private key.
func TestSecrets(t *testing.T) {
	q := quiet(t)
	for _, host := range []machine{q.old, q.new} {
		t.Run("processes_of_"+host.Name(), func(t *testing.T) {
			if seen := q.seen[host.Name()]; seen != "" {
				t.Errorf("the password was in command lines: %s", seen)
			}
			if n := strings.TrimSpace(q.passes[host.Name()]); len(n) < 2 {
				t.Errorf("the processes were looked at %s times only", n)
			}
		})
		t.Run("files_of_"+host.Name(), func(t *testing.T) {
			// The product's own configuration has it, and so have the copies that an undo needs.
			host.t = t
			found, err := host.Run(t.Context(), strings.NewReader(secret+"\n"), "sh", "-c",
				"grep -rlF -f - "+journalDir+" /tmp /var/tmp /dev/shm /root /run /var/log /etc 2>/dev/null | grep -v '/etc/bm/bm[.]ini$' || true")
			if err != nil || found != "" {
				t.Errorf("the password is in: %s (%v)", found, err)
			}
			// Before-images of the product's own keys are among what an undo needs.
			if keys := host.sh("grep -rlF 'PRIVATE KEY' " + journalDir + " /tmp /var/tmp /dev/shm /root /run /var/log 2>/dev/null | grep -v /before/ || true"); keys != "" {
				t.Errorf("private keys are left in: %s", keys)
			}
		})
	}
	t.Run("cli", func(t *testing.T) {
		traces := mustRead(t, q.traces)
		if len(traces) < 100_000 {
			t.Errorf("the trace has %d bytes only", len(traces))
		}
		for what, text := range map[string][]byte{
			"output": []byte(q.output), "trace": traces, "plan": mustRead(t, filepath.Join(q.dir, planFile)),
			"plan, unpacked": unpacked(t, filepath.Join(q.dir, planFile)),
			"state":          mustRead(t, filepath.Join(q.dir, "terraform.tfstate")), "earlier state": mustRead(t, filepath.Join(q.dir, "terraform.tfstate.backup")),
		} {
			for _, form := range append(secretForms(), q.keyForms()...) {
				if i := bytes.Index(text, []byte(form)); i >= 0 {
					t.Errorf("a secret is in the %s: …%q…", what, text[max(0, i-100):min(len(text), i+60)])
				}
			}
		}
	})
}

// keyForms are what would show of a private key: its armour, and each line of the one that logs in.
func (q *quietMove) keyForms() []string {
	forms := lines(string(mustRead(q.t, q.lab.SSHKey())))
	return append(forms, "PRIVATE KEY")
}

// secretForms are the ways in which it could be written.
func secretForms() []string {
	quoted := strings.Trim(fmt.Sprintf("%q", secret), `"`)
	return []string{secret, quoted, strings.ReplaceAll(quoted, "ü", "\\u00fc"), "S3cr3t", "nlikely"}
}
