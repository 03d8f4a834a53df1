package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stale makes the lock as old as if its holder had been away for two minutes; rebooted as if the host had booted since.
const (
	stale    = "120 s away"
	rebooted = "booted since"
)

func (m machine) age(how string) {
	m.t.Helper()
	beat := `printf '%s %s\n' "$(boot_id)" "$(($(uptime_seconds) - 120))" >"$J/lock/beat"`
	if how == rebooted {
		beat = `printf '%s %s\n' another-boot "$(uptime_seconds)" >"$J/lock/beat"`
	}
	good(m.t, m.dir, beat)
}

// lockedOwn is the exit code for a lock that the same run of another owner holds.
const lockedOwn = 79

func TestLock(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	step := func(name string, got answer, exit int, out, err string) {
		t.Helper()
		if own := exit == lockedOwn && got.out != "" && strings.Trim(got.out, "0123456789\n") == ""; got.exit != exit || got.out != out && !own || !strings.Contains(got.err, err) {
			t.Errorf("%s: %+v; want exit %d, %q, %q", name, got, exit, out, err)
		}
	}
	step("the first", m.tpm("", "lock", "me", "r"), 0, "1\n", "")
	step("the same again", m.tpm("", "lock", "me", "r"), 0, "1\n", "")
	step("another run of the same owner", m.tpm("", "lock", "me", "s"), 0, "1\n", "")
	step("somebody else, for the same run", m.tpm("", "lock", "you", "r"), lockedOwn, "an age", "locked by me for r s since ")
	step("somebody else, for another run", m.tpm("", "lock", "you", "x"), 77, "", "locked by me for r s since ")
	step("a sign of life", m.tpm("", "beat", "me"), 0, "", "")
	step("somebody else's sign of life", m.tpm("", "beat", "you"), 1, "", "")
	step("somebody else unlocks", m.tpm("", "unlock", "you", "r"), 0, "", "")
	step("and is still out", m.tpm("", "lock", "you", "r"), lockedOwn, "an age", "locked by me")
	step("one run ends", m.tpm("", "unlock", "me", "r"), 0, "", "")
	step("the other one holds", m.tpm("", "lock", "you", "x"), 77, "", "locked by me for s since ")
	step("it ends too", m.tpm("", "unlock", "me", "s"), 0, "", "")
	step("free", m.tpm("", "lock", "you", "x"), 0, "2\n", "")
	step("unlocked twice", m.tpm("", "unlock", "me", "s"), 0, "", "")
	step("still locked", m.tpm("", "lock", "me", "s"), 77, "", "locked by you")
}

func TestLockStale(t *testing.T) {
	t.Parallel()
	for _, how := range []string{stale, rebooted} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.prepare()
			m.age(how)
			if got := m.tpm("", "lock", "you", "other"); got.exit != 77 {
				t.Errorf("a run that did not leave it: %+v", got)
			}
			got := m.tpm("", "lock", "you", "r")
			if got.exit != 0 || !strings.Contains(got.err, "took over the stale lock: locked by me for r since ") {
				t.Errorf("the run that left it: %+v", got)
			}
			if got.out != "3\n" { // one to end the old owner's work, one for the new owner
				t.Errorf("epoch %q", got.out)
			}
			if got := m.tpm("", "beat", "me"); got.exit == 0 {
				t.Errorf("the old owner still holds it: %+v", got)
			}
		})
	}
}

// The work of an owner that is gone is ended before anybody else begins.
func TestLockTakeoverEndsWork(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "slow"))
	done := make(chan answer, 1)
	go func() { done <- sh(t, "", filepath.Join(m.dir, "lib/test/tpm"), "run", "r", epoch, "one") }()
	good(t, m.dir, "await 10 test -e "+words(filepath.Join(m.work, "one.begun")))
	m.age(stale)
	if got := m.tpm("", "lock", "you", "r"); got.exit != 0 {
		t.Fatalf("take over: %+v", got)
	}
	if got := <-done; got.exit != 143 {
		t.Errorf("the old owner's operation: %+v", got)
	}
	file(t, m.work, "one.go", "")
	if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 75 {
		t.Errorf("the old owner comes back: %+v", got)
	}
	if m.noted("one") != "" {
		t.Errorf("the ended operation went on: %q", m.noted("one"))
	}
}

