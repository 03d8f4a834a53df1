package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// run is one runbook on its way.
type run struct {
	c       *Controller
	book    runbook.Runbook
	opts    Options
	name    string
	lease   remote.Lease
	hosts   map[string]*managed
	epochs  map[string]string
	started time.Time
	log     *progress.Log // for people who watch

	dialing sync.Mutex   // guards fresh
	fresh   *remote.Host // the new connection over which the commit is made
	ahead   sync.Once    // it is made before it is needed
	dialed  sync.WaitGroup

	mu        sync.Mutex
	results   map[string]StepResult
	expected  map[string]Prediction // of each operation, when the run began
	committed bool

	relaying sync.Mutex // guards relays
	relays   map[string]*relay

	away    map[string]bool // hosts that did not answer any more after the commit
	window  window
	offline time.Time // when the first offline operation began; zero: nobody was cut off yet

	todo    []runbook.Operation // what of the runbook is run
	queue   *runbook.Queue      // in which order
	resumes string              // an earlier run of the move that is gone on with
	reached string              // the earlier run by which everything was done already
	newest  int                 // the highest number of a move of the cutover that any host knows
	since   string              // the move by which a side serves; empty: none was committed
}

// Run executes a runbook. The outcome is whole also when it returns an error: what was reached, what was undone, what remains.
func (c *Controller) Run(ctx context.Context, book runbook.Runbook, opts Options) (Outcome, error) {
	digest, err := book.Digest()
	if err != nil {
		return Outcome{Status: Failed}, err
	}
	if err := book.Validate(); err != nil {
		return Outcome{Status: Failed, Digest: digest}, err
	}
	r := newRun(c, book, opts)
	out := Outcome{Digest: digest, Started: r.started, Predicted: book.Totals()}
	if book.Empty() {
		out.Status, out.Ended = Settled, r.started
		return out, nil
	}
	r.window = newWindow(book, opts)
	if err := r.secretsGiven(); err != nil && opts.Resume == "" {
		out.Status, out.Ended = Failed, r.started
		return out, err
	}
	if err := r.begin(ctx); err != nil {
		out.Status, out.Ended, out.Run = Failed, time.Now(), r.name
		return out, errors.Join(err, r.end(ctx))
	}
	if r.reached != "" {
		out.Run, out.Status, out.Ended = r.reached, Settled, time.Now()
		return out, r.end(ctx)
	}
	r.log = r.told(r.todo, out.Predicted)
	err = r.operate(ctx)
	out.Run = r.name
	r.settle(ctx, &out, err)
	r.log.Close(string(out.Status))
	ended := errors.Join(r.close(ctx, out.Status), r.end(ctx))
	out.Ended = time.Now()
	out.Steps, out.Ledger, out.Outage, out.Notes = r.steps(), r.ledger(), r.outage(), c.taken()
	if out.Status == Held {
		return out, ended
	}
	return out, errors.Join(err, ended)
}

// operate runs the operations: each as soon as all it waits for has ended, a failure keeps the rest from beginning.
func (r *run) operate(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := r.book
	todo.Operations = r.todo
	r.queue = todo.Queue()
	type end struct {
		op  runbook.Operation
		err error
	}
	ends := make(chan end)
	running := 0
	var errs []error
	for {
		for id, ok := r.queue.Next(); ok; id, ok = r.queue.Next() {
			op, _ := todo.Find(id) // what a queue hands out is in its runbook
			running++
			go func() { ends <- end{op, r.attempt(ctx, op)} }()
		}
		if running == 0 {
			return firstCause(errs)
		}
		ended := <-ends
		running--
		r.queue.Ended(ended.op.ID)
		if ended.err == nil {
			continue
		}
		errs = append(errs, ended.err)
		if !r.isCommitted() && !(r.book.Rehearsal && ended.op.Stage == runbook.Checks) {
			cancel(ended.err) // a rehearsal goes on to the other checks, and stops what it started
		}
	}
}

// firstCause drops what only followed from the first failure, or keeps one word about why everything was stopped.
func firstCause(errs []error) error {
	real := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return errors.Is(err, errNotBegun) })
	if len(real) == 0 && len(errs) > 0 {
		return errs[0]
	}
	return errors.Join(real...)
}

// errNotBegun: an operation was not begun or not brought to its end, since another one had failed or the run was ended.
var errNotBegun = errors.New("not brought to its end")

// attempt runs one operation unless the run has failed already; after the commit it is tried whatever happened.
func (r *run) attempt(ctx context.Context, op runbook.Operation) error {
	if ctx.Err() != nil && !r.isCommitted() {
		return fmt.Errorf("%w: %s: %w", errNotBegun, op.ID, context.Cause(ctx))
	}
	if r.isCommitted() {
		ctx = context.WithoutCancel(ctx)
	}
	defer r.place(op)()
	begin := time.Since(r.started)
	if err := r.inTime(op); err != nil {
		return err
	}
	r.dialAhead(ctx, op)
	ctx, cancel := r.bounded(ctx, op)
	defer cancel()
	r.log.Tell(progress.Event{Kind: progress.Start, Op: op.ID})
	result, err := r.step(ctx, op)
	if err != nil && ctx.Err() != nil {
		// Whatever it says: it was stopped, and what stopped it is the cause.
		err = fmt.Errorf("%w: %s: %w", errNotBegun, op.ID, context.Cause(ctx))
	}
	result.ID, result.Stage, result.Sentence, result.Offline = op.ID, string(op.Stage), op.Sentence, op.Offline
	result.Begin, result.Predicted = begin, r.expected[op.ID]
	r.leftovers(op, result)
	// As the run felt it, the way to the host included: that is what predictions need.
	result.Seconds = (time.Since(r.started) - begin).Seconds()
	if err != nil {
		result.Error = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[op.ID] = result
	if op.Kind == commitKind && err == nil {
		r.committed = true
	}
	r.log.Tell(ending(result))
	r.learn(op, result)
	return err
}

// place waits until the controller, and the host beside what other runs do there, have room for an operation; what it returns gives the room back.
func (r *run) place(op runbook.Operation) func() {
	room := []chan struct{}{r.c.places}
	if h, managed := r.hosts[op.Host]; managed {
		room = append(room, h.places)
	}
	for _, places := range room {
		places <- struct{}{}
	}
	return func() {
		for _, places := range room {
			<-places
		}
	}
}

// inTime lets an operation begin only inside the window and the budget; from the checks on going on is always quicker.
func (r *run) inTime(op runbook.Operation) error {
	if !op.Offline || op.Stage == runbook.Checks || op.Stage == runbook.Commit {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	frozen := !r.offline.IsZero()
	since := time.Duration(0)
	if frozen {
		since = now.Sub(r.offline)
	}
	if err := r.window.allow(op, now, since, frozen); err != nil {
		return err
	}
	if !frozen {
		r.offline = now
	}
	return nil
}

// bounded ends a wait for a person when what follows would not be allowed any more.
func (r *run) bounded(ctx context.Context, op runbook.Operation) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if op.Kind == waitKind {
		if until, cause := r.window.patience(op, r.offline); cause != nil {
			return context.WithDeadlineCause(ctx, until, cause)
		}
	}
	return ctx, func() {}
}

// Operations that the run itself knows: the commit, and the wait for a person.
const (
	commitKind = "write_cut_mark"
	waitKind   = "await_continue"
)

func (r *run) isCommitted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.committed
}
