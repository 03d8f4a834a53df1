package operation_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A run that waits for a person goes on when it is told to, says that it waits meanwhile, and can be undone.
func TestAwaitContinue(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	wait := m.note("await_continue.target.identity", "")
	wait.Kind, wait.Args = "await_continue", []string{"identity", "600"}
	epoch := m.prepare(wait)
	if got := m.tpm("", "continue", "r", "identity"); got.exit != 1 || !strings.Contains(got.err, "run r does not wait before identity") {
		t.Errorf("before it waits: %+v", got)
	}
	done := make(chan answer, 1)
	go func() { done <- sh(t, "", filepath.Join(m.dir, "lib/test/tpm"), "run", "r", epoch, wait.ID) }()
	good(t, m.dir, `await 10 test -e "$J/runs/r/waits"`)
	if got := good(t, m.dir, "look_waits"); !strings.HasPrefix(got, "waits=r identity 5") && !strings.HasPrefix(got, "waits=r identity 600") {
		t.Errorf("it does not say that it waits: %q", got)
	}
	if got := m.tpm("", "continue", "r", "commit"); got.exit != 1 {
		t.Errorf("another stage: %+v", got)
	}
	m.age(stale)
	if got := m.tpm("", "continue", "r", "identity"); got.exit != 1 || !strings.Contains(got.err, "nobody would go on with run r") {
		t.Errorf("its controller is gone: %+v", got)
	}
	m.tpm("", "beat", "me")
	if got := m.tpm("", "continue", "r", "identity"); got.exit != 0 {
		t.Errorf("continue: %+v", got)
	}
	if got := <-done; got.exit != 0 {
		t.Errorf("the run: %+v", got)
	}
	want := []string{"begin " + wait.ID, "continued ", "end " + wait.ID}
	if diff := cmp.Diff(want, events(t, m.dir)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 {
		t.Errorf("revert: %+v", got)
	}
	if got := good(t, m.dir, "look_waits; find \"$J/runs/r\" -name 'waits' -o -name 'continued*'"); got != "" {
		t.Errorf("left: %q", got)
	}
}

// Without a word it ends by itself: after its limit, or shortly before the deadline of an armed timer.
func TestAwaitContinueInVain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ limit, timer string }{
		"no timer":       {"0", ""},
		"an armed timer": {"600", "timer_set revert; deadline_set 10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			wait := m.note("await_continue.target.commit", "")
			wait.Kind, wait.Args = "await_continue", []string{"commit", test.limit}
			epoch := m.prepare(wait)
			good(t, m.dir, test.timer)
			if got := m.tpm("", "run", "r", epoch, wait.ID); got.exit != 1 || !strings.Contains(got.err, "nobody has said continue in time") {
				t.Errorf("%+v", got)
			}
		})
	}
}