// A person who ends a lock ends what its runs still do, also those of a cutover, which is locked by its own name.
func TestBreakEndsWork(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "slow"))
	file(t, m.dir, "lock/runs", "other\nr\n")
	if err := os.Rename(filepath.Join(m.dir, "runs/r"), filepath.Join(m.dir, "runs/r.7")); err != nil {
		t.Fatal(err)
	}
	done := make(chan answer, 1)
	go func() { done <- sh(t, "", filepath.Join(m.dir, "lib/test/tpm"), "run", "r.7", epoch, "one") }()
	good(t, m.dir, "await 10 test -e "+words(filepath.Join(m.work, "one.begun")))
	if got := m.tpm("", "break"); got.exit != 0 {
		t.Fatalf("break: %+v", got)
	}
	if got := <-done; got.exit != 143 {
		t.Errorf("the old owner's operation: %+v", got)
	}
	if got := m.tpm("", "lock", "you", "x"); got.exit != 0 || got.out != "3\n" {
		t.Errorf("lock afterwards: %+v", got)
	}
}

func TestEpoch(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.prepare(m.note("one", "1"))
	for _, epoch := range []string{"0", "2", "", "x"} {
		if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 75 || m.noted("one") != "" {
			t.Errorf("run of epoch %q: %+v", epoch, got)
		}
		if got := m.tpm("", "revert", "r", epoch); got.exit != 75 {
			t.Errorf("revert of epoch %q: %+v", epoch, got)
		}
	}
	if got := journal(t, m.dir); len(got) != 0 {
		t.Errorf("journal of refused operations: %+v", got)
	}
}

// Whatever a cutover governs, only its own run changes, and what acts for it.
func TestHeld(t *testing.T) {
	t.Parallel()
	const hold = "RUN=m\nwrite_hold_do move 'service:bm\nfile:/etc/a b\ntree:/srv/[x]/'\nRUN=r\n"
	for name, test := range map[string]struct {
		lines, touches string
		held           bool
	}{
		"one of its things":      {hold, "service:bm", true},
		"among others":           {hold, "service:other\nservice:bm", true},
		"with a blank":           {hold, "file:/etc/a b", true},
		"no pattern":             {hold, "tree:/srv/x/", false},
		"literally":              {hold, "tree:/srv/[x]/", true},
		"part of a name":         {hold, "service:b", false},
		"more than a name":       {hold, "service:bm2", false},
		"touches nothing":        {hold, "", false},
		"its own run":            {hold + "RUN=m\n", "service:bm", false},
		"on the holder's behalf": {hold + "RUN_HOLDER=move\n", "service:bm", false},
		"on another's behalf":    {hold + "RUN_HOLDER=other\n", "service:bm", true},
		"no hold":                {"", "service:bm", false},
		"two holds":              {hold + "RUN=n\nwrite_hold_do next 'service:x'\nRUN=r\n", "service:x", true},
		"dropped":                {hold + "drop_hold_do move\n", "service:bm", false},
		"not accounted for":      {hold + "mkdir $J/hold/move/account; echo r >$J/hold/move/account/run; drop_hold_probe move; drop_hold_verify move\n", "service:bm", true},
		"undone":                 {hold + "write_hold_undo move\n", "service:bm", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := good(t, t.TempDir(), test.lines+"held "+words(test.touches)+" || echo free")
			if want := "free\n"; (got != want) != test.held {
				t.Errorf("%q, want held %v", got, test.held)
			}
		})
	}
}

// An undo of a hold brings the earlier one back.
func TestHoldUndo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, `RUN=earlier
		write_hold_do move 'service:a'
		RUN=later
		write_hold_do move 'service:b'
		cat "$J/hold/move/run" "$J/hold/move/touches"
		write_hold_undo move
		cat "$J/hold/move/run" "$J/hold/move/touches"`)
	if diff := cmp.Diff("later\nservice:b\nearlier\nservice:a\n", got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHeldOperationIsNotBegun(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"))
	good(t, m.dir, "RUN=m\nwrite_hold_do move file:one")
	got := m.tpm("", "run", "r", epoch, "one")
	if got.exit != 76 || !strings.Contains(got.err, "held by cutover move") || m.noted("one") != "" {
		t.Errorf("%+v, noted %q", got, m.noted("one"))
	}
	if diff := cmp.Diff([]string{"fail one"}, events(t, m.dir)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	probed := good(t, m.dir, sheetOf(m.note("one", "1"))+noteKind+"probe_all r")
	if probed != "op one 76 0\nholder=move\n" {
		t.Errorf("probe: %q", probed)
	}
}
