package operation_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
)

func TestFenceRules(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"new": {[]string{"new", "25, 143", "25", "192.0.2.1"}, `table inet terraform_provider_mail {
chain arriving { type filter hook input priority -150; policy accept; iif lo accept;
ip saddr 192.0.2.1 tcp sport 61000-61999 accept;
tcp dport { 25, 143 } tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset; }
}
`},
		"all": {[]string{"all", "25, 143", "25, 587", "192.0.2.1 2001:db8::1"}, `table inet terraform_provider_mail {
chain arriving { type filter hook input priority -150; policy accept; iif lo accept;
ip saddr 192.0.2.1 tcp sport 61000-61999 accept;
ip6 saddr 2001:db8::1 tcp sport 61000-61999 accept;
tcp dport { 25, 143 } reject with tcp reset; }
chain leaving { type filter hook output priority -150; policy accept; oif lo accept;
tcp dport { 25, 587 } tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset; }
}
`},
		"no mail ports": {[]string{"all", "143", "", ""}, `table inet terraform_provider_mail {
chain arriving { type filter hook input priority -150; policy accept; iif lo accept;
tcp dport { 143 } reject with tcp reset; }
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := good(t, t.TempDir(), "fence_rules "+words(test.args...))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGateConf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, "gate_conf "+words("var-spool /var/spool/a b/\nmaildrop @run/maildrop\n"))
	_, modules, _ := strings.Cut(got, "log file = /dev/null\n")
	want := "[var-spool]\npath = /var/spool/a b/\n[maildrop]\npath = " + dir + "/runs/r/maildrop\n"
	if diff := cmp.Diff(want, modules); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, line := range []string{"read only = yes\n", "list = no\n", "munge symlinks = no\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is not there: %s", line, got)
		}
	}
}

// The leased key opens what was lent, and nothing else.
func TestGate(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.prepare()
	tree := filepath.Join(m.work, "tree")
	file(t, tree, "mail", "x")
	ask := func(command string) answer {
		return sh(t, "", "-c", "SSH_ORIGINAL_COMMAND="+words(":", command)[2:]+" "+words("sh", filepath.Join(m.dir, "lib/test/tpm"), "gate", "r"))
	}
	if got := ask("true"); got.exit != 78 || got.err != "access is closed\n" {
		t.Errorf("before it is opened: %+v", got)
	}
	file(t, m.dir, "runs/r/gate", "")
	file(t, m.dir, "runs/r/gate.trees", "lent "+tree+"/\n")
	file(t, m.dir, "runs/r/gate.databases", "bj\n")
	file(t, m.dir, "runs/r/gate.files", filepath.Join(tree, "mail")+"\n")
	for command, want := range map[string]answer{
		"true":                        {},
		"files":                       {out: filepath.Join(tree, "mail")[1:] + "\x00"},
		"tree lent":                   {},
		"tree other":                  {err: "tree other is not lent\n", exit: 78},
		"db dump other":               {err: "database other is not lent\n", exit: 78},
		"db dump bj other":            {err: "database bj other is not lent\n", exit: 78},
		"":                            {err: "refused: \n", exit: 78},
		"sh":                          {err: "refused: sh\n", exit: 78},
		"true; id":                    {err: "refused: true; id\n", exit: 78},
		"rsync --server --sender . /": {err: "refused: rsync --server --sender . /\n", exit: 78},
		"queue ../gate":               {err: "refused: queue ../gate\n", exit: 78},
	} {
		if got := ask(command); got != want {
			t.Errorf("%q: %+v, want %+v", command, got, want)
		}
	}
}

// What the source serves through the gate is what rsync copies, names and all.
func TestGateServesTrees(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.prepare()
	tree, copied := filepath.Join(m.work, "tree"), filepath.Join(m.work, "copied")
	for _, name := range []string{"a b", "it's", "deep/er/grüße", "-n", "line\nbreak"} {
		file(t, tree, name, name)
	}
	trees := operation.Name(tree) + " " + tree + "/"
	good(t, m.dir, "gate_conf "+words(trees)+" >\"$RD/rsyncd.conf\"; : >\"$RD/gate\"")
	connect := file(t, m.dir, "ssh", `while [ "$1" != source ]; do shift; done; shift; SSH_ORIGINAL_COMMAND="$*" exec `+words("sh", filepath.Join(m.dir, "lib/test/tpm"), "gate", "r")+"\n")
	if err := os.Chmod(connect, 0o700); err != nil {
		t.Fatal(err)
	}
	file(t, m.dir, "ssh", "#!/bin/sh\n"+read(t, connect))
	pull := exec.CommandContext(t.Context(), "rsync", "-a", "-e", connect, "source::"+operation.Name(tree)+"/", copied+"/")
	if out, err := pull.CombinedOutput(); err != nil {
		t.Fatalf("pull: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "diff", "-r", tree, copied).CombinedOutput(); err != nil {
		t.Errorf("differs: %v\n%s", err, out)
	}
	push := exec.CommandContext(t.Context(), "rsync", "-a", "-e", connect, copied+"/", "source::"+operation.Name(tree)+"/")
	if out, err := push.CombinedOutput(); err == nil || !strings.Contains(string(out), "read only") {
		t.Errorf("writing to the source: %v\n%s", err, out)
	}
}

// The run's line in authorized_keys comes and goes; nobody else's changes, and mode stays.
func TestAccess(t *testing.T) {
	t.Parallel()
	const own = "ssh-ed25519 AAAA me\n# a comment\nssh-rsa BBBB terraform-provider-mail:r.rehearsal\nssh-rsa DDDD terraform-provider-mail:r2"
	dir := t.TempDir()
	keys := file(t, dir, "home/.ssh/authorized_keys", own)
	lines := "access_file() { echo " + words(keys) + "; }\nSELF='/var/lib/x/tpm'\n"
	good(t, dir, lines+"access_is_open && exit 1\naccess_add 'ssh-ed25519 CCCC' 192.0.2.1,192.0.2.2 60\naccess_add 'ssh-ed25519 CCCC' 192.0.2.1 60\naccess_is_open")
	got := read(t, keys)
	rest, ok := strings.CutPrefix(got, own+"\nrestrict,from=\"192.0.2.1\",expiry-time=\"")
	if !ok || !strings.HasSuffix(rest, `",command="sh /var/lib/x/tpm gate r" ssh-ed25519 CCCC terraform-provider-mail:r`+"\n") || strings.Count(got, "CCCC") != 1 {
		t.Errorf("opened:\n%s", got)
	}
	good(t, dir, lines+"access_strip; access_strip; ! access_is_open")
	if got := read(t, keys); got != own+"\n" {
		t.Errorf("closed: %q", got)
	}
	if info, err := os.Stat(keys); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info, err)
	}
}

