package executor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// A dropped connection does not end an operation: it is joined again, and runs once.
func TestRunOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	done := start(t.Context(), s.controller, books("book", s.job("long", until("long")), s.job("next", "echo 1 >next", "run_job.host.long")), executor.Options{})
	s.await("long.begun")
	before := s.Server.Accepted()
	s.Server.Drop()
	s.release("long.go")
	end := <-done
	if end.err != nil || end.out.Status != executor.Settled {
		t.Errorf("%+v, %v", end.out, end.err)
	}
	if s.wrote("long.begun") != "once\n" || s.wrote("long.over") != "over\n" || s.wrote("next") != "1\n" {
		t.Errorf("begun %q, over %q, next %q", s.wrote("long.begun"), s.wrote("long.over"), s.wrote("next"))
	}
	if s.Server.Accepted() <= before {
		t.Error("the connection was not made again: nothing was tested")
	}
	want := []string{"begin run_job.host.long", "end run_job.host.long", "begin run_job.host.next", "end run_job.host.next"}
	if diff := cmp.Diff(want, s.events("book")); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

// A controller that another one has succeeded can begin nothing, and take nothing back.
func TestRunSuperseded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := books("book", s.hold("a", []string{"x"}), s.job("long", until("long"), "write_hold.host.a"), s.job("next", "echo 1 >next", "run_job.host.long"))
	done := start(t.Context(), s.controller, book, executor.Options{})
	s.await("long.begun")
	if err := os.WriteFile(filepath.Join(s.journal, "epoch"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.release("long.go")
	end := <-done
	if !errors.Is(end.err, executor.ErrSuperseded) || end.out.Status != executor.Failed {
		t.Errorf("%+v, %v", end.out, end.err)
	}
	if s.wrote("next") != "" {
		t.Error("the next operation was begun")
	}
	if _, err := os.Stat(filepath.Join(s.journal, "hold/a")); err != nil {
		t.Errorf("taken back by a controller that is over: %v", err)
	}
}

func TestLockedByAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	done := start(t.Context(), s.controller, books("first", s.job("long", until("long"))), executor.Options{})
	s.await("long.begun")
	out, err := s.another().Run(t.Context(), books("second", s.job("other", "echo 1 >other")), executor.Options{})
	if !errors.Is(err, executor.ErrLocked) || out.Status != executor.Failed || !strings.Contains(err.Error(), s.controller.Owner()) {
		t.Errorf("%+v, %v", out, err)
	}
	shared := start(t.Context(), s.controller, books("third", s.job("same", "echo 1 >same")), executor.Options{})
	if end := <-shared; end.err != nil {
		t.Errorf("another run of the same process: %v", end.err)
	}
	s.release("long.go")
	if end := <-done; end.err != nil || s.wrote("other") != "" || s.wrote("same") != "1\n" {
		t.Errorf("%v, other %q, same %q", end.err, s.wrote("other"), s.wrote("same"))
	}
	s.unlocked()
}

// The same run of another controller: a living one keeps the host, a dead one's lock is waited for until it is stale.
func TestLockedByItself(t *testing.T) {
	t.Parallel()
	t.Run("alive", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		done := start(t.Context(), s.controller, books("move", s.job("long", until("long"))), executor.Options{})
		s.await("long.begun")
		if _, err := s.another().Run(t.Context(), books("move", s.job("other", "echo 1 >other")), executor.Options{}); !errors.Is(err, executor.ErrLocked) {
			t.Errorf("error %v", err)
		}
		s.release("long.go")
		if end := <-done; end.err != nil || s.wrote("other") != "" {
			t.Errorf("%v, other %q", end.err, s.wrote("other"))
		}
		s.unlocked()
	})
	t.Run("dead", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.abandoned("move", 58)
		out, err := s.controller.Run(t.Context(), books("move", s.job("next", "echo 1 >next")), executor.Options{})
		if err != nil || s.wrote("next") != "1\n" || !strings.Contains(strings.Join(out.Notes, "\n"), "took over the stale lock") {
			t.Errorf("%v, next %q, notes %q", err, s.wrote("next"), out.Notes)
		}
		s.unlocked()
	})
}

// The operation that runs when the run is ended is ended too, and what was done is taken back.
func TestRunCancelled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	book := books("book", s.hold("a", []string{"x"}), s.job("long", until("long"), "write_hold.host.a"), s.job("next", "echo 1 >next", "run_job.host.long"))
	done := start(ctx, s.controller, book, executor.Options{})
	s.await("long.begun")
	cancel()
	end := <-done
	if end.err == nil || end.out.Status != executor.BackedOut {
		t.Errorf("%+v, %v", end.out, end.err)
	}
	s.release("long.go")
	if s.wrote("long.over") != "" || s.wrote("next") != "" {
		t.Errorf("went on: over %q, next %q", s.wrote("long.over"), s.wrote("next"))
	}
	if _, err := os.Stat(filepath.Join(s.journal, "hold/a")); !os.IsNotExist(err) {
		t.Errorf("not taken back: %v", err)
	}
	s.unlocked()
}

// What a cutover holds is left alone, by everybody but those who act for it.
func TestRunHeld(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if out, err := s.controller.Run(t.Context(), books("move", s.hold("move", []string{"service:bm"})), executor.Options{}); err != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	touching := s.job("bm", "echo 1 >bm")
	touching.Touches = []string{"service:bm"}
	out, err := s.controller.Run(t.Context(), books("other", touching), executor.Options{Resource: "mail_service.bm"})
	if err != nil || out.Status != executor.Held || !strings.Contains(out.Hold, "held by cutover move") || s.wrote("bm") != "" {
		t.Errorf("another resource: %+v, %v, wrote %q", out, err, s.wrote("bm"))
	}
	out, err = s.controller.Run(t.Context(), books("own", touching), executor.Options{Resource: "mail_cutover.move"})
	if err != nil || out.Status != executor.Settled || s.wrote("bm") != "1\n" {
		t.Errorf("the cutover's own: %+v, %v", out, err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hold := s.hold("a", []string{"service:bm"})
	hold.Lasting = true
	book := books("book", hold)
	look := func(want executor.Status, drift int) {
		t.Helper()
		seen := s.controller.Probe(t.Context(), book, "mail_cutover.a")
		if seen.Status != want || len(seen.Drift) != drift || seen.Err != nil {
			t.Errorf("%+v; want %s with %d differences", seen, want, drift)
		}
	}
	look(executor.Drifted, 1)
	if _, err := os.Stat(s.journal); !os.IsNotExist(err) {
		t.Errorf("a look has written something: %v", err)
	}
	if out, err := s.controller.Run(t.Context(), book, executor.Options{}); err != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	look(executor.Settled, 0)
	held := hold
	held.Touches = []string{"service:bm"}
	seen := s.controller.Probe(t.Context(), books("other", held), "mail_service.bm")
	if seen.Status != executor.Held || seen.Hold != "a" {
		t.Errorf("held: %+v", seen)
	}
	gone := runbook.Operation{ID: "x", Kind: "run_job", Stage: runbook.Change, Host: "SHA256:nobody", Sentence: "x", Lasting: true}
	if seen := s.controller.Probe(t.Context(), books("gone", gone), ""); seen.Status != executor.Unreachable || !errors.Is(seen.Err, executor.ErrUnknownHost) {
		t.Errorf("an unknown host: %+v", seen)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	facts, err := s.controller.Facts(t.Context(), s.id)
	if err != nil || facts.Hostname == "" || facts.BootID == "" || facts.Arch == "" || facts.Tools["rsync"] == "" {
		t.Errorf("%+v, %v", facts, err)
	}
}
