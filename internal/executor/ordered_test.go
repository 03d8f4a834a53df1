package executor_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// mark is an operation of a hop that makes a file and, taken back, removes it and says so in a log.
func (s *site) mark(name, hop string) runbook.Operation {
	file, log := filepath.Join(s.work, name), filepath.Join(s.work, "log")
	op := operation.SetActive(s.party(), runbook.Change, true, declare.ActiveCommands{
		Status: []string{"test", "-e", file}, On: []string{"sh", "-c", "echo on " + name + " >>" + log + "; echo x >" + file},
		Off: []string{"sh", "-c", "echo off " + name + " >>" + log + "; rm " + file},
	})
	op.ID, op.Hop, op.Touches = "set_active.host."+name, hop, nil
	return op
}

func (s *site) settle(hop string) runbook.Operation {
	op := operation.SettleHop(s.party(), runbook.Change, "up", hop, nil)
	op.Hop = hop
	return op
}

func (s *site) inTurn(ops ...runbook.Operation) runbook.Runbook {
	for i := 1; i < len(ops); i++ {
		ops[i].Needs = []string{ops[i-1].ID}
	}
	book := books("mail_upgrade.up.to-7.1", ops...)
	book.Ordered = true
	return book
}

// A hop that fails goes back in its reverse order, with what belongs to none; one that is settled stays, also when the next run begins with another.
func TestOrdered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	broken := s.job("broken", "test -e go")
	broken.Hop = "7.1"
	ops := []runbook.Operation{s.mark("quiesced", ""), s.mark("a", "7.0"), s.settle("7.0"), s.mark("b", "7.1"), s.mark("c", "7.1"), broken, s.settle("7.1")}
	out, err := s.controller.Run(t.Context(), s.inTurn(slices.Clone(ops)...), executor.Options{})
	if err == nil || out.Status != executor.BackedOut {
		t.Fatalf("%s, %v", out.Status, err)
	}
	if diff := cmp.Diff("on quiesced\non a\non b\non c\noff c\noff b\noff quiesced\n", s.wrote("log")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(out.Notes, func(note string) bool { return strings.HasPrefix(note, "7.0 was proved") }) {
		t.Errorf("notes %q", out.Notes)
	}
	// The next run makes what is left, and fails after what the first one settled.
	if err := os.Truncate(filepath.Join(s.work, "log"), 0); err != nil {
		t.Fatal(err)
	}
	out, err = s.another().Run(t.Context(), s.inTurn(s.mark("quiesced", ""), s.mark("b", "7.1"), broken), executor.Options{})
	if err == nil || out.Status != executor.BackedOut || s.wrote("log") != "on quiesced\non b\noff b\noff quiesced\n" || s.wrote("a") != "x\n" {
		t.Errorf("%s, %v, log %q, a %q", out.Status, err, s.wrote("log"), s.wrote("a"))
	}
}

// A run whose controller was lost is taken back by its record with respect to what it settled.
func TestOrderedTakenBackByAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ops := []runbook.Operation{s.mark("a", "7.0"), s.settle("7.0"), s.mark("b", "7.1")}
	book := s.inTurn(ops...)
	if out, err := s.controller.Run(t.Context(), book, executor.Options{}); err != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	out, err := s.another().Undo(t.Context(), book, book.Name, executor.Options{})
	if err != nil || out.Status != executor.BackedOut || s.wrote("a") != "x\n" || s.wrote("b") != "" {
		t.Errorf("%s, %v, a %q, b %q", out.Status, err, s.wrote("a"), s.wrote("b"))
	}
}

// What cannot be taken back ends the way back: nothing before it is touched, and what remains is named.
func TestOrderedStopsWhereItCannotGoBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stuck := s.mark("stuck", "7.0")
	stuck.Args[3] = "false"
	out, err := s.controller.Run(t.Context(), s.inTurn(s.mark("a", "7.0"), stuck, s.job("broken", "false")), executor.Options{})
	if err == nil || out.Status != executor.Failed || s.wrote("a") != "x\n" || len(out.Remains) < 2 {
		t.Errorf("%s, %v, a %q, remains %q", out.Status, err, s.wrote("a"), out.Remains)
	}
}

// Once the service is open, what fails takes nothing back.
func TestOrderedOnline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	job := s.job("rebuild", "false")
	job.Stage = runbook.Jobs
	out, err := s.controller.Run(t.Context(), s.inTurn(s.mark("a", "7.0"), s.settle("7.0"), job), executor.Options{})
	if err == nil || out.Status != executor.Unsettled || s.wrote("a") != "x\n" {
		t.Errorf("%s, %v, a %q", out.Status, err, s.wrote("a"))
	}
}
