//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// sides are the two hosts between which the service moves.
func sides() []string { return []string{bluemind.Old, bluemind.New} }

// fresh makes the hosts anew: the source serves, the target has its first set-up behind it.
func fresh(t *testing.T, o bluemind.Options) *lab.Lab {
	t.Helper()
	return freshWith(t, o, func(*lab.Spec) {})
}

// freshWith makes the hosts anew, with a change to how they are declared.
func freshWith(t *testing.T, o bluemind.Options, change func(*lab.Spec)) *lab.Lab {
	t.Helper()
	if err := removeLab(t.Context()); err != nil {
		t.Fatalf("remove the lab: %v", err)
	}
	var log bytes.Buffer
	o.Name, o.Log = labName(), &log
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	spec := bluemind.Spec(o)
	change(&spec)
	l, err := lab.Up(ctx, spec)
	if err != nil {
		t.Fatalf("make the hosts: %v\n%s", err, log.String())
	}
	shared.lab = l
	return l
}

// machine is a host with assertions.
type machine struct {
	*lab.Host
	t testing.TB
}

func on(tb testing.TB, l *lab.Lab, name string) machine {
	tb.Helper()
	h, err := l.Host(name)
	if err != nil {
		tb.Fatal(err)
	}
	return machine{h, tb}
}

// sh runs a script on the host, which must succeed, and returns what it printed.
func (m machine) sh(script string) string {
	m.t.Helper()
	out, err := m.Script(m.t.Context(), script)
	if err != nil {
		m.t.Fatalf("on %s: %v", m.Name(), err)
	}
	return out
}

// is runs a command on the host whose output must be want.
func (m machine) is(want string, argv ...string) {
	m.t.Helper()
	out, err := m.Exec(m.t.Context(), nil, argv...)
	if err != nil {
		m.t.Fatal(err)
	}
	if got := string(bytes.TrimSpace(append(out.Stdout, out.Stderr...))); got != want {
		m.t.Errorf("on %s: %v says %q, want %q", m.Name(), argv, got, want)
	}
}

// await waits until a script succeeds on the host.
func (m machine) await(patience time.Duration, script string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	if err := m.Await(ctx, "sh", "-c", script); err != nil {
		m.t.Fatal(err)
	}
}

// serves asserts that the host's mail services run, start at boot, and that it has the service address.
func (m machine) serves() {
	m.t.Helper()
	m.services("active", "enabled")
	m.address(bluemind.ServiceAddress, true)
}

// passive asserts that nothing of the service runs here or would after a boot, and that the address is elsewhere.
func (m machine) passive() {
	m.t.Helper()
	m.services("inactive", "disabled")
	m.address(bluemind.ServiceAddress, false)
}

// units are the mail services of both hosts.
func units() []string { return []string{"postfix", "cyrus-imapd", "bm-core"} }

func (m machine) services(active, enabled string) {
	m.t.Helper()
	for _, unit := range units() {
		m.is(active, "systemctl", "is-active", unit)
		m.is(enabled, "systemctl", "is-enabled", unit)
	}
}

func (m machine) address(address string, here bool) {
	m.t.Helper()
	has, err := m.ServedAddresses(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	found := false
	for _, a := range has {
		found = found || a == address+"/24"
	}
	if found != here {
		m.t.Errorf("%s has the addresses %v: %s there: %v, want %v", m.Name(), has, address, found, here)
	}
}

// journalDir is where the provider keeps its journal on hosts.
const journalDir = "/var/lib/terraform-provider-mail"

// users is the mail service at an address as its users see it from the client's host.
func users(tb testing.TB, l *lab.Lab, address string) client.Target {
	tb.Helper()
	target, err := bluemind.Target(l, address, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return target
}

// snapshot reads what all users see.
func snapshot(tb testing.TB, target client.Target) client.Snapshot {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	s, err := target.Snapshot(ctx)
	if err != nil {
		tb.Fatalf("read what users see: %v", err)
	}
	return s
}

// same fails with every difference.
func same(tb testing.TB, what string, differences []string) {
	tb.Helper()
	for i, line := range differences {
		if i == 20 {
			tb.Errorf("%s: and %d more", what, len(differences)-i)
			return
		}
		tb.Errorf("%s: %s", what, line)
	}
}

// rows reads what stands for all rows of a host's databases.
func (m machine) rows() []client.Rows {
	m.t.Helper()
	r, err := client.ReadRows(m.t.Context(), bluemind.SQL(m.Host))
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

// copies tells where a host has a message, with the headers that say how it came there, and what its log says of it.
func (m machine) copies(token string) string {
	m.t.Helper()
	return m.sh(`cd /var/spool; for file in $(grep -rlF '` + token + `@' cyrus postfix --include='[0-9A-F]*' || true); do ls -l --time-style=full-iso "$file"; sed '/^\r*$/q' "$file" | tr -d '\000' | head -n 30; done
ids=$(journalctl --no-pager -o cat -u 'postfix*' | sed -n 's/^\([0-9A-F]*\): message-id=<` + token + `@.*/\1/p')
for word in ` + token + `@ $ids; do journalctl --no-pager -o short-precise | grep -F "$word" || true; done`)
}

func mustRead(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
