//go:build lab

package acceptance_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// way is one way in which a host is reached.
type way struct {
	name     string
	provider string // lines of the provider's configuration
	host     string // lines of the host's
	env      []string
	prepare  func()
	tidy     func()
}

// waysIn reaches old by each way there is, and changes something on it by that way.
func waysIn(t *testing.T, l *lab.Lab) {
	t.Helper()
	dir := t.TempDir()
	old := on(t, l, bluemind.Old)
	for _, tried := range ways(t, l, dir) {
		t.Run(tried.name, func(t *testing.T) {
			old.t = t
			w := newWorkspace(t, l)
			w.env = append(w.env, tried.env...)
			config := fmt.Sprintf("terraform {\n  required_providers {\n    mail = { source = \"terraform-provider-mail/mail\" }\n  }\n}\nprovider \"mail\" {\n%s}\n", tried.provider) +
				fmt.Sprintf("resource \"mail_host\" \"old\" {\n  addresses = [%q]\n%s}\n", bluemind.OldAddress, tried.host)
			stopped := "resource \"mail_service\" \"cron\" {\n  host = mail_host.old.id\n  name = \"cron\"\n  running = false\n}\n"
			tried.prepare()
			w.file("main.tf", config+stopped)
			applied, planned, destroyed := w.apply(), w.plan(), w.destroy()
			tried.tidy()
			applied.good()
			planned.good()
			destroyed.good()
			old.is("active", "systemctl", "is-active", "cron")
		})
	}
}

func ways(t *testing.T, l *lab.Lab, dir string) []way {
	t.Helper()
	old := on(t, l, bluemind.Old)
	nothing := func() {}
	key, known := listHCL("identity_files", l.SSHKey()), listHCL("known_hosts_files", l.KnownHosts())
	hashed := filepath.Join(dir, "hashed")
	keyTools(t, "cp", l.KnownHosts(), hashed)
	keyTools(t, "ssh-keygen", "-q", "-H", "-f", hashed)
	if text := string(mustRead(t, hashed)); strings.Contains(text, bluemind.OldAddress) || !strings.Contains(text, "|1|") {
		t.Fatalf("known_hosts is not hashed: %s", text)
	}
	authority, certified := filepath.Join(dir, "ca"), filepath.Join(dir, "certified")
	keyTools(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority)
	keyTools(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", certified)
	keyTools(t, "ssh-keygen", "-q", "-s", authority, "-I", "acceptance", "-n", "root", "-V", "+1h", certified+".pub")
	socket := agentWith(t, l.SSHKey())
	sshd := func(line string) func() {
		return func() { old.sh("echo " + line + " >/etc/ssh/sshd_config.d/a-way.conf; systemctl restart ssh") }
	}
	plain := func() { old.sh("rm -f /etc/ssh/sshd_config.d/a-way.conf; systemctl restart ssh") }
	return []way{
		{name: "hashed_known_hosts", provider: key + listHCL("known_hosts_files", hashed), prepare: nothing, tidy: nothing},
		{name: "agent", provider: "  use_agent = true\n" + known, env: []string{"SSH_AUTH_SOCK=" + socket, "HOME=" + dir}, prepare: nothing, tidy: nothing},
		{
			name: "certificate", provider: listHCL("identity_files", certified) + known, tidy: plain,
			prepare: func() {
				old.sh("echo '" + strings.TrimSpace(string(mustRead(t, authority+".pub"))) + "' >/etc/ssh/ca.pub")
				sshd("TrustedUserCAKeys /etc/ssh/ca.pub")()
			},
		},
		{
			name: "jump_host", provider: key + known, host: fmt.Sprintf("  jump = \"ssh://root@%s:22\"\n", bluemind.ClientAddress),
			prepare: func() {
				if err := l.Cut(t.Context(), bluemind.Old, "ctl"); err != nil {
					t.Fatal(err)
				}
			},
			tidy: func() {
				if err := l.Heal(t.Context(), bluemind.Old); err != nil {
					t.Fatal(err)
				}
			},
		},
		{name: "one_session_at_a_time", provider: key + known, prepare: sshd("MaxSessions 1"), tidy: plain},
	}
}

// listHCL is an attribute that is a list of strings.
func listHCL(name string, texts ...string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("  %s = [%s]\n", name, strings.Join(all, ", "))
}

// keyTools runs one of OpenSSH's programs, or cp, on this machine.
func keyTools(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", argv, err, out)
	}
}

// agentWith starts an agent that holds one key and lasts as long as the test.
func agentWith(t *testing.T, key string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "a") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	ctx, end := context.WithCancel(context.Background())
	agent := exec.CommandContext(ctx, "ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end()
		_ = agent.Wait() // it was ended
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	add := exec.CommandContext(t.Context(), "sh", "-c", `until test -S "$SSH_AUTH_SOCK"; do :; done; exec ssh-add -q "$1"`, "sh", key)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("fill the agent: %v: %s", err, out)
	}
	return socket
}
