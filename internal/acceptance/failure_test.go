//go:build lab

package acceptance_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestFailure lets moves fail, each in another way, while a client sends mail
// all the time. After each the source serves, or the target does, as the way of
// failing demands, and the next apply goes on from there. In the end no message
// is lost or doubled.
func TestFailure(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	f := &failures{procedure: &procedure{
		migration: m, memory: &memory{records: filepath.Join(t.TempDir(), "client")}, service: users(t, l, bluemind.ServiceAddress),
	}}
	t.Cleanup(f.rest)
	m.apply().good()
	f.before = snapshot(t, f.service)
	f.work()
	for _, failure := range []struct {
		name string
		run  func(*failures)
	}{
		{"check_after_start", (*failures).check},
		{"job_before_open", (*failures).job},
		{"restore_that_differs", (*failures).differs},
		{"ctrl_c_in_the_cold_pass", (*failures).interrupt},
		{"power_cut_of_old_in_the_cold_pass", (*failures).powerOld},
		{"power_cut_of_new_in_the_cold_pass", (*failures).powerNew},
		{"provider_killed_in_the_cold_pass", (*failures).kill},
		{"controller_cut_off_before_the_commit", (*failures).cutOff},
		{"left_after_the_commit", (*failures).leftOver},
		{"controller_lost_after_the_commit", (*failures).lostAfterTheCommit},
		{"provider_killed_after_the_commit", (*failures).killedAfterTheCommit},
		{"power_cut_of_new_after_the_cut_mark", (*failures).committedNew},
		{"power_cut_of_old_after_the_cut_mark", (*failures).committedOld},
	} {
		if !t.Run(failure.name, func(t *testing.T) { failure.run(&failures{procedure: f.at(t)}) }) {
			f.recover(t)
		}
	}
	t.Run("ledger", func(t *testing.T) {
		p := f.at(t)
		p.ledger()
		same(t, "what users see", client.Diff(p.before, snapshot(t, p.service), true))
	})
}

type failures struct{ *procedure }

// recover lets the source serve again after a case that did not end as it should, so that the next one can be told.
func (f *failures) recover(t *testing.T) {
	t.Helper()
	f.must(f.lab.Heal(t.Context(), "ctl"))
	f.declare(append(usually(), "active", `"source"`)...)
	if s := f.apply(); s.Code != 0 {
		t.Fatalf("the source cannot be made to serve again: %s", s.explain())
	}
}

// towards declares a move that will fail.
func (f *failures) towards(pairs ...string) {
	f.t.Helper()
	f.declare(append([]string{"active", `"target"`}, pairs...)...)
}

// sourceServes asserts that everything went back by itself, and that the next plan, with these arguments, takes the move up again.
func (f *failures) sourceServes(planned ...string) {
	f.t.Helper()
	f.old.serves()
	for _, unit := range units() {
		f.new.is("inactive", "systemctl", "is-active", unit)
	}
	f.new.address(bluemind.ServiceAddress, false)
	f.service.Users = f.service.Users[:2]
	snapshot(f.t, f.service)
	f.plan(planned...).changes()
}

// backedOut asserts a run that failed and went back.
func (f *failures) backedOut(s said, texts ...string) {
	f.t.Helper()
	s.refused("", texts...)
	f.status("source", "backed-out")
	f.sourceServes()
}

func (f *failures) check() {
	file := filepath.Join(f.dir, "bluemind", "main.tf")
	text := string(mustRead(f.t, file))
	bad := "merge(local.checks, { closed = { kind = \"tcp\", address = \"10.99.0.25:99\", expect = null, timeout = \"2s\" } })"
	f.file("bluemind/main.tf", strings.Replace(text, "checks = local.checks", "checks = "+bad, 1))
	f.towards()
	s := f.apply()
	f.file("bluemind/main.tf", text)
	f.backedOut(s, "closed", "backed out")
}

func (f *failures) job() {
	f.new.sh("touch /etc/bm/fail-firewall-save")
	f.towards()
	s := f.apply()
	f.new.sh("rm /etc/bm/fail-firewall-save")
	f.backedOut(s, "bmctl firewall-save", "failed, as it was told to")
}

// instead puts another program before the real one on new, until the test ends.
func (f *failures) instead(name, script string) {
	f.t.Helper()
	instead(f.new, name, script)
	f.t.Cleanup(func() { f.must(on(f.t, f.lab, bluemind.New).removed("/usr/local/bin/" + name)) })
}

// removed removes a file of the host, which may be off; tests' contexts have ended by then.
func (m machine) removed(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := m.Run(ctx, nil, "rm", "-f", path)
	return err
}

// differs: a row is lost in every copy, and cannot be mended either.
func (f *failures) differs() {
	real := "/usr/lib/postgresql/15/bin/pg_restore"
	f.new.sh("mv " + real + " " + real + ".real")
	f.must(f.new.WriteFile(f.t.Context(), real, []byte(`#!/bin/sh
/usr/lib/postgresql/15/bin/pg_restore.real "$@" || exit
while [ "$1" != -d ]; do shift; done
case $2 in bj-data*) psql -qX -d "$2" -c 'DELETE FROM item WHERE id = (SELECT max(id) FROM item)' -c 'CREATE RULE lose AS ON INSERT TO item DO INSTEAD NOTHING' ;; esac
`), 0o755))
	defer f.new.sh("mv " + real + ".real " + real)
	f.towards()
	f.backedOut(f.apply(), "bj-data", "differs", "item")
}

