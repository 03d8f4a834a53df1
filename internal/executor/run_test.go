package executor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type ended struct {
	out executor.Outcome
	err error
}

// start runs a runbook beside the test.
func start(ctx context.Context, c *executor.Controller, book runbook.Runbook, opts executor.Options) <-chan ended {
	done := make(chan ended, 1)
	go func() {
		out, err := c.Run(ctx, book, opts)
		done <- ended{out, err}
	}()
	return done
}

func steps(out executor.Outcome) map[string]string {
	m := map[string]string{}
	for _, s := range out.Steps {
		text := "done"
		switch {
		case s.Error != "":
			text = "failed"
		case s.Skipped:
			text = "skipped"
		}
		if s.Undone {
			text += ", undone"
		}
		m[s.ID] = text
	}
	return m
}

func TestRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := books("book", s.hold("x", []string{"service:bm"}), s.job("one", "echo 1 >one"), s.job("two", "cat one >two", "run_job.host.one"))
	out, err := s.controller.Run(t.Context(), book, executor.Options{})
	if err != nil || out.Status != executor.Settled || out.Run != "book" {
		t.Fatalf("%+v, %v", out, err)
	}
	want := map[string]string{"write_hold.host.x": "done", "run_job.host.one": "done", "run_job.host.two": "done"}
	if diff := cmp.Diff(want, steps(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	digest, err := book.Digest()
	if err != nil || out.Digest != digest || out.Outage != 0 || out.Ended.Before(out.Started) {
		t.Errorf("outcome %+v, digest %s, %v", out, digest, err)
	}
	if s.wrote("two") != "1\n" {
		t.Errorf("two: %q", s.wrote("two"))
	}
	s.unlocked()
	again, err := s.another().Run(t.Context(), book, executor.Options{})
	if err != nil || steps(again)["write_hold.host.x"] != "skipped" {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestRunNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	out, err := s.controller.Run(t.Context(), books("none"), executor.Options{})
	if err != nil || out.Status != executor.Settled {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := os.Stat(s.journal); !os.IsNotExist(err) {
		t.Errorf("nothing to do, and something was written: %v", err)
	}
	faulty := books("faulty", s.job("one", "true", "run_job.host.later"))
	if out, err := s.controller.Run(t.Context(), faulty, executor.Options{}); !errors.Is(err, runbook.ErrOrder) || out.Status != executor.Failed {
		t.Errorf("a runbook without order: %+v, %v", out, err)
	}
	stranger := s.job("one", "true")
	stranger.Host = "SHA256:nobody"
	if out, err := s.controller.Run(t.Context(), books("stranger", stranger), executor.Options{}); !errors.Is(err, executor.ErrUnknownHost) || out.Status != executor.Failed {
		t.Errorf("an unknown host: %+v, %v", out, err)
	}
}

// What failed is said, what followed is not begun, and everything is taken back, newest first.
func TestRunTakesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := books("book",
		s.hold("a", []string{"x"}), s.hold("b", []string{"y"}, "write_hold.host.a"),
		s.job("bad", "echo 'no room left' >&2; exit 3", "write_hold.host.b"), s.job("after", "echo 1 >after", "run_job.host.bad"))
	out, err := s.controller.Run(t.Context(), book, executor.Options{})
	var failed *executor.OperationError
	if !errors.As(err, &failed) || failed.ID != "run_job.host.bad" || failed.Exit != 3 || !strings.Contains(failed.Reason, "no room left") {
		t.Errorf("%v", err)
	}
	if errors.Is(err, executor.ErrNotBegun) {
		t.Errorf("what only followed is in the error: %v", err)
	}
	if out.Status != executor.BackedOut || len(out.Remains) != 0 {
		t.Errorf("%+v", out)
	}
	got := steps(out)
	delete(got, "run_job.host.after")
	want := map[string]string{"write_hold.host.a": "done, undone", "write_hold.host.b": "done, undone", "run_job.host.bad": "failed, undone"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var undone []string
	for _, event := range s.events("book") {
		if id, ok := strings.CutPrefix(event, "undone "); ok {
			undone = append(undone, id)
		}
	}
	if diff := cmp.Diff([]string{"run_job.host.bad", "write_hold.host.b", "write_hold.host.a"}, undone); diff != "" {
		t.Errorf("order of undoing (-want +got):\n%s", diff)
	}
	if held, err := os.ReadDir(filepath.Join(s.journal, "hold")); err != nil || len(held) != 0 || s.wrote("after") != "" {
		t.Errorf("left: %v, %v, %q", held, err, s.wrote("after"))
	}
	s.unlocked()
}

func TestRunHalts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := books("book", s.hold("a", []string{"x"}), s.job("bad", "exit 3", "write_hold.host.a"))
	out, err := s.controller.Run(t.Context(), book, executor.Options{OnFailure: "halt"})
	if !errors.Is(err, executor.ErrOperation) || out.Status != executor.Halted || len(out.Remains) == 0 {
		t.Errorf("%+v, %v", out, err)
	}
	if diff := cmp.Diff(map[string]string{"write_hold.host.a": "done", "run_job.host.bad": "failed"}, steps(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	back, err := s.another().Undo(t.Context(), book, out.Run, executor.Options{})
	if err != nil || back.Status != executor.BackedOut {
		t.Errorf("undo by another process: %+v, %v", back, err)
	}
	if _, err := os.Stat(filepath.Join(s.journal, "hold/a")); !os.IsNotExist(err) {
		t.Errorf("the hold is still there: %v", err)
	}
	s.unlocked()
}

// A rehearsal takes everything back, also when all went well.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := books("book", s.hold("a", []string{"x"}))
	book.Rehearsal = true
	out, err := s.controller.Run(t.Context(), book, executor.Options{})
	if err != nil || out.Status != executor.Settled || steps(out)["write_hold.host.a"] != "done, undone" {
		t.Errorf("%+v, %v", out, err)
	}
}

// An undo that fails is never called a back-out: what remains is named.
func TestRunUndoFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stuck := s.hold("a", []string{"x"})
	// The before-image of the hold is taken away, and a file stands where its folder was: the undo cannot bring it back.
	spoil := s.job("spoil", "rm -rf "+s.journal+"/hold/a "+s.journal+"/hold && echo x >"+s.journal+"/hold && mkdir -p "+s.journal+"/runs/book/before/write_hold.host.a/earlier && exit 3", "write_hold.host.a")
	out, err := s.controller.Run(t.Context(), books("book", stuck, spoil), executor.Options{})
	if !errors.Is(err, executor.ErrOperation) || out.Status != executor.Failed {
		t.Fatalf("%+v, %v", out, err)
	}
	remains := strings.Join(out.Remains, "\n")
	if !strings.Contains(remains, `undo "let only this cutover change what it governs on the host": let others again`) || !strings.Contains(remains, "on 127.0.0.1: ") {
		t.Errorf("remains: %s", remains)
	}
}
