//go:build lab

package acceptance_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestExchange lets two hosts, each of which has one address and no other way in, exchange names and addresses, and back, by each way of going back that there is.
func TestExchange(t *testing.T) {
	l := fresh(t, bluemind.Options{Users: 1, Messages: 1, Rows: 1, Files: 1})
	m := &exchange{workspace: newWorkspace(t, l), old: on(t, l, bluemind.Old), new: on(t, l, bluemind.New)}
	m.old.sh("ip addr del " + bluemind.ServiceAddress + "/24 dev eth0; sed -i '/" + bluemind.ServiceAddress + "/d' /etc/systemd/network/*.network; mkdir -p /srv/roles; echo served >/srv/roles/what")
	for _, host := range []machine{m.old, m.new} {
		host.sh(`mkdir -p /etc/gate /var/named; hostname -f >/etc/mailname; printf '` + bluemind.OldAddress + ` old.lab.test old\n` + bluemind.NewAddress + ` new.lab.test new\n127.0.1.1 %s\n' "$(uname -n)" >/etc/hosts
echo "host = $(uname -n | cut -d. -f1) # not older, old-x, new.conf" >/etc/gate/gate.conf; chmod 640 /etc/gate/gate.conf
echo "@ SOA $(uname -n). root" >/var/named/localhost.zone; echo "left: $(uname -n)" >/etc/left-over`)
	}
	m.declare("source")
	m.apply().good()
	m.empty()
	before := m.named()
	for _, step := range []struct {
		name string
		run  func(*exchange, map[string]string)
	}{
		{"blocked", (*exchange).blocked},
		{"check_fails", (*exchange).checkFails},
		{"controller_lost", (*exchange).lost},
		{"target_lost", (*exchange).powerCut},
		{"move", (*exchange).move},
		{"boots", (*exchange).boots},
		{"drift", (*exchange).drift},
		{"back_out", (*exchange).backOut},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(m.in(t), before) }) {
			t.Fatal("the next one begins where this one should have ended")
		}
	}
}

// exchange is two hosts that change roles.
type exchange struct {
	*workspace
	old, new machine
}

func (m *exchange) in(t *testing.T) *exchange {
	t.Helper()
	copied := *m
	copied.workspace, copied.old.t, copied.new.t = m.workspace.in(t), t, t
	return &copied
}

// declare writes the root module; more are arguments of the cutover.
func (m *exchange) declare(active string, more ...string) {
	m.t.Helper()
	text := m.provider("")
	for name, addresses := range map[string][2]string{bluemind.Old: {bluemind.OldAddress, bluemind.NewAddress}, bluemind.New: {bluemind.NewAddress, bluemind.OldAddress}} {
		text += fmt.Sprintf("resource \"mail_host\" %q {\n  addresses = [%q, %q]\n  host_key = %q\n}\n", name, addresses[0], addresses[1], m.keys[name])
	}
	text += fmt.Sprintf(`resource "mail_sync" "what" {
%s  paths = { "/srv/roles/" = "/srv/roles/" }
}
resource "mail_cutover" "roles" {
  name    = "roles"
%s  active  = %q
  product = "postfix"
  syncs   = [mail_sync.what]
  identity = {
    mode         = "exchange"
    addresses    = ["%s/24"]
    park_address = "%s/24"
    hostnames    = { old = "old.lab.test", new = "new.lab.test" }
    rewrite_in   = ["/etc/hosts", "/etc/mailname", "/etc/gate/*.conf", "/var/named/**"]
  }
  %s
}
`, pair, pair, active, bluemind.OldAddress, bluemind.NewAddress, strings.Join(more, "\n  "))
	m.file("main.tf", text)
}