// inColdPass begins a move and returns when its cold pass is under way: new
// stands behind its fence, and copies. It stays there until release is called.
func (f *failures) inColdPass(pairs ...string) (*begun, func()) {
	f.t.Helper()
	f.new.sh("rm -f /tmp/copying; touch /run/hold-copies")
	f.instead("rsync", `if nft list table inet terraform_provider_mail >/dev/null 2>&1; then
	touch /tmp/copying
	while [ -e /run/hold-copies ]; do sleep 0.1; done
fi
exec /usr/bin/rsync "$@"
`)
	f.towards(pairs...)
	ctx, cancel := context.WithTimeout(f.t.Context(), callPatience)
	f.t.Cleanup(cancel)
	b := f.begin(ctx, "apply", "-json", "-auto-approve")
	copying, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	go func() { // a run that ends early is not waited for
		<-b.over
		stop()
	}()
	if err := f.new.Await(copying, "test", "-e", "/tmp/copying"); err != nil {
		f.t.Fatalf("the run never came to its cold pass: %v: %s", err, b.wait().explain())
	}
	return b, func() { f.must(f.new.removed("/run/hold-copies")) }
}

func (f *failures) interrupt() {
	b, release := f.inColdPass()
	f.must(b.cmd.Process.Signal(syscall.SIGINT))
	release()
	f.backedOut(b.wait(), "backed out")
}

func (f *failures) powerOld() {
	b, release := f.inColdPass()
	f.must(f.lab.Kill(f.t.Context(), bluemind.Old))
	release()
	f.must(f.lab.Boot(f.t.Context(), bluemind.Old))
	f.backedOut(b.wait(), "backed out")
}

func (f *failures) powerNew() {
	b, _ := f.inColdPass() // /run is empty after a boot
	f.must(f.lab.Kill(f.t.Context(), bluemind.New))
	f.must(f.lab.Boot(f.t.Context(), bluemind.New))
	f.backedOut(b.wait(), "backed out")
}

// shortly makes the hosts' timers go off soon. The source's is a minute after the target's.
func shortly() []string {
	return []string{"window", `{ confirm_within = "40s", outage_budget = "8m" }`}
}

// usually undoes shortly.
func usually() []string {
	return []string{"window", `{ confirm_within = "10m", outage_budget = "8m" }`}
}

// timersActed waits until the hosts have taken the move back by themselves.
func (f *failures) timersActed() {
	f.t.Helper()
	f.old.await(180*time.Second, "systemctl is-active postfix cyrus-imapd bm-core && ip addr show | grep -qF "+bluemind.ServiceAddress+" && ! nft list table inet terraform_provider_mail")
	f.old.await(20*time.Second, "test -e $(ls -dt "+journalDir+"/runs/bluemind.* | head -n 1)/reverted")
}

func (f *failures) kill() {
	b, release := f.inColdPass(shortly()...)
	for _, pid := range childrenNamed(f.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		f.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	release()
	if s := b.wait(); s.Code == 0 {
		f.t.Errorf("apply ended well without its provider: %s", s.explain())
	}
	f.timersActed()
	f.declare(usually()...)
	f.sourceServes()
	f.apply().good()
	f.status("target", "settled")
	f.new.serves()
	f.old.passive()
	f.goBack()
}

// goBack takes service back to the source, so that the next failure begins where this one did.
func (f *failures) goBack() {
	f.t.Helper()
	f.declare("active", `"source"`)
	f.apply().good()
	f.status("source", "settled")
	f.old.serves()
}

func (f *failures) cutOff() {
	b, release := f.inColdPass(shortly()...)
	f.must(f.lab.Cut(f.t.Context(), "ctl"))
	release()
	f.timersActed()
	f.must(f.lab.Heal(f.t.Context(), "ctl"))
	if s := b.wait(); s.Code == 0 {
		f.t.Errorf("apply ended well though the hosts had taken the move back: %s", s.explain())
	}
	f.declare(usually()...)
	f.sourceServes()
}

// committed begins a move and returns right after the cut mark.
func (f *failures) committed() *begun {
	f.t.Helper()
	f.towards()
	before := f.marks()
	ctx, cancel := context.WithTimeout(f.t.Context(), callPatience)
	f.t.Cleanup(cancel)
	b := f.begin(ctx, "apply", "-json", "-auto-approve")
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for f.marks() == before {
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.t.Fatalf("no cut mark: %s", b.wait().explain())
		}
	}
	return b
}

// marks counts the cut marks in new's journals, read from outside: faster than any command there.
func (f *failures) marks() int {
	paths, err := filepath.Glob(filepath.Join(f.lab.Dir(), "hosts", bluemind.New, "m", journalDir, "runs", "*", "journal"))
	f.must(err)
	n := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil && at(string(text), `"op":"write_cut_mark`, `"event":"end"`) >= 0 {
			n++
		}
	}
	return n
}

