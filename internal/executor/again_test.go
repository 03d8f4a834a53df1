package executor_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// move is a runbook of a cutover: its runs have numbers, and are settled before another begins.
func (s *site) move(ops ...runbook.Operation) runbook.Runbook {
	book := books("move", ops...)
	book.Hold, book.Serves, book.Timer = true, s.id, time.Minute
	return book
}

func (s *site) halting() executor.Options {
	return executor.Options{Resource: "mail_cutover.move", OnFailure: "halt", Cutover: &declare.Cutover{Name: "move", Source: "a", Target: "b"}}
}

// halted leaves a run that has failed half way, with what it had done.
func (s *site) halted(ops ...runbook.Operation) executor.Outcome {
	s.t.Helper()
	out, err := s.controller.Run(s.t.Context(), s.move(ops...), s.halting())
	if err == nil || out.Status != executor.Halted {
		s.t.Fatalf("%+v, %v", out, err)
	}
	return out
}

// unfinished is a runbook whose second job fails until a file is there.
func (s *site) unfinished() []runbook.Operation {
	return []runbook.Operation{
		s.hold("move", []string{"x"}), s.job("one", "echo once >>one", "write_hold.host.move"),
		s.job("two", "test -e allowed && echo 2 >two", "run_job.host.one"), s.job("three", "echo 3 >three", "run_job.host.two"),
	}
}

// Another process goes on with a run by what is written on the hosts alone. What was done is not done again.
func TestResume(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left := s.halted(s.unfinished()...)
	other := s.another()
	s.journaled(left.Run, executor.Halted, 3)
	record, err := other.Record(t.Context(), s.id, left.Run)
	if err != nil || record.Resource != "mail_cutover.move" || record.Cutover.Target != "b" || len(record.Hosts) != 1 {
		t.Fatalf("%+v, %v", record, err)
	}
	s.release("allowed")
	out, err := other.Resume(t.Context(), record, nil)
	if err != nil || out.Status != executor.Settled || out.Run != left.Run {
		t.Errorf("%+v, %v", out, err)
	}
	if s.wrote("one") != "once\n" || s.wrote("three") != "3\n" || len(out.Steps) != 4 {
		t.Errorf("one %q, three %q, steps %+v", s.wrote("one"), s.wrote("three"), out.Steps)
	}
	s.journaled(left.Run, executor.Settled, 4)
	s.unlocked()
}

// journaled looks how the journal says that a run ended, and how many of its operations stand.
func (s *site) journaled(run string, outcome executor.Status, open int) {
	s.t.Helper()
	runs, err := s.another().Journaled(s.t.Context(), s.id)
	if err != nil || len(runs) != 1 || runs[0].Run != run || runs[0].Outcome != outcome || runs[0].Open != open {
		s.t.Errorf("%+v, %v", runs, err)
	}
}

// Who would go on with a run by another declaration, or by a state that another history has led to, is refused, and told what differs.
func TestAnotherHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left := s.halted(s.unfinished()...)
	options := s.halting()
	options.Resume = left.Run
	options.Cutover = &declare.Cutover{Name: "move", Source: "a", Target: "c"}
	_, err := s.another().Run(t.Context(), s.move(s.unfinished()...), options)
	if !errors.Is(err, executor.ErrHistory) || !strings.Contains(err.Error(), `target was "b", is "c"`) {
		t.Errorf("another declaration: %v", err)
	}
	s.journaled(left.Run, executor.Halted, 3)
	options = s.halting()
	options.Known = "move.77"
	strange := newSite(t)
	_, err = strange.controller.Run(t.Context(), strange.move(strange.job("new", "echo 1 >new")), options)
	if !errors.Is(err, executor.ErrHistory) || !strings.Contains(err.Error(), "run move.77, and no host has it") || strange.wrote("new") != "" {
		t.Errorf("another host: %v", err)
	}
}

func TestTakeBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left := s.halted(s.unfinished()...)
	other := s.another()
	record, err := other.Record(t.Context(), s.id, left.Run)
	if err != nil {
		t.Fatal(err)
	}
	s.abandoned("move", 70)
	out, err := other.TakeBack(t.Context(), record)
	if err != nil || out.Status != executor.BackedOut || !strings.Contains(strings.Join(out.Notes, "\n"), "took over the stale lock") {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(s.journal, "hold/move")); !os.IsNotExist(err) {
		t.Errorf("the hold is still there: %v", err)
	}
	if _, err := other.Resume(t.Context(), record, nil); !errors.Is(err, executor.ErrOver) {
		t.Errorf("what was taken back is gone on with: %v", err)
	}
}

// The newest cut mark says who serves, so that no move's number is below that of an earlier one, however low the epochs of the hosts are that take part.
func TestNumbersRise(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]struct{ path, text string }{
		"a run": {"runs/move.61/journal", ""}, "a mark": {"cut/move", "move.61\n"}, "another cutover's": {"runs/move.2.61/journal", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			path := filepath.Join(s.journal, known.path)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(known.text), 0o600)); err != nil {
				t.Fatal(err)
			}
			book := s.move(s.job("one", "echo 1 >one"))
			book.Serves = "SHA256:other"
			for _, want := range []string{"move.62", "move.63"} {
				if name == "another cutover's" {
					want = map[string]string{"move.62": "move.1", "move.63": "move.2"}[want]
				}
				out, err := s.another().Run(t.Context(), book, s.halting())
				if err != nil || out.Run != want {
					t.Errorf("%s, %v; want %s", out.Run, err, want)
				}
			}
		})
	}
}