// named is all that the hosts are known by.
func (m *exchange) named() map[string]string {
	m.t.Helper()
	out := map[string]string{}
	for _, host := range []machine{m.old, m.new} {
		out[host.Name()] = host.sh(`uname -n; ip -o -4 addr show scope global | awk '{ print $4 }'
for f in /etc/hostname /etc/hosts /etc/mailname /etc/gate/gate.conf /var/named/localhost.zone; do stat -c '%n %a %U %Y' $f; cat $f; done; cat /etc/systemd/network/*.network`)
	}
	return out
}

// stand asserts who has which name and address, with those in files, and who serves.
func (m *exchange) stand(as, other machine) {
	m.t.Helper()
	for _, want := range []struct {
		host          machine
		name, address string
		runs          string
	}{{as, "old", bluemind.OldAddress, "active"}, {other, "new", bluemind.NewAddress, "inactive"}} {
		want.host.is(want.name+".lab.test", "uname", "-n")
		want.host.is(want.name+".lab.test", "cat", "/etc/hostname")
		want.host.is(want.name+".lab.test", "cat", "/etc/mailname")
		want.host.is("host = "+want.name+" # not older, old-x, new.conf", "cat", "/etc/gate/gate.conf")
		want.host.is("@ SOA "+want.name+".lab.test. root", "cat", "/var/named/localhost.zone")
		want.host.is(want.address+"/24", "sh", "-c", "ip -o -4 addr show scope global | awk '{ print $4 }'")
		want.host.is(want.runs, "systemctl", "is-active", "postfix")
		want.host.is("", "sh", "-c", "nft list ruleset | grep terraform_provider_mail || true")
	}
}

// unchanged asserts that both hosts are what they were, and that the source serves.
func (m *exchange) unchanged(before map[string]string) {
	m.t.Helper()
	for name, now := range m.named() {
		same(m.t, name, diffLines(before[name], now))
	}
	m.old.is("active", "systemctl", "is-active", "postfix")
	m.old.is("", "sh", "-c", "nft list ruleset | grep terraform_provider_mail || true")
}

func (m *exchange) blocked(before map[string]string) {
	m.new.sh("hostname other.lab.test; mv /usr/sbin/arping /root/")
	m.declare("target")
	s := m.plan()
	m.new.sh("hostname new.lab.test; mv /root/arping /usr/sbin/")
	s.refused("active", "target has another name", "other.lab.test", "new.lab.test")
	s.refused("active", "target lacks arping")
	m.unchanged(before)
}

// checkFails: the controller takes all back, though each host needs the other one for it.
func (m *exchange) checkFails(before map[string]string) {
	m.declare("target", `checks = { closed = { kind = "tcp", address = "`+bluemind.OldAddress+`:99", timeout = "1s" } }`)
	m.apply().refused("", "closed", "backed out")
	m.unchanged(before)
}

// waiting begins a move and returns once both addresses have moved.
func (m *exchange) waiting() *begun {
	m.t.Helper()
	m.declare("target", `hold_before = "commit"`, `window = { confirm_within = "30s" }`)
	ctx, cancel := context.WithTimeout(m.t.Context(), callPatience)
	m.t.Cleanup(cancel)
	b := m.begin(ctx, "apply", "-json", "-auto-approve")
	m.new.await(2*time.Minute, "cd "+journalDir+"/runs && test -e $(ls -dt roles.[0-9]* | head -n 1)/waits")
	m.new.address(bluemind.OldAddress, true)
	m.old.address(bluemind.NewAddress, true)
	m.old.address(bluemind.OldAddress, false)
	return b
}

// lost: nobody controls the hosts any more; their timers take all back.
func (m *exchange) lost(before map[string]string) {
	b := m.waiting()
	for _, pid := range childrenNamed(m.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			m.t.Fatal(err)
		}
	}
	b.wait()
	for _, host := range []machine{m.old, m.new} {
		host.await(4*time.Minute, "test -e $(ls -dt "+journalDir+"/runs/roles.[0-9]* | head -n 1)/reverted")
		host.is("0", "sh", "-c", "cat $(ls -dt "+journalDir+"/runs/roles.[0-9]* | head -n 1)/reverted")
	}
	m.unchanged(before)
}

