package executor_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// committed leaves a move that was committed by a controller that went then: its second job, and what follows, were never done.
func (s *site) committed() string {
	s.t.Helper()
	run := s.halted(s.jobs()...).Run
	s.writes("runs/"+run+"/decision", "commit\n")
	s.writes("cut/move", run+"\n")
	if err := os.Remove(filepath.Join(s.journal, "runs", run, "outcome")); err != nil {
		s.t.Fatal(err)
	}
	return run
}

// jobs is unfinished, of which the jobs follow the commit.
func (s *site) jobs() []runbook.Operation {
	ops := s.unfinished()
	for i := range ops[1:] {
		ops[i+1].Stage = runbook.Jobs
	}
	ops[1].Needs = nil
	return ops
}

// writes puts a file below the journals.
func (s *site) writes(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.journal, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) cut() executor.Cut {
	s.t.Helper()
	cut, err := s.another().Cut(s.t.Context(), declare.Cutover{Name: "move", Source: s.id, Target: s.id})
	if err != nil {
		s.t.Fatal(err)
	}
	return cut
}

// What a committed move has left undone is told from the journals, and done by the next run that leads to where the move led, whatever the state says.
func TestLeftAfterTheCommit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := s.committed()
	if got := s.cut(); got != (executor.Cut{Side: "source", Unfinished: run}) {
		t.Errorf("%+v", got)
	}
	last, left, err := s.another().Left(t.Context(), declare.Cutover{Name: "move", Source: s.id, Target: s.id}, run)
	if diff := cmp.Diff([]string{"run_job.host.two", "run_job.host.three"}, left); diff != "" || err != nil {
		t.Errorf("%v, left (-want +got):\n%s", err, diff)
	}
	if last.Run != run || last.Status != executor.Unsettled || len(last.Steps) != 2 || last.Ended.Before(last.Started) || last.Digest == "" {
		t.Errorf("%+v", last)
	}
	s.release("allowed")
	out, err := s.another().Run(t.Context(), s.move(s.jobs()...), s.halting())
	if err != nil || out.Run != run || out.Status != executor.Settled {
		t.Errorf("%+v, %v", out, err)
	}
	if got := s.wrote("one") + s.wrote("two") + s.wrote("three"); got != "once\n2\n3\n" {
		t.Errorf("%q was done", got)
	}
	if got := s.cut(); got != (executor.Cut{Side: "source"}) {
		t.Errorf("%+v", got)
	}
}

// A move that another one followed has nothing left; one whose timer waits has: its jobs are no timer's.
func TestUnfinishedMove(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*site, string) executor.Cut{
		"followed": func(s *site, run string) executor.Cut {
			s.writes("runs/move.99/decision", "commit\n")
			s.writes("runs/move.99/outcome", "settled\n")
			return executor.Cut{Side: "source"}
		},
		"armed": func(s *site, run string) executor.Cut {
			s.writes("runs/"+run+"/timer", "ask\n")
			return executor.Cut{Side: "source", Unfinished: run}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			want := leave(s, s.committed())
			if got := s.cut(); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// Once finalizing has begun to remove what a back-out needs, none begins; a cutover that goes on from the side that serves does.
func TestNoWayBackOnceFinalizingHasBegun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := s.committed()
	s.writes("runs/"+run+"/outcome", "settled\n")
	s.writes("runs/"+run+"/final", "")
	if got := s.cut(); got != (executor.Cut{Side: "source", Final: true}) {
		t.Errorf("%+v", got)
	}
	back := s.move(s.job("back", "echo 1 >back"))
	back.Serves = "SHA256:other"
	options := s.halting()
	options.Cutover.Active = declare.Source
	_, err := s.another().Run(t.Context(), back, options)
	if !errors.Is(err, executor.ErrFinal) || !strings.Contains(err.Error(), "a back-out of run "+run) || !strings.Contains(err.Error(), "Nothing was changed") || s.wrote("back") != "" {
		t.Errorf("%v, back %q", err, s.wrote("back"))
	}
	options.Cutover.Active = declare.Target
	if _, err := s.another().Run(t.Context(), back, options); err != nil || s.wrote("back") != "1\n" {
		t.Errorf("moving on: %v, back %q", err, s.wrote("back"))
	}
}

// Giving up the way back of another move is another run, also under the same cutover's name.
func TestFinalizingIsOfOneMove(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := s.committed()
	s.writes("runs/"+run+"/outcome", "settled\n")
	for _, want := range []string{run + ".finalize", "move.99.finalize"} {
		book := books("move.finalize", s.job("end", "echo over >>end"))
		book.Serves, book.Stays = s.id, true
		out, err := s.another().Run(t.Context(), book, s.halting())
		if err != nil || out.Run != want {
			t.Errorf("%s, %v; want %s", out.Run, err, want)
		}
		s.writes("runs/move.99/outcome", "settled\n")
		s.writes("runs/move.99/decision", "commit\n")
		s.writes("cut/move", "move.99\n")
	}
}
