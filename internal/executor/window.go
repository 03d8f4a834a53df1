package executor

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Errors of a window.
var (
	ErrTooLate = errors.New("the window would be exceeded")
	ErrBudget  = errors.New("the outage budget would be exceeded")
)

// window watches a run's times: it freezes nothing that would end too late, and gives an outage up that grows beyond its
// budget where going back is quicker than going on.
type window struct {
	notAfter time.Time
	budget   time.Duration
	outage   time.Duration            // predicted
	before   map[string]time.Duration // predicted outage that has passed when an operation begins
	back     time.Duration            // predicted time to go back
}

func newWindow(book runbook.Runbook, opts Options) window {
	w := window{notAfter: opts.NotAfter, budget: opts.Budget, before: map[string]time.Duration{}}
	table := book.Timetable()
	w.outage = table.Outage
	first := time.Duration(-1)
	for _, step := range table.Steps {
		if !step.Offline {
			continue
		}
		if first < 0 {
			first = step.Start
		}
		w.before[step.ID] = step.Start - first
	}
	w.back = book.WayBack() // the source's services start again
	return w
}

// allow says whether an offline operation may begin. since is how long nobody has been served; frozen whether anything was stopped already.
func (w window) allow(op runbook.Operation, now time.Time, since time.Duration, frozen bool) error {
	rest := w.outage - w.before[op.ID]
	if !frozen && !w.notAfter.IsZero() && now.Add(w.outage+w.back).After(w.notAfter) {
		return fmt.Errorf("%w: %s of outage are predicted and %s to go back if need be, and it must be over at %s; nothing was stopped",
			ErrTooLate, w.outage.Round(time.Second), w.back.Round(time.Second), w.notAfter.Format(time.RFC3339))
	}
	if w.budget <= 0 || since+rest <= w.budget || frozen && rest <= w.back {
		return nil
	}
	return fmt.Errorf("%w: %s have passed, %s are predicted still, %s are allowed", ErrBudget, since.Round(time.Second), rest.Round(time.Second), w.budget)
}

// learn takes over what an operation tells of those to come: how long the cold pass of its tree will take, and what the user is to be told of.
func (r *run) learn(op runbook.Operation, result StepResult) {
	if names, repaired := result.Result["repaired"]; repaired {
		r.c.note(fmt.Sprintf("%s: entries that differed though they had not changed were copied again: %s", op.Sentence, names))
	}
	seconds, err := strconv.ParseFloat(result.Result["cold_seconds"], 64)
	if err != nil {
		return
	}
	for i, later := range r.book.Operations {
		if later.Kind == op.Kind && later.Stage == runbook.Cold && slices.Equal(later.Args[:2], op.Args[:2]) {
			r.book.Operations[i].Estimate = time.Duration(seconds * float64(time.Second))
			r.queue.Expect(later.ID, r.book.Operations[i].Estimate)
			r.log.Tell(progress.Event{Kind: progress.Expect, Op: later.ID, Seconds: seconds})
			r.window = newWindow(r.book, r.opts)
		}
	}
}

// patience is until when a wait for a person may last so that what follows is still allowed, and the error once it has lasted longer; the zero time: for
// ever. offline is when the outage began; zero: it has not.
func (w window) patience(op runbook.Operation, offline time.Time) (time.Time, error) {
	rest := w.outage - w.before[op.ID]
	switch {
	case offline.IsZero() && !w.notAfter.IsZero():
		return w.notAfter.Add(-w.outage - w.back), fmt.Errorf("%w: nobody said continue in time; nothing was stopped", ErrTooLate)
	case !offline.IsZero() && w.budget > 0 && rest > w.back:
		return offline.Add(w.budget - rest), fmt.Errorf("%w: nobody said continue in time", ErrBudget)
	}
	return time.Time{}, nil
}