// comesBack cuts the power of a host and gives it back: the target serves all the same, and the next apply settles what is left.
func (f *failures) comesBack(host string) {
	f.t.Helper()
	b := f.committed()
	f.must(f.lab.Kill(f.t.Context(), host))
	f.must(f.lab.Boot(f.t.Context(), host))
	b.wait() // how it ends depends on what was left to be done
	f.new.await(time.Minute, "bmctl status && systemctl is-active postfix && ip addr show | grep -qF "+bluemind.ServiceAddress+" && ! nft list table inet terraform_provider_mail")
	f.apply().good()
	f.status("target", "settled")
	f.new.serves()
	f.old.passive()
	f.empty()
	f.must(f.lab.Reboot(f.t.Context(), host))
	f.new.await(30*time.Second, "bmctl status && systemctl is-active postfix")
	f.new.serves()
	f.old.passive()
	f.goBack()
}

// leftOver: the source's fence stays after the commit. The state says so, and the next apply goes on with the same move.
func (f *failures) leftOver() {
	instead(f.old, "nft", `[ "$1" != delete ] || exit 1
exec /usr/sbin/nft "$@"
`)
	f.towards()
	f.apply().refused("", "something is left to do", "let mail clients reach the source", "apply again")
	f.old.sh("rm /usr/local/bin/nft")
	f.status("target", "unsettled")
	f.new.serves()
	f.apply().good()
	f.status("target", "settled")
	f.new.serves()
	f.old.sh("! nft list table inet terraform_provider_mail 2>/dev/null")
	f.empty()
	f.goBack()
}

// lostAfterTheCommit: the controller goes for good between the commit's writes. Each host's timer does what the commit leaves to be done there; the rest shows in
// the next plan, and the apply does it, by the run that the hosts know and no state does.
func (f *failures) lostAfterTheCommit() {
	f.new.sh("touch /run/hold-fence")
	f.instead("nft", `if [ "$1" = delete ]; then
	while [ -e /run/hold-fence ]; do sleep 0.1; done
fi
exec /usr/sbin/nft "$@"
`)
	f.declare(shortly()...)
	b := f.committed()
	f.new.await(time.Minute, "grep -q '\"op\":\"lower_fence.target\",\"event\":\"begin\"' $(ls -dt "+journalDir+"/runs/bluemind.[0-9]* | head -n 1)/journal")
	f.must(f.lab.Cut(f.t.Context(), "ctl"))
	for _, pid := range childrenNamed(f.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		f.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	if s := b.wait(); s.Code == 0 {
		f.t.Errorf("apply ended well without its provider: %s", s.explain())
	}
	f.must(f.new.removed("/run/hold-fence"))
	for _, host := range []machine{f.new, f.old} {
		host.await(180*time.Second, "test \"$(cat $(ls -dt "+journalDir+"/runs/bluemind.[0-9]* | head -n 1)/timer)\" = done && ! nft list table inet terraform_provider_mail 2>/dev/null")
	}
	f.new.serves()
	f.old.passive()
	f.must(f.lab.Heal(f.t.Context(), "ctl"))
	f.declare(usually()...)
	f.plan().changes()
	f.apply("-refresh-only").good()
	c := f.status("target", "drifted")
	if !slices.ContainsFunc(c.Drift, func(line string) bool { return strings.Contains(line, "was not brought to its end") }) {
		f.t.Errorf("drift %q does not tell of what is left", c.Drift)
	}
	f.apply().good()
	f.tookUp()
}

// killedAfterTheCommit: the next apply goes on with the move at once, its timers still wait.
func (f *failures) killedAfterTheCommit() {
	b := f.committed()
	for _, pid := range childrenNamed(f.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		f.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	b.wait() // it may have come to its end
	f.apply().good()
	f.tookUp()
}

// tookUp asserts that the apply has brought the move to its end that the hosts know, and takes service back.
func (f *failures) tookUp() {
	f.t.Helper()
	c := f.status("target", "settled")
	if move := strings.TrimSpace(f.new.sh("cat " + journalDir + "/cut/bluemind")); c.LastRun.Run != move {
		f.t.Errorf("last run %s, want the move %s", c.LastRun.Run, move)
	}
	f.new.serves()
	f.old.passive()
	f.empty()
	f.goBack()
}

func (f *failures) committedNew() { f.comesBack(bluemind.New) }
func (f *failures) committedOld() { f.comesBack(bluemind.Old) }

// childrenNamed finds the processes below pid whose program has a name.
func childrenNamed(tb testing.TB, pid int, name string) []int {
	tb.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		tb.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			tb.Fatal(err)
		}
		exe, err := os.Readlink("/proc/" + strconv.Itoa(child) + "/exe")
		if err == nil && filepath.Base(exe) == name {
			found = append(found, child)
		}
	}
	if len(found) == 0 {
		tb.Fatalf("process %d has no child %s", pid, name)
	}
	return found
}
