package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ErrOver means that a run cannot be gone on with: it was taken back, or is settled.
var ErrOver = errors.New("there is nothing to go on with")

// Resume goes on with a run that was not brought to its end, by its record. What is done is not done again, but for what lets this process in.
func (c *Controller) Resume(ctx context.Context, record Record, secrets map[string]string) (Outcome, error) {
	opts := record.Options(secrets)
	opts.Resume = record.Run
	return c.Run(ctx, record.Runbook, opts)
}

// TakeBack takes an unfinished run back, by its record.
func (c *Controller) TakeBack(ctx context.Context, record Record) (Outcome, error) {
	return c.Undo(ctx, record.Runbook, record.Run, record.Options(nil))
}

// Retract takes a run of a cutover back by its own record, which says who would serve instead. A run that was committed is never taken back: then, and
// where no host knows the run, it reports false and changes nothing.
func (c *Controller) Retract(ctx context.Context, d declare.Cutover, run string) (Outcome, bool, error) {
	var knows []string
	for _, id := range []string{d.Source, d.Target} {
		runs, err := c.Journaled(ctx, id)
		if err != nil {
			return Outcome{Run: run, Status: Failed}, false, err
		}
		for _, j := range runs {
			if j.Run == run && (j.Cut || j.Decision == "commit") {
				return Outcome{}, false, nil
			}
			if j.Run == run {
				knows = append(knows, id)
			}
		}
	}
	var errs []error
	for _, id := range knows {
		record, err := c.Record(ctx, id, run)
		if err == nil {
			out, err := c.TakeBack(ctx, record)
			return out, true, err
		}
		errs = append(errs, err)
	}
	return Outcome{Run: run, Status: Failed}, false, errors.Join(errs...)
}

// goOn takes up a run at the place where it was left: what is done is known from the journals.
func (r *run) goOn(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(r.hosts)) {
		h := r.hosts[id]
		res, err := h.call(ctx, h.Host, remote.Command{}, "done", r.name)
		if err != nil {
			return fmt.Errorf("read what run %s has done on %s: %w", r.name, h.Address(), err)
		}
		if res.Exit != 0 {
			return fmt.Errorf("read what run %s has done on %s: %w", r.name, h.Address(), hostError(res))
		}
		for op, step := range parseSteps(string(res.Stdout)) {
			r.recall(op, step)
		}
	}
	r.todo = r.remaining()
	return nil
}

// remaining is what is still to be done. What follows the commit can tell by itself whether it holds; jobs cannot. What lets this process in is done again for
// whatever needs it, and what comes after something that is done again, too: it closes what was opened.
func (r *run) remaining() []runbook.Operation {
	again := map[string]bool{}
	for _, op := range r.todo {
		_, done := r.results[op.ID]
		again[op.ID] = !done || r.committed && op.Stage != runbook.Jobs
	}
	for _, op := range r.todo {
		needed := !r.committed || slices.ContainsFunc(r.todo, func(other runbook.Operation) bool { return again[other.ID] && slices.Contains(other.Needs, op.ID) })
		again[op.ID] = again[op.ID] || op.Renew && needed
	}
	for _, op := range r.todo {
		follows := r.committed && slices.ContainsFunc(op.Needs, func(id string) bool { return again[id] })
		again[op.ID] = again[op.ID] || follows && op.Stage == runbook.Jobs
	}
	return slices.DeleteFunc(slices.Clone(r.todo), func(op runbook.Operation) bool { return !again[op.ID] })
}

// recall keeps the result of an operation that an earlier process has done.
func (r *run) recall(id string, step StepResult) {
	op, known := r.book.Find(id)
	if !known {
		return
	}
	age := time.Duration(max(0, count(step.Result["age"]))) * time.Second // the clock may have been set back
	delete(step.Result, "age")
	step.ID, step.Stage, step.Sentence, step.Offline, step.Begin = op.ID, string(op.Stage), op.Sentence, op.Offline, time.Since(r.started)-age
	r.results[id] = step
	if began := time.Now().Add(-age); op.Offline && (r.offline.IsZero() || began.Before(r.offline)) {
		r.offline = began
	}
}

// count is a number that a host printed; zero where it is none.
func count(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// ErrFinal means that the way back of a move was given up.
var ErrFinal = errors.New("the way back has been given up")

// ErrHistory means that what was begun on the hosts is not what is declared now.
var ErrHistory = errors.New("the hosts' journals tell another history")

// sameHistory compares what an earlier run was declared to move with what is declared now; nil: by its record alone.
func sameHistory(record Record, now *declare.Cutover) error {
	if record.Cutover == nil || now == nil {
		return nil
	}
	then, err := travels(*record.Cutover)
	if err != nil {
		return err
	}
	today, err := travels(*now)
	if err != nil {
		return err
	}
	var differs []string
	for _, name := range slices.Sorted(maps.Keys(then)) {
		if then[name] != today[name] {
			differs = append(differs, fmt.Sprintf("%s was %s, is %s", name, then[name], today[name]))
		}
	}
	if len(differs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: run %s was begun with another declaration: %s. Nothing was changed; declare what it was begun with, and apply, or use rescue, which goes by the journal",
		ErrHistory, record.Run, strings.Join(differs, "; "))
}

// travels is what of a declaration says what moves, between which hosts and how: by name, as JSON.
func travels(c declare.Cutover) (map[string]string, error) {
	for i := range c.Syncs {
		c.Syncs = slices.Clone(c.Syncs)
		c.Syncs[i].LastPass = nil
	}
	for i := range c.Dumps {
		c.Dumps = slices.Clone(c.Dumps)
		c.Dumps[i].LastPass, c.Dumps[i].Password = nil, false
	}
	out := map[string]string{}
	for name, value := range map[string]any{
		"name": c.Name, "source": c.Source, "target": c.Target, "product": c.Product, "syncs": c.Syncs, "dumps": c.Dumps, "files": c.Files,
		"accounts": c.Accounts, "identity": c.Identity, "stop_order": c.StopOrder, "start_order": c.StartOrder,
	} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", name, err)
		}
		out[name] = string(text)
	}
	return out, nil
}
