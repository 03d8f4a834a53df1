//go:build lab

package acceptance_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// faultKind is one way in which things break.
type faultKind struct {
	name   string
	fails  bool // the operation's own command fails
	pair   bool // two things break at once: tried between the writes of a commit
	strike func(*matrix, boundary, *begun)
}

func faultKinds() []faultKind {
	return []faultKind{
		{name: "provider_killed", strike: (*matrix).providerKilled},
		{name: "interrupted", strike: (*matrix).interrupted},
		{name: "controller_lost", strike: (*matrix).controllerLost},
		{name: "hosts_apart", strike: (*matrix).hostsApart},
		{name: "source_cut_off_for_a_while", strike: func(x *matrix, c boundary, b *begun) { x.cutForAWhile(x.giver(c), b) }},
		{name: "target_cut_off_for_a_while", strike: func(x *matrix, c boundary, b *begun) { x.cutForAWhile(x.taker(c), b) }},
		{name: "source_loses_power", strike: func(x *matrix, c boundary, b *begun) { x.losesPower(x.giver(c), b) }},
		{name: "target_loses_power", strike: func(x *matrix, c boundary, b *begun) { x.losesPower(x.taker(c), b) }},
		{name: "target_disk_full", strike: (*matrix).diskFull},
		{name: "source_frozen", strike: func(x *matrix, c boundary, b *begun) { x.frozen(x.giver(c), b) }},
		{name: "target_frozen", strike: func(x *matrix, c boundary, b *begun) { x.frozen(x.taker(c), b) }},
		{name: "command_fails", fails: true, strike: (*matrix).commandFails},
		{name: "controller_lost_and_source_loses_power", pair: true, strike: func(x *matrix, c boundary, b *begun) { x.losesBoth(x.giver(c), b) }},
		{name: "controller_lost_and_target_loses_power", pair: true, strike: func(x *matrix, c boundary, b *begun) { x.losesBoth(x.taker(c), b) }},
	}
}

// fitting are the ways in which things can break at a boundary.
func fitting(c boundary) []faultKind {
	return slices.DeleteFunc(faultKinds(), func(k faultKind) bool {
		return k.pair && c.stage != string(runbook.Commit) || k.fails && c.controls() && c.event == "end"
	})
}

// taker is the host that shall serve at the end of the run, giver the other one.
func (x *matrix) taker(c boundary) string {
	if c.to == "source" {
		return x.old.Name()
	}
	return x.new.Name()
}

func (x *matrix) giver(c boundary) string {
	if c.to == "source" {
		return x.new.Name()
	}
	return x.old.Name()
}

// faultDir is on the hosts, and outlives their boots.
const faultDir = "/var/lib/lab-fault"

// arrange lets a run stand still at the boundary, until release: what puts its journal on the disk is held there, or what works for the operation when it has
// done its work. With fails it ends in an error instead.
func (x *matrix) arrange(c boundary, fails bool) {
	x.t.Helper()
	for _, host := range []machine{x.old, x.new} {
		x.programs(host)
		if c.controls() {
			continue
		}
		x.must(host.WriteFile(x.t.Context(), faultDir+"/op", []byte(c.op+"\n"), 0o644))
		x.must(host.WriteFile(x.t.Context(), faultDir+"/event", []byte(c.event+"\nskip\n"), 0o644))
		if fails {
			x.must(host.WriteFile(x.t.Context(), faultDir+"/fails", nil, 0o644))
		}
		x.must(host.WriteFile(x.t.Context(), faultDir+"/at", nil, 0o644))
	}
	if c.controls() && c.event == "begin" {
		x.deaf(x.taker(c), "drop") // a check goes on asking until it is answered
	}
	x.told = progress.Follow(progress.Dir(filepath.Join(x.dir, ".terraform")))
	_, err := x.told.Read() // what earlier runs told
	x.must(err)
}

// deaf lets a host take no new connections but those of SSH: they are dropped, or with "reject" refused; until release. It works from outside.
func (x *matrix) deaf(host, how string) {
	x.t.Helper()
	rule := "table inet lab_deaf {}; delete table inet lab_deaf"
	if how != "" {
		rule += `; table inet lab_deaf { chain in { type filter hook input priority -400; iifname != "lo" tcp dport != 22 tcp flags & (fin|syn|rst|ack) == syn ` + how + `; }; }`
	}
	cmd, err := x.lab.From(x.t.Context(), host, "nft", rule)
	x.must(err)
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Errorf("%s: %v: %s", rule, err, out)
	}
}

