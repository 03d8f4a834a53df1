//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"encoding/base64"
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

// mailboxSecret is the password of the mailbox that a check of the move logs in to: with quotes and blanks, as JSON, HCL and IMAP must write them.
const mailboxSecret = `Mb0x "quoted" it's  $PATH \; two`

// mailbox has mailboxSecret; it is one more than those that are compared.
const mailbox = 21

// passwords are what must be nowhere.
func passwords() []string { return []string{secret, mailboxSecret} }

// quietMove is a rehearsal and a move while nobody sends mail, with a password
// given and all processes of both hosts watched. Three tests look at it.
type quietMove struct {
	*migration
	before, after client.Snapshot
	seen          map[string]string // command lines with a secret, by host
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
	l := fresh(t, bluemind.Options{Users: mailbox, DBPassword: map[string]string{bluemind.Old: secret, bluemind.New: secret}})
	m := newMigration(t, l)
	// It outlives this test, and goes with the provider's folder.
	kept := filepath.Join(shared.provider, "quiet")
	m.must(errors.Join(os.RemoveAll(kept), os.CopyFS(kept, os.DirFS(m.dir))))
	m.dir = kept
	q := &quietMove{migration: m, seen: map[string]string{}, passes: map[string]string{}}
	oddThings(m.old)
	for _, host := range []machine{m.old, m.new} {
		host.feed(mailboxSecret, "saslpasswd2", "-p", "-u", bluemind.Domain, bluemind.UserName(mailbox))
	}
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
	m.must(os.Rename(filepath.Join(m.dir, planFile), filepath.Join(m.dir, "forward-"+planFile)))
	q.after = snapshot(t, users(t, l, bluemind.ServiceAddress))
	shared.quiet = q
	return q
}

// back takes the move back, watched as it was; nobody has the move afterwards.
func (q *quietMove) back() {
	q.t.Helper()
	shared.quiet = nil
	q.must(os.Rename(filepath.Join(q.dir, "terraform.tfstate.backup"), filepath.Join(q.dir, "forward.tfstate.backup")))
	stop := q.sample()
	q.declare("active", `"source"`)
	planned := q.plan()
	applied := q.call("apply", "-json", planFile)
	stop()
	planned.changes()
	applied.good()
	q.output += planned.Text + applied.Text
	q.status("source", "settled")
}

// withPassword gives the password to the dump and to the cutover, and that of a mailbox to the cutover's check, from variables.
func (q *quietMove) withPassword() {
	file := "bluemind/main.tf"
	text := string(mustRead(q.t, filepath.Join(q.dir, file)))
	text = strings.Replace(text, `  engine    = "postgresql"`, "  engine    = \"postgresql\"\n  user = \"bj\"\n  password_wo = var.secret\n  password_wo_version = 1", 1)
	text = strings.Replace(text, "  on_destroy = var.on_destroy", fmt.Sprintf("  on_destroy = var.on_destroy\n"+
		"  passwords_wo = { bj = var.secret, %q = var.mailbox_secret }\n  passwords_wo_version = 1", bluemind.Users(mailbox)[mailbox-1]), 1)
	probe := fmt.Sprintf("mail = { kind = \"deliver\", address = \"${local.bracketed}:25\", expect = %q, timeout = \"20s\" }", bluemind.Users(mailbox)[mailbox-1])
	text = strings.Replace(text, "checks = local.checks", "checks = merge(local.checks, { "+probe+" })", 1)
	if strings.Count(text, "var.secret") != 2 || strings.Count(text, "var.mailbox_secret") != 1 || !strings.Contains(text, probe) {
		q.t.Fatalf("the module is not as this test knows it:\n%s", text)
	}
	variables := ""
	for name, value := range map[string]string{"secret": secret, "mailbox_secret": mailboxSecret} {
		variables += fmt.Sprintf("variable %q {\n  type = string\n  ephemeral = true\n  sensitive = true\n}\n", name)
		q.env = append(q.env, "TF_VAR_"+name+"="+value)
		q.declare(name, "var."+name)
	}
	q.file(file, text)
	q.file("bluemind/secret.tf", variables)
	q.file("secret.tf", variables)
}