// A key that came in by sudo goes into the user's file, runs our command by sudo, and is found again by a timer, which has no login.
func TestAccessBySudo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file(t, dir, "home/mover/placeholder", "")
	lines := "getent() { echo \"$2:x:9:9::" + dir + "/home/$2:/bin/sh\"; }\nchown() { echo \"$*\" >>" + words(filepath.Join(dir, "owners")) + "; }\nSELF='/var/lib/x/tpm'\n"
	good(t, dir, lines+"SUDO_USER=mover\naccess_add 'ssh-ed25519 CCCC' 192.0.2.1 60")
	keys := filepath.Join(dir, "home/mover/.ssh/authorized_keys")
	if got := read(t, keys); !strings.Contains(got, `,command="sudo -n --preserve-env=SSH_ORIGINAL_COMMAND sh /var/lib/x/tpm gate r" ssh-ed25519 CCCC `) {
		t.Errorf("opened:\n%s", got)
	}
	if got := read(t, filepath.Join(dir, "owners")); got != "mover: "+filepath.Dir(keys)+"\nmover: "+keys+"\n" {
		t.Errorf("owners: %s", got)
	}
	good(t, dir, lines+"unset SUDO_USER\naccess_is_open && access_strip && ! access_is_open")
	if got := read(t, keys); got != "" {
		t.Errorf("closed: %q", got)
	}
}

// The source's question is let in on the target beside the run's own line, and goes without it.
func TestQuestion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "home/.ssh/authorized_keys")
	file(t, dir, "home/placeholder", "")
	lines := "access_file() { echo " + words(keys) + "; }\nSELF='/var/lib/x/tpm'\n"
	good(t, dir, lines+"access_add 'ssh-ed25519 CCCC' 192.0.2.1 60\nquestion_add 'ssh-ed25519 QQQQ' 192.0.2.1 60\nlend_question_verify && access_is_open")
	if got := read(t, keys); !strings.HasSuffix(got, `",command="sh /var/lib/x/tpm decide r" ssh-ed25519 QQQQ terraform-provider-mail-question:r`+"\n") {
		t.Errorf("lent:\n%s", got)
	}
	good(t, dir, lines+"close_question_probe && exit 1\nclose_question_do && close_question_verify && access_is_open")
	if got := read(t, keys); strings.Contains(got, "QQQQ") || !strings.Contains(got, "CCCC") {
		t.Errorf("closed:\n%s", got)
	}
}