// reached waits until the run is at the boundary; false: it has ended before. Where it is the provider's own, that stands still from there on.
func (x *matrix) reached(c boundary, b *begun) bool {
	x.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	if c.controls() {
		tick.Reset(time.Millisecond)
	}
	defer tick.Stop()
	for {
		if c.controls() && x.tells(c) {
			if c.event == "end" {
				x.stopped = childrenNamed(x.t, b.cmd.Process.Pid, "terraform-provider-mail")
			}
			for _, pid := range x.stopped {
				x.must(syscall.Kill(pid, syscall.SIGSTOP))
			}
			return true
		}
		for _, host := range sides() {
			if _, err := os.Stat(x.path(host, faultDir, "reached")); err == nil {
				return true
			}
		}
		select {
		case <-tick.C:
		case <-b.over:
			return false
		}
	}
}

// tells: the provider has said since it was last asked that it is there.
func (x *matrix) tells(c boundary) bool {
	told, err := x.told.Read()
	x.must(err)
	kind := map[string]string{"begin": progress.Start, "end": progress.End}[c.event]
	return slices.ContainsFunc(told, func(e progress.Told) bool { return e.Op == c.op && e.Kind == kind })
}

// release lets everything go on. It works from outside, so that a host may be off or frozen.
func (x *matrix) release() {
	x.t.Helper()
	for _, host := range sides() {
		if err := os.Remove(x.path(host, faultDir, "at")); err != nil && !errors.Is(err, os.ErrNotExist) {
			x.t.Error(err)
		}
	}
	for _, host := range sides() {
		x.deaf(host, "")
	}
	for _, pid := range x.stopped {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil && !errors.Is(err, syscall.ESRCH) {
			x.t.Error(err)
		}
	}
	x.stopped = nil
}

func (x *matrix) providerKilled(_ boundary, b *begun) {
	for _, pid := range childrenNamed(x.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		x.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	x.release()
	b.wait()
}

func (x *matrix) interrupted(_ boundary, b *begun) {
	x.must(b.cmd.Process.Signal(syscall.SIGINT))
	x.release()
	b.wait()
}

// controllerLost: it never comes back; another one, with the same state, goes on later.
func (x *matrix) controllerLost(_ boundary, b *begun) { x.losesBoth("", b) }

// losesBoth: with the controller, for good, goes the power of a host; it comes back. An empty host is none.
func (x *matrix) losesBoth(host string, b *begun) {
	x.must(x.lab.Cut(x.t.Context(), "ctl"))
	if host != "" {
		x.must(x.lab.Kill(x.t.Context(), host))
	}
	x.release()
	if host != "" {
		x.must(x.lab.Boot(x.t.Context(), host))
	}
	x.serves()
	for _, pid := range childrenNamed(x.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		x.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	b.wait()
	x.must(x.lab.Heal(x.t.Context(), "ctl"))
}

// hostsApart: the two do not reach each other until the run has ended and one of them serves.
func (x *matrix) hostsApart(_ boundary, b *begun) {
	x.must(x.lab.Cut(x.t.Context(), bluemind.Old, bluemind.New))
	x.release()
	b.wait()
	// A timer that has to ask the other side does not act before it can: safety before service.
	x.must(x.lab.Heal(x.t.Context(), bluemind.Old))
}

func (x *matrix) cutForAWhile(host string, b *begun) {
	x.must(x.lab.Cut(x.t.Context(), host, "ctl"))
	x.release()
	while := time.NewTimer(8 * time.Second)
	defer while.Stop()
	select {
	case <-while.C:
	case <-x.t.Context().Done():
	}
	x.must(x.lab.Heal(x.t.Context(), host))
	b.wait()
}

func (x *matrix) losesPower(host string, b *begun) {
	x.must(x.lab.Kill(x.t.Context(), host))
	x.release()
	x.must(x.lab.Boot(x.t.Context(), host))
	b.wait()
}

func (x *matrix) diskFull(c boundary, b *begun) {
	x.must(x.lab.Fill(x.t.Context(), x.taker(c), journalDir))
	x.release()
	b.wait()
	x.must(x.lab.Unfill(x.t.Context(), x.taker(c), journalDir))
}

// frozen: the host hangs, and goes on when everybody has given it up.
func (x *matrix) frozen(host string, b *begun) {
	x.must(x.lab.Freeze(x.t.Context(), host))
	x.release()
	b.wait()
	x.must(x.lab.Thaw(host))
}

// commandFails: the operation's own command, or what a check of the controller finds: nobody answers it.
func (x *matrix) commandFails(c boundary, b *begun) {
	if !c.controls() {
		x.release()
	} else {
		x.deaf(x.taker(c), "reject with tcp reset")
	}
	if s := b.wait(); c.event == "begin" && s.Code == 0 && !strings.Contains(s.Text, "failed") {
		x.t.Errorf("the command of %s failed, and nobody says so", c.op)
	}
	x.release()
	x.must(os.RemoveAll(filepath.Join(x.path(x.giver(c), faultDir), "fails")))
	x.must(os.RemoveAll(filepath.Join(x.path(x.taker(c), faultDir), "fails")))
}
