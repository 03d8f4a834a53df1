//go:build lab

package acceptance_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestRescue lets a person go on with runs and take them back from the hosts' journals, without Terraform, whose next plan agrees with it. A client sends
// mail all the time; in the end no message is lost or doubled.
func TestRescue(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	f := &failures{procedure: &procedure{
		migration: m, memory: &memory{records: filepath.Join(t.TempDir(), "client")}, service: users(t, l, bluemind.ServiceAddress),
	}}
	t.Cleanup(f.rest)
	m.apply().good()
	f.before = snapshot(t, f.service)
	f.work()
	for _, rescue := range []struct {
		name string
		run  func(*failures)
	}{
		{"resume_in_the_cold_pass", (*failures).resumed},
		{"back_out_after_the_commit", (*failures).movedBack},
		{"back_out_in_the_cold_pass", (*failures).takenBack},
		{"undo_that_fails", (*failures).stuck},
	} {
		if !t.Run(rescue.name, func(t *testing.T) { rescue.run(&failures{procedure: f.at(t)}) }) {
			f.recover(t)
		}
	}
	t.Run("ledger", func(t *testing.T) {
		p := f.at(t)
		p.ledger()
		same(t, "what users see", client.Diff(p.before, snapshot(t, p.service), true))
	})
}

// crashed begins a move and kills its provider in the cold pass.
func (f *failures) crashed() {
	f.t.Helper()
	b, release := f.inColdPass()
	for _, pid := range childrenNamed(f.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		f.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	release()
	b.wait()
	f.status("source", "settled") // the state knows nothing of the move
}

func (f *failures) resumed() {
	f.crashed()
	f.rescued("resume", bluemind.NewAddress, "its timers are armed", ": settled")
	f.new.serves()
	f.old.passive()
	f.agrees()
}

// agrees: Terraform finds that the target serves, as it is declared, and runs nothing.
func (f *failures) agrees() {
	f.t.Helper()
	before := f.states()
	s := f.apply().good()
	s.told("warning", "", "Another side serves than the state says")
	same(f.t, "changed by an apply that has nothing to do", differs(before, f.states()))
	f.status("target", "settled")
	f.empty()
}

// movedBack goes on from there: the target serves, and the declaration says so.
func (f *failures) movedBack() {
	f.rescued("back-out", bluemind.OldAddress, ", committed", "predicted outage: ", ": settled")
	f.old.serves()
	f.new.services("inactive", "disabled")
	f.plan().changes() // what is declared is that the target serves
	f.declare("active", `"source"`)
	f.apply().good()
	f.status("source", "settled")
	f.empty()
	if code, said := f.rescue("back-out", bluemind.OldAddress); code != 1 || !strings.Contains(said, "serves already") {
		f.t.Errorf("back-out again: %d %s", code, said)
	}
}

func (f *failures) takenBack() {
	f.crashed()
	f.rescued("back-out", bluemind.NewAddress, "its timers are armed", ": backed-out")
	f.sourceServes()
	if code, said := f.rescue("resume", bluemind.OldAddress); code != 1 || !strings.Contains(said, "no run can be gone on with") {
		f.t.Errorf("resume what was taken back: %d %s", code, said)
	}
}

// stuck: the source's Postfix cannot be started again, so that the way back fails half way.
func (f *failures) stuck() {
	b, release := f.inColdPass()
	f.old.sh("mkdir -p /etc/systemd/system/postfix.service.d; printf '[Service]\\nExecStartPre=/bin/false\\n' >/etc/systemd/system/postfix.service.d/spoilt.conf; systemctl daemon-reload")
	mend := "rm -rf /etc/systemd/system/postfix.service.d; systemctl daemon-reload"
	defer f.old.sh(mend)
	f.must(b.cmd.Process.Signal(syscall.SIGINT))
	release()
	b.wait().refused("", "Remains to be done by hand", `undo "stop postfix on the source": start it, by hand: systemctl start postfix`, "rescue back-out 10.99.0.12 10.99.0.11")
	f.status("source", "failed")
	f.old.sh("! systemctl is-active postfix")
	f.plan().changes()
	f.old.sh(mend)
	f.rescued("back-out", bluemind.OldAddress, ": backed-out")
	f.old.await(10*time.Second, "systemctl is-active postfix")
	f.sourceServes()
}

// TestRivals lets controllers meet: one wins, the others are told who holds the hosts, since when and what for. One that was suspended and wakes up after
// another has taken over changes nothing.
func TestRivals(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	m.apply().good()
	f := &failures{procedure: &procedure{migration: m, service: users(t, l, bluemind.ServiceAddress)}}
	for _, rivals := range []struct {
		name string
		run  func(*failures)
	}{
		{"beside_a_living_one", (*failures).beside},
		{"suspended_and_succeeded", (*failures).suspended},
		{"work_of_an_old_epoch", (*failures).oldWork},
		{"another_machine", (*failures).elsewhere},
	} {
		if !t.Run(rivals.name, func(t *testing.T) { rivals.run(&failures{procedure: f.at(t)}) }) {
			f.recover(t)
		}
	}
}

// copied is the same root module with its state as it is now, in another folder: nothing else of this one is there.
func (f *failures) copied() *migration {
	f.t.Helper()
	other := *f.migration
	other.workspace = newWorkspace(f.t, f.lab)
	f.must(os.CopyFS(filepath.Join(other.dir, "bluemind"), os.DirFS(filepath.Join(f.dir, "bluemind"))))
	f.must(os.WriteFile(filepath.Join(other.dir, "terraform.tfstate"), mustRead(f.t, filepath.Join(f.dir, "terraform.tfstate")), 0o600))
	other.write()
	other.get()
	return &other
}

// beside: a move is under way; another apply and a rescue leave it alone.
func (f *failures) beside() {
	b, release := f.inColdPass()
	f.copied().apply("-refresh=false").refused("", "locked by ", "last seen ", "it moves the service of mail_cutover.bluemind")
	if code, said := f.rescue("back-out", bluemind.NewAddress); code != 1 || !strings.Contains(said, "it moves the service of mail_cutover.bluemind") {
		f.t.Errorf("back-out beside an apply: %d %s", code, said)
	}
	release()
	b.wait().good()
	f.status("target", "settled")
	f.goBack()
}

// suspended: the provider sleeps in the cold pass until another process has taken its run back.
func (f *failures) suspended() {
	b, release := f.inColdPass()
	pids := childrenNamed(f.t, b.cmd.Process.Pid, "terraform-provider-mail")
	for _, pid := range pids {
		f.must(syscall.Kill(pid, syscall.SIGSTOP))
	}
	f.rescued("back-out", bluemind.NewAddress, "took over the stale lock", ": backed-out")
	f.sourceServes("-lock=false") // the apply that is suspended holds the state's lock
	before := f.states()
	release()
	for _, pid := range pids {
		f.must(syscall.Kill(pid, syscall.SIGCONT))
	}
	if s := b.wait(); s.Code == 0 {
		f.t.Errorf("the apply that was succeeded ended well: %s", s.explain())
	}
	same(f.t, "changed by a controller that came late", differs(before, f.states()))
	f.sourceServes()
	f.goBack() // the state of the apply that came late says that it failed
}

// oldWork: the provider is gone, and what it had begun still runs on the target when the timer takes the move back.
func (f *failures) oldWork() {
	b, release := f.inColdPass(shortly()...)
	for _, pid := range childrenNamed(f.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		f.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	b.wait()
	f.new.sh("pgrep -f [/]usr/local/bin/rsync")
	f.timersActed()
	f.new.sh("test -e /run/hold-copies && ! pgrep -f [/]usr/local/bin/rsync")
	release()
	f.declare(usually()...)
	f.sourceServes()
}

// elsewhere: the machine is lost in the middle of a move; another one has the state of before and nothing else. The journals on the hosts decide.
func (f *failures) elsewhere() {
	old := f.copied()
	f.crashed()
	old.declare("active", `"target"`)
	old.apply().good()
	old.status("target", "settled")
	f.new.serves()
	f.old.passive()
	old.empty()
	// The first machine comes back with its own state, which knows nothing of it.
	f.agrees()
	// What is declared otherwise than it moved stays as it moved.
	f.declare("delete_limit_percent", "40")
	f.plan().good().told("warning", "", "Held by a cutover", "changes nothing of it")
	f.declare("delete_limit_percent", "50")
}
