package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func newRun(c *Controller, book runbook.Runbook, opts Options) *run {
	// What is learned on the way changes estimates of those to come.
	todo := book.Operations
	book.Operations = slices.Clone(todo)
	return &run{
		c: c, book: book, opts: opts, todo: todo, hosts: map[string]*managed{}, epochs: map[string]string{},
		log: progress.Open("", progress.Event{}), results: map[string]StepResult{}, expected: expectations(book), away: map[string]bool{}, started: time.Now(),
	}
}

// expectations are what the runbook's timetable says of each operation.
func expectations(book runbook.Runbook) map[string]Prediction {
	out := make(map[string]Prediction, len(book.Operations))
	for i, step := range book.Timetable().Steps {
		out[step.ID] = Prediction{Begin: step.Start, Takes: step.End - step.Start, Recovery: book.Operations[i].Recovery}
	}
	return out
}

// begin finds the hosts, locks them, and lays the runbook's sheet on each.
func (r *run) begin(ctx context.Context) error {
	r.name = r.book.Name
	if err := r.join(ctx, r.book.Hosts()); err != nil {
		return err
	}
	number := 0
	for id, epoch := range r.epochs {
		n, err := strconv.Atoi(epoch)
		if err != nil {
			return fmt.Errorf("lock %s: not an epoch: %q", r.hosts[id].Address(), epoch)
		}
		number = max(number, n)
	}
	if err := r.recover(ctx); err != nil || r.reached != "" {
		return err
	}
	if r.resumes == "" && r.book.Hold {
		// The epoch alone would not do: a host that was set up anew, or another one in its place, begins to count anew, and the newest cut mark says who serves.
		r.name = r.book.Name + "." + strconv.Itoa(max(number, r.newest+1))
	}
	if compile.IsFinalize(r.book.Name) && r.since != "" {
		r.name = compile.FinalizeOf(r.since)
	}
	if r.resumes != "" {
		r.name = r.resumes
		if err := errors.Join(r.goOn(ctx), r.secretsGiven()); err != nil {
			return err
		}
	}
	lease, err := remote.NewLease("")
	if err != nil {
		return err
	}
	r.lease = lease
	return r.layOut(ctx)
}

// join connects to hosts and locks them, all in the same order, so that two runs cannot each hold what the other waits for.
func (r *run) join(ctx context.Context, ids []string) error {
	fresh := map[string]*managed{}
	for _, id := range ids {
		if r.hosts[id] != nil {
			continue
		}
		h, err := r.c.host(id)
		if err != nil {
			return err
		}
		if err := h.Connect(ctx); err != nil {
			return err
		}
		fresh[id] = h
	}
	for _, id := range slices.Sorted(maps.Keys(fresh)) {
		epoch, err := r.c.lock(ctx, fresh[id], r.claim(), r.why())
		if err != nil {
			return err
		}
		r.hosts[id], r.epochs[id] = fresh[id], epoch
	}
	return nil
}

// why tells others what the lock is held for.
func (r *run) why() string {
	what := "changes what " + r.opts.Resource + " declares"
	switch {
	case r.opts.Resource == "":
		what = "runs " + r.book.Name
	case r.book.Rehearsal:
		what = "rehearses " + r.opts.Resource
	case r.book.Timer != 0:
		what = "moves the service of " + r.opts.Resource
	}
	if r.c.config.Caller != "" {
		return r.c.config.Caller + " " + what
	}
	return what
}

// layOut puts the record and the sheet of the runbook on each host. A run that is gone on with keeps its own.
func (r *run) layOut(ctx context.Context) error {
	if r.resumes != "" {
		return nil
	}
	record, err := r.record()
	if err != nil {
		return err
	}
	for id, h := range r.hosts {
		for sub, text := range map[string]string{"record": string(record), "prepare": operation.Sheet(r.book, id, r.holder())} {
			res, err := h.call(ctx, h.Host, remote.Command{Stdin: strings.NewReader(text)}, sub, r.name)
			if err != nil {
				return fmt.Errorf("%s run %s on %s: %w", sub, r.name, h.Address(), err)
			}
			if res.Exit != 0 {
				return fmt.Errorf("%s run %s on %s: %w", sub, r.name, h.Address(), hostError(res))
			}
		}
	}
	return nil
}

// secretsGiven sees before anything is changed that no operation will lack its password.
func (r *run) secretsGiven() error {
	for _, op := range r.todo {
		if op.Pull == nil || op.Pull.Secret == "" {
			continue
		}
		if _, given := r.opts.Secrets[op.Pull.Secret]; !given {
			return fmt.Errorf("operation %s needs the password of %s, and none is given", op.ID, op.Pull.Secret)
		}
	}
	return nil
}

// holder is the cutover on whose behalf the run may change what that cutover holds.
func (r *run) holder() string {
	name, ok := strings.CutPrefix(r.opts.Resource, "mail_cutover.")
	if !ok {
		return ""
	}
	return name
}

// claim names the run in the lock: everything that a cutover does goes under its one name, so that the next apply takes over what the last one left.
func (r *run) claim() string {
	if name := r.cutover(); name != "" {
		return name
	}
	return r.book.Name
}

// end gives the locks and the lent key up.
func (r *run) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	errs = append(errs, r.endRelays())
	r.dialed.Wait()
	if r.fresh != nil {
		errs = append(errs, r.fresh.Close())
	}
	for id := range r.epochs {
		h, ok := r.hosts[id]
		if !ok {
			continue
		}
		if err := r.c.unlock(ctx, h, r.claim()); err != nil && !errors.Is(err, remote.ErrUnreachable) {
			errs = append(errs, err)
		}
		if r.lease.Agent() != nil {
			errs = append(errs, h.Forget(r.lease.Agent()))
		}
	}
	return errors.Join(errs...)
}
