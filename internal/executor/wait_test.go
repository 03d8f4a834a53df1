package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// waiting is a runbook that waits for a person between two jobs.
func (s *site) waiting() runbook.Runbook {
	wait := operation.AwaitContinue(s.party(), runbook.Change, "freeze", time.Hour)
	wait.Needs = []string{"write_hold.host.a"}
	return books("book", s.hold("a", []string{"x"}), wait, s.job("next", "echo 1 >next", wait.ID))
}

// waits returns once a run waits.
func (s *site) waits(c *executor.Controller) executor.Wait {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for {
		waits, err := c.Waits(ctx, s.id)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(waits) == 1 {
			return waits[0]
		}
	}
}

// Another process lets a run go on that waits.
func TestContinue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	done := start(t.Context(), s.controller, s.waiting(), executor.Options{})
	other := s.another()
	wait := s.waits(other)
	if wait.Run != "book" || wait.Stage != "freeze" || wait.Left < 50*time.Minute || s.wrote("next") != "" {
		t.Errorf("%+v, next %q", wait, s.wrote("next"))
	}
	if err := other.Continue(t.Context(), s.id, executor.Wait{Run: "book", Stage: "commit"}); err == nil || !strings.Contains(err.Error(), "does not wait before commit") {
		t.Errorf("another stage: %v", err)
	}
	if err := other.Continue(t.Context(), s.id, wait); err != nil {
		t.Error(err)
	}
	if end := <-done; end.err != nil || end.out.Status != executor.Settled || s.wrote("next") != "1\n" {
		t.Errorf("%+v, %v, next %q", end.out, end.err, s.wrote("next"))
	}
}

// A run that waits is ended like any other, and taken back.
func TestContinueCancelled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := start(ctx, s.controller, s.waiting(), executor.Options{})
	wait := s.waits(s.another())
	cancel()
	if end := <-done; end.err == nil || end.out.Status != executor.BackedOut || s.wrote("next") != "" {
		t.Errorf("%+v, %v", end.out, end.err)
	}
	if err := s.another().Continue(t.Context(), s.id, wait); err == nil {
		t.Error("what has ended goes on")
	}
}

// A wait lasts only as long as the window leaves room for what follows.
func TestContinueTooLate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := s.waiting()
	out, err := s.controller.Run(t.Context(), book, executor.Options{NotAfter: time.Now().Add(time.Second)})
	if !errors.Is(err, executor.ErrTooLate) || out.Status != executor.BackedOut {
		t.Errorf("%+v, %v", out, err)
	}
}