// powerCut: the target goes while it has the source's address. The source takes it back at its deadline, and the target comes back with its own.
func (m *exchange) powerCut(before map[string]string) {
	b := m.waiting()
	if err := m.lab.Kill(m.t.Context(), bluemind.New); err != nil {
		m.t.Fatal(err)
	}
	if s := b.wait(); s.Code == 0 {
		m.t.Errorf("apply ended well without its target: %s", s.explain())
	}
	m.old.await(4*time.Minute, "test -e $(ls -dt "+journalDir+"/runs/roles.[0-9]* | head -n 1)/reverted && systemctl is-active postfix")
	if err := m.lab.Boot(m.t.Context(), bluemind.New); err != nil {
		m.t.Fatal(err)
	}
	m.new.await(time.Minute, "test -e $(ls -dt "+journalDir+"/runs/roles.[0-9]* | head -n 1)/reverted")
	m.unchanged(before)
	m.declare("source")
	m.apply().good()
	m.empty()
}

func (m *exchange) move(map[string]string) {
	m.declare("target", `checks = { smtp = { kind = "tcp", address = "`+bluemind.OldAddress+`:25", timeout = "10s" } }`)
	s := m.apply().good()
	s.told("warning", "", "/etc/left-over: new.lab.test (1)")
	s.told("warning", "", "/etc/left-over: old.lab.test (1)")
	m.stand(m.new, m.old)
	m.empty()
	var c cutover
	if !m.read("mail_cutover.roles", &c) || c.ActiveAddress != bluemind.OldAddress {
		m.t.Errorf("the state says %+v", c)
	}
	m.t.Logf("outage %s", c.Outage)
	for _, host := range []machine{m.old, m.new} {
		m.t.Logf("%s: %s", host.Name(), host.sh("grep -h exchange_address $(ls -dt "+journalDir+"/runs/roles.[0-9]* | head -n 1)/journal | cut -c1-200"))
	}
}

func (m *exchange) boots(map[string]string) {
	for _, host := range []machine{m.new, m.old} {
		if err := m.lab.Reboot(m.t.Context(), host.Name()); err != nil {
			m.t.Fatal(err)
		}
	}
	m.new.await(30*time.Second, "systemctl is-active postfix")
	m.stand(m.new, m.old)
	m.empty()
}

// drift: a name that somebody changes is given back.
func (m *exchange) drift(map[string]string) {
	m.old.sh("hostname elsewhere; echo elsewhere >/etc/hostname")
	m.plan().changes()
	var planned cutover
	if !m.read("mail_cutover.roles", &planned, planFile) || !strings.Contains(strings.Join(planned.Runbook, "\n"), "name the source new.lab.test") {
		m.t.Errorf("the plan does not name the source: %q", planned.Runbook)
	}
	m.apply().good()
	m.stand(m.new, m.old)
	m.empty()
}

func (m *exchange) backOut(before map[string]string) {
	m.new.sh("echo later >/srv/roles/later")
	m.declare("source")
	m.apply().good()
	m.stand(m.old, m.new)
	m.old.is("later", "cat", "/srv/roles/later")
	m.empty()
	for _, host := range []string{bluemind.New, bluemind.Old} {
		if err := m.lab.Reboot(m.t.Context(), host); err != nil {
			m.t.Fatal(err)
		}
	}
	for name, now := range m.named() {
		same(m.t, name, diffLines(untimed(before[name]), untimed(now)))
	}
	m.empty()
}

// untimed leaves out when files were written, and which file of the network keeps an address over a boot: after a boot the host has it or not.
func untimed(text string) string {
	return regexp.MustCompile(`(?m) [0-9]{9,}$|^Address=.*\n`).ReplaceAllString(text, "")
}
