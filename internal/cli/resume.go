package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// errUnsettled: it was done, and did not end as it should.
var errUnsettled = errors.New("it did not come to its end")

// resume goes on with the newest run that was not brought to its end.
func (r *rescue) resume(ctx context.Context) error {
	all, err := r.stories(ctx)
	if err != nil {
		return err
	}
	s, err := r.choose(all, func(s story) bool { return !s.over() && !s.reverting() }, "no run can be gone on with")
	if err != nil {
		return err
	}
	secrets, err := r.passwords(s.Cutover)
	if err != nil {
		return err
	}
	if err := r.tell(s); err != nil {
		return err
	}
	if err := r.agree("Go on with it? What is done is not done again; " + onFailure(s.Record)); err != nil {
		return err
	}
	outcome, err := r.controller.Resume(ctx, s.Record, secrets)
	return r.report(outcome, err, executor.Settled)
}

// onFailure says what becomes of a run that fails.
func onFailure(record executor.Record) string {
	if record.OnFailure == "halt" {
		return "a failure halts it."
	}
	return "a failure takes all of it back."
}

// backOut brings service back to where it was: an unfinished run is undone; after the commit, service moves back by the declaration in the journal.
func (r *rescue) backOut(ctx context.Context) error {
	all, err := r.stories(ctx)
	if err != nil {
		return err
	}
	unfinished, err := r.choose(all, func(s story) bool {
		return !s.over() && !s.committed() && (s.Runbook.Timer != 0 || s.Runbook.Rehearsal || s.Run == r.named)
	}, "no run is unfinished")
	if err == nil {
		return r.takeBack(ctx, unfinished)
	}
	moved, err := r.choose(all, func(s story) bool { return s.committed() && s.Cutover != nil }, "no run is unfinished, and none has moved a service")
	if err != nil {
		return err
	}
	if closed, err := r.choose(all, func(s story) bool { return finalizes(moved, s) }, ""); err == nil {
		return fmt.Errorf("%s was finalized by run %s: the way back has been given up", moved.Resource, closed.Run)
	}
	return r.moveBack(ctx, moved)
}

// finalizes reports whether a run gave up the way back of an earlier move.
func finalizes(moved, s story) bool {
	return s.Resource == moved.Resource && s.Begun.After(moved.Begun) && s.over() && compile.IsFinalize(s.Run)
}

func (r *rescue) takeBack(ctx context.Context, s story) error {
	if err := r.tell(s); err != nil {
		return err
	}
	if err := r.agree("Take it back? Every change of it is undone, newest first, on the side that does not serve first."); err != nil {
		return err
	}
	outcome, err := r.controller.TakeBack(ctx, s.Record)
	return r.report(outcome, err, executor.BackedOut)
}

// moveBack compiles the move with its sides exchanged, shows it, and runs it.
func (r *rescue) moveBack(ctx context.Context, s story) error {
	if err := r.tell(s); err != nil {
		return err
	}
	back := *s.Cutover
	if back.Active == declare.Source {
		return fmt.Errorf("by run %s the source of %s serves already: there is nothing to take back", s.Run, s.Resource)
	}
	back.Active = declare.Source
	measured, err := r.controller.Took(ctx, s.Record)
	if err != nil {
		return err
	}
	back.Measured = measured
	book, err := compile.Move(back.Reversed())
	if err != nil {
		return err
	}
	secrets, err := r.passwords(s.Cutover)
	if err != nil {
		return err
	}
	if err := r.preflight(ctx, back.Reversed(), book); err != nil {
		return err
	}
	if err := r.agree("Move service back to the source?"); err != nil {
		return err
	}
	options := s.Options(secrets)
	options.Cutover = &back
	outcome, err := r.controller.Run(ctx, book, options)
	return r.report(outcome, err, executor.Settled)
}

// preflight prints the procedure and what stands against it.
func (r *rescue) preflight(ctx context.Context, c declare.Cutover, book runbook.Runbook) error {
	words, err := book.Words()
	if err != nil {
		return err
	}
	if err := r.say("%s\npredicted outage: %s", strings.Join(words, "\n"), book.Timetable().Outage); err != nil {
		return err
	}
	findings, err := r.controller.Preflight(ctx, c)
	if err != nil {
		return err
	}
	blocked := false
	for _, f := range findings {
		blocked = blocked || f.Grade == "blocks"
		if err := r.say("%s %s: %s. %s %s", f.Grade, f.Code, f.Summary, f.Detail, f.Next); err != nil {
			return err
		}
	}
	if blocked {
		return errors.New("what was found stands against it; nothing was changed")
	}
	return nil
}

// report tells the truth about what was reached. Of a run that another one holds nothing was.
func (r *rescue) report(out executor.Outcome, err error, want executor.Status) error {
	if errors.Is(err, executor.ErrLocked) {
		return err
	}
	var lines []string
	for _, step := range out.Steps {
		if step.Error != "" {
			lines = append(lines, "failed: "+step.Sentence+": "+step.Error)
		}
	}
	lines = append(lines, out.Notes...)
	if len(out.Remains) > 0 {
		lines = append(lines, "remains to be done by hand, in order:")
	}
	for i, remains := range out.Remains {
		lines = append(lines, fmt.Sprintf("  %d. %s", i+1, remains))
	}
	if out.Outage > 0 {
		lines = append(lines, "outage: "+out.Outage.String())
	}
	lines = append(lines, fmt.Sprintf("run %s: %s", out.Run, out.Status))
	if said := r.say("%s", strings.Join(lines, "\n")); said != nil {
		return errors.Join(err, said)
	}
	if err == nil && out.Status != want {
		err = fmt.Errorf("%w: %s", errUnsettled, out.Status)
	}
	return err
}