// A cutover is left behind by the record of its last run: what was not committed is taken back, what was is not.
func TestRetract(t *testing.T) {
	t.Parallel()
	for _, decision := range []string{"", "commit"} {
		t.Run("decision "+decision, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			left := s.halted(s.unfinished()...)
			if decision != "" {
				if err := os.WriteFile(filepath.Join(s.journal, "runs", left.Run, "decision"), []byte(decision+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cutover := declare.Cutover{Name: "move", Source: s.id, Target: s.id}
			if _, taken, err := s.another().Retract(t.Context(), cutover, "move.77"); taken || err != nil {
				t.Errorf("a run that nobody knows: %v, %v", taken, err)
			}
			out, taken, err := s.another().Retract(t.Context(), cutover, left.Run)
			if err != nil || taken != (decision == "") || taken && out.Status != executor.BackedOut {
				t.Errorf("%v, %+v, %v", taken, out, err)
			}
			if _, err := os.Stat(filepath.Join(s.journal, "hold/move")); os.IsNotExist(err) != taken {
				t.Errorf("taken back: %v; the hold: %v", taken, err)
			}
		})
	}
}

// In which order an earlier run's hosts are taken back only its record says: where that cannot be read, none of them is.
func TestLeftBehindByANewerVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left := s.halted(s.unfinished()...)
	if err := os.WriteFile(filepath.Join(s.journal, "runs", left.Run, "record.json"), []byte(`{"version": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.another().Run(t.Context(), s.move(s.job("new", "echo 1 >new")), s.halting())
	if !errors.Is(err, executor.ErrNewer) || !strings.Contains(err.Error(), "settle the unfinished move "+left.Run+" first") || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(s.journal, "hold/move")); err != nil || s.wrote("new") != "" {
		t.Errorf("the hold: %v, new %q", err, s.wrote("new"))
	}
}

// The next run of the cutover takes back first what an earlier one has left; where that fails, nothing new begins, and what remains is said.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left := s.halted(s.unfinished()...)
	s.release("allowed")
	// A file stands where the folder of the hold's before-image would go back to: the undo fails.
	earlier := filepath.Join(s.journal, "runs", left.Run, "before", "write_hold.host.move", "earlier")
	if err := errors.Join(os.MkdirAll(earlier, 0o700), os.Rename(filepath.Join(s.journal, "hold"), filepath.Join(s.journal, "aside")), os.WriteFile(filepath.Join(s.journal, "hold"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := s.another().Run(t.Context(), s.move(s.job("new", "echo 1 >new")), s.halting())
	if err == nil || s.wrote("new") != "" {
		t.Fatalf("%v, new %q", err, s.wrote("new"))
	}
	if err := errors.Join(os.Remove(filepath.Join(s.journal, "hold")), os.Rename(filepath.Join(s.journal, "aside"), filepath.Join(s.journal, "hold"))); err != nil {
		t.Fatal(err)
	}
	out, err := s.another().Run(t.Context(), s.move(s.job("new", "echo 1 >new")), s.halting())
	if err != nil || out.Run == left.Run || s.wrote("new") != "1\n" {
		t.Errorf("%+v, %v, new %q", out, err, s.wrote("new"))
	}
	events := strings.Join(s.events(left.Run), "\n")
	if !strings.Contains(events, "undone run_job.host.one") {
		t.Errorf("the earlier run was not taken back:\n%s", events)
	}
}

// What a person has to do by hand is said in order, with the commands.
func TestByHand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stuck := operation.StartService(s.party(), runbook.Change, declare.Service{
		Name: "bm", Start: []string{"touch", filepath.Join(s.work, "runs")}, Stop: []string{"false"}, Status: []string{"test", "-e", filepath.Join(s.work, "runs")},
	})
	out, err := s.controller.Run(t.Context(), books("book", s.hold("a", []string{"x"}), stuck, s.job("bad", "exit 3", stuck.ID)), executor.Options{})
	if !errors.Is(err, executor.ErrOperation) || out.Status != executor.Failed || len(out.Remains) != 3 {
		t.Fatalf("%+v, %v", out, err)
	}
	for i, want := range []string{"on 127.0.0.1: ", `undo "start bm on the host": stop it, by hand: false`, "terraform-provider-mail rescue back-out 127.0.0.1"} {
		if !strings.Contains(out.Remains[i], want) {
			t.Errorf("%d. %q, want %q", i, out.Remains[i], want)
		}
	}
	if _, err := os.Stat(filepath.Join(s.journal, "hold/a")); !os.IsNotExist(err) {
		t.Errorf("what could be taken back was not: %v", err)
	}
	s.journaled("book", executor.Failed, 1)
}

// A host that is away is named all the same, or the commands that are left to a person would not say where.
func TestNamedWhileAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if name, err := s.controller.Named(s.id); err != nil || name != s.Endpoint.Addresses[0] {
		t.Errorf("%q, %v; want %q", name, err, s.Endpoint.Addresses[0])
	}
}
