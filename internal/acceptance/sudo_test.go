//go:build lab

package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestSudo moves the service there and back where nobody logs in as root: a
// user comes in on both hosts, and sudo makes it root. In between the provider
// dies in the cold pass, and the hosts, which have no login then, take the move
// back by themselves. A timed job of the product runs on the side that serves,
// and only there.
func TestSudo(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	for _, host := range []machine{m.old, m.new} {
		host.withoutRoot()
		host.sh(nightly)
	}
	m.old.sh("systemctl enable --now " + timer)
	m.withTimer()
	m.declare(
		"old", fmt.Sprintf("{ addresses = [%q], host_key = %q, user = %q, become = \"sudo\" }", bluemind.OldAddress, m.keys[bluemind.Old], mover),
		"new", fmt.Sprintf("{ addresses = [%q], host_key = %q, user = %q, become = \"sudo\" }", bluemind.NewAddress, m.keys[bluemind.New], mover),
	)
	service := users(t, l, bluemind.ServiceAddress)
	before := snapshot(t, service)
	keys := map[string]string{}
	for _, host := range []machine{m.old, m.new} {
		keys[host.Name()] = host.sh(moversKeys)
	}
	unchanged := func(t *testing.T) {
		t.Helper()
		for _, host := range []machine{m.old, m.new} {
			host.t = t
			same(t, "access on "+host.Name(), diffLines(keys[host.Name()], host.sh(moversKeys)))
		}
	}
	for _, step := range []struct {
		name string
		run  func(m *migration)
	}{
		{"rehearsal", func(m *migration) {
			m.apply().good()
			m.timed(m.old, m.new)
		}},
		{"taken_back_by_the_hosts", func(m *migration) {
			f := &failures{procedure: &procedure{migration: m, service: service}}
			b, release := f.inColdPass()
			for _, pid := range childrenNamed(m.t, b.cmd.Process.Pid, "terraform-provider-mail") {
				m.must(syscall.Kill(pid, syscall.SIGKILL))
			}
			release()
			b.wait()
			for _, host := range []machine{m.new, m.old} {
				host.sh(deadlinePassed)
			}
			f.timersActed()
			m.new.await(time.Minute, "test -e $(ls -dt "+journalDir+"/runs/bluemind.[0-9]* | head -n 1)/reverted")
			m.timed(m.old, m.new)
		}},
		{"move", func(m *migration) {
			m.declare("active", `"target"`)
			m.apply().good()
			m.status("target", "settled")
			m.new.serves()
			m.old.passive()
			m.timed(m.new, m.old)
			m.empty()
		}},
		{"back_out", func(m *migration) {
			m.declare("active", `"source"`)
			m.apply().good()
			m.status("source", "settled")
			m.old.serves()
			m.new.passive()
			m.timed(m.old, m.new)
		}},
	} {
		if !t.Run(step.name, func(t *testing.T) {
			step.run(m.in(t))
			unchanged(t)
			same(t, "what users see", client.Diff(before, snapshot(t, service), false))
		}) {
			t.FailNow()
		}
	}
}

// mover is the user by whom hosts are reached where root is not let in.
const mover = "mover"

// moversKeys shows the keys that let the user in, and whose file it is.
const moversKeys = "cd ~" + mover + "/.ssh && stat -c '%n %a %U:%G' . authorized_keys && cat authorized_keys; cat /root/.ssh/authorized_keys"

// withoutRoot lets the lab's key in as a user with sudo, and root not at all.
func (m machine) withoutRoot() {
	m.t.Helper()
	m.sh(`useradd -m -s /bin/sh ` + mover + `
install -d -m 700 -o ` + mover + ` -g ` + mover + ` /home/` + mover + `/.ssh
install -m 600 -o ` + mover + ` -g ` + mover + ` /root/.ssh/authorized_keys /home/` + mover + `/.ssh/authorized_keys
echo '` + mover + ` ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/` + mover + `
chmod 440 /etc/sudoers.d/` + mover + `
echo 'PermitRootLogin no' >/etc/ssh/sshd_config.d/a-no-root.conf
systemctl reload ssh`)
}

// deadlinePassed lets the deadline of a host's newest run pass now.
const deadlinePassed = "cd $(ls -dt " + journalDir + `/runs/bluemind.[0-9]* | head -n 1) && read -r boot up wall total <deadline &&
printf '%s 0 %s %s\n' "$boot" "$wall" "$total" >deadline.new && mv deadline.new deadline`

// timer starts a job by the clock; nightly is its unit and its job's.
const (
	timer   = "bm-nightly.timer"
	nightly = `cd /etc/systemd/system
printf '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n' >` + timer + `
printf '[Service]\nType=oneshot\nExecStart=true\n' >bm-nightly.service
systemctl daemon-reload`
)

// withTimer declares the product as one with the timed job.
func (m *migration) withTimer() {
	m.t.Helper()
	entry, err := os.ReadFile(filepath.Join("..", "product", "catalogue", "bluemind.mail.hcl"))
	m.must(err)
	m.file("timed.mail.hcl", strings.Replace(string(entry), "{\n", "{\n  timers = [\""+timer+"\"]\n", 1))
	m.provide = `product_files = ["${path.root}/timed.mail.hcl"]`
	m.write()
}

// timed asserts where the timed job runs, now and after a boot: on the side that serves, and not on the other one.
func (m *migration) timed(serving, passive machine) {
	m.t.Helper()
	serving.t, passive.t = m.t, m.t
	serving.sh("systemctl -q is-active " + timer + " && systemctl -q is-enabled " + timer)
	passive.sh("! systemctl -q is-active " + timer + " && ! systemctl -q is-enabled " + timer)
}