// sampler looks at the command lines of all processes until its input ends; the secrets are the input's first two lines.
const sampler = `import glob, select, sys
secrets = [sys.stdin.buffer.readline().rstrip(b"\n") for _ in range(2)]
passes = 0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    passes += 1
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            line = open(path, "rb").read()
        except OSError:
            continue
        if any(secret in line for secret in secrets):
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
		_, err = fmt.Fprintln(in, strings.Join(passwords(), "\n"))
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
			seen, passes, _ := strings.Cut(w.out.String(), "passes ")
			q.seen[w.host] += seen
			q.passes[w.host] = passes
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

// TestSecrets: passwords that were given, of databases and of a mailbox, are nowhere after a move and its way back, nor is a private key.
func TestSecrets(t *testing.T) {
	q := quiet(t)
	for host, n := range q.passes {
		if len(strings.TrimSpace(n)) < 2 {
			t.Errorf("in the move the processes of %s were looked at %s times only", host, n)
		}
	}
	if !t.Run("back_out", func(t *testing.T) {
		back := *q
		back.migration = q.in(t)
		back.back()
		q.output = back.output
	}) {
		t.FailNow()
	}
	for _, host := range []machine{q.old, q.new} {
		t.Run("processes_of_"+host.Name(), func(t *testing.T) {
			if seen := q.seen[host.Name()]; seen != "" {
				t.Errorf("a password was in command lines: %s", seen)
			}
			if n := strings.TrimSpace(q.passes[host.Name()]); len(n) < 2 {
				t.Errorf("the processes were looked at %s times only", n)
			}
		})
		t.Run("files_of_"+host.Name(), func(t *testing.T) {
			// The product's own configuration has one, the accounts of the mail service have the other.
			host.t = t
			found, err := host.Run(t.Context(), strings.NewReader(strings.Join(passwords(), "\n")+"\n"), "sh", "-c",
				"grep -rlF -f - "+journalDir+" /tmp /var/tmp /dev/shm /root /run /var/log /etc 2>/dev/null | grep -v -e '/etc/bm/bm[.]ini$' -e '^/etc/sasldb2$' || true")
			if err != nil || found != "" {
				t.Errorf("a password is in: %s (%v)", found, err)
			}
			// Before-images of the product's own keys are among what an undo needs.
			if keys := host.sh("grep -rlF 'PRIVATE KEY' " + journalDir + " /tmp /var/tmp /dev/shm /root /run /var/log 2>/dev/null | grep -v /before/ || true"); keys != "" {
				t.Errorf("private keys are left in: %s", keys)
			}
		})
	}
	t.Run("cli", q.cliTellsNothing)
}

// cliTellsNothing: not in states, plans, the trace or what it printed.
func (q *quietMove) cliTellsNothing(t *testing.T) {
	traces := mustRead(t, q.traces)
	if len(traces) < 100_000 {
		t.Errorf("the trace has %d bytes only", len(traces))
	}
	texts := map[string][]byte{"output": []byte(q.output), "trace": traces}
	for _, name := range []string{planFile, "forward-" + planFile} {
		texts[name], texts[name+", unpacked"] = mustRead(t, filepath.Join(q.dir, name)), unpacked(t, filepath.Join(q.dir, name))
	}
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "forward.tfstate.backup"} {
		texts[name] = mustRead(t, filepath.Join(q.dir, name))
	}
	for what, text := range texts {
		for _, form := range append(secretForms(), q.keyForms()...) {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				t.Errorf("a secret is in the %s: …%q…", what, text[max(0, i-100):min(len(text), i+60)])
			}
		}
	}
}

// keyForms are what would show of a private key: its armour, and each line of the one that logs in.
func (q *quietMove) keyForms() []string {
	forms := lines(string(mustRead(q.t, q.lab.SSHKey())))
	return append(forms, "PRIVATE KEY")
}

// secretForms are the ways in which they could be written.
func secretForms() []string {
	forms := []string{"S3cr3t", "nlikely", "Mb0x"}
	for _, password := range passwords() {
		quoted := strings.Trim(fmt.Sprintf("%q", password), `"`)
		forms = append(forms, password, quoted, strings.ReplaceAll(quoted, "ü", "\\u00fc"), base64.StdEncoding.EncodeToString([]byte(password)))
	}
	return forms
}
