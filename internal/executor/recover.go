package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// cutover is the cutover that a runbook belongs to, by its options; empty for other resources.
func (r *run) cutover() string {
	if r.book.Serves == "" {
		return ""
	}
	return r.holder()
}

// recover settles what earlier runs of the cutover left, before anything new begins: a move that was not committed is taken back on all hosts, the
// target first; one that was is gone on with. It refuses to start from a side that does not serve.
func (r *run) recover(ctx context.Context) error {
	name := r.cutover()
	if name == "" {
		return nil
	}
	known, err := r.known(ctx, name)
	if err != nil {
		return err
	}
	for _, left := range known.unsettled() {
		if err := r.settleEarlier(ctx, left, known); err != nil {
			return fmt.Errorf("settle the unfinished move %s first: %w", left.run, err)
		}
	}
	if r.opts.Resume != "" && r.resumes == "" {
		return r.mayResume(ctx, known)
	}
	if r.resumes == "" {
		if err := r.endRehearsal(ctx, compile.RehearsalOf(name), known.serves); err != nil {
			return err
		}
	}
	return r.starts(known)
}

// endRehearsal takes back what a rehearsal left that was cut off, on every host but the one that serves: its message must not be delivered later, and what
// it had put on hold must. The next rehearsal would take for its own surroundings what it finds done, and leave it.
func (r *run) endRehearsal(ctx context.Context, rehearsal, serves string) error {
	for _, id := range r.backwards() {
		if id == serves {
			continue
		}
		h := r.hosts[id]
		res, err := h.call(ctx, h.Host, remote.Command{}, "revert", rehearsal, r.epochs[id])
		if err == nil && res.Exit != 0 {
			err = hostError(res)
		}
		if err != nil {
			return fmt.Errorf("take back the rehearsal %s on %s first: %w", rehearsal, h.Address(), err)
		}
	}
	return nil
}

// known reads what the hosts know of the cutover's moves.
func (r *run) known(ctx context.Context, name string) (moves, error) {
	known := newMoves()
	for _, id := range slices.Sorted(maps.Keys(r.hosts)) {
		h := r.hosts[id]
		res, err := h.call(ctx, h.Host, remote.Command{}, "moves", name, r.opts.Known)
		if err != nil {
			return known, fmt.Errorf("read the moves of %s on %s: %w", name, h.Address(), err)
		}
		if res.Exit != 0 {
			return known, fmt.Errorf("read the moves of %s on %s: %w", name, h.Address(), hostError(res))
		}
		known.read(id, string(res.Stdout))
	}
	r.newest, r.since = known.newest, known.since
	return known, nil
}

// settleEarlier brings one earlier run to its end, or makes this one go on with it.
func (r *run) settleEarlier(ctx context.Context, left leftover, known moves) error {
	latest := left.run == known.since
	switch {
	case left.run == r.opts.Resume && left.decision == "revert":
		return fmt.Errorf("%w: it is being taken back: use back-out", ErrOver)
	case left.run == r.opts.Resume && (latest || !left.committed()):
		return r.takeUp(ctx, left)
	case !left.committed():
		return r.takeBackEarlier(ctx, left.run)
	case r.book.Timer != 0 && latest && known.serves == r.book.Serves:
		return r.takeUp(ctx, left)
	}
	return r.everywhere(ctx, "finish", left.run)
}

// mayResume goes on with a run of which only what follows the timers is left; one that is about no move is simply run again.
func (r *run) mayResume(ctx context.Context, known moves) error {
	switch {
	case r.opts.Resume == known.since:
		return r.takeUp(ctx, leftover{known.since, "commit"})
	case r.book.Timer != 0:
		return fmt.Errorf("%w: run %s was taken back, or another one has followed it", ErrOver, r.opts.Resume)
	}
	return r.starts(known)
}

// backing reports whether this run takes service back by its declaration.
func (r *run) backing() bool { return r.opts.Cutover != nil && r.opts.Cutover.Active == declare.Source }

// starts compares who serves by the journals with what the runbook starts from and leads to.
func (r *run) starts(known moves) error {
	moving := r.book.Timer != 0
	switch {
	case moving && r.backing() && known.final[known.since]:
		return fmt.Errorf("%w: finalizing has begun to remove what a back-out of run %s needs, its before-images and its marks. Nothing was changed; "+
			"declare finalized = true and apply, to bring that to its end; then declare a new mail_cutover, from the host that serves now, to move the service again",
			ErrFinal, known.since)
	case r.opts.Known != "" && !known.named[r.opts.Known]:
		return fmt.Errorf("%w: the state goes by run %s, and no host has it: they are not the hosts of that run, or their journals were removed or put back to an earlier day. "+
			"Nothing was changed; look who serves, then remove the cutover from the state and import it", ErrHistory, r.opts.Known)
	case known.serves == "":
		return nil
	case moving && known.serves == r.book.Serves && r.resumes == "":
		r.reached = known.since
		return nil
	case !moving && known.serves != r.book.Serves:
		return fmt.Errorf("%w: %s serves since move %s. Nothing was changed; refresh, and look at the plan again", ErrServes, r.hosts[known.serves].Address(), known.since)
	}
	return nil
}

// everywhere calls a sub-command for a run on every host, those that would serve instead of the source first, and stops at the first that fails.
func (r *run) everywhere(ctx context.Context, sub, run string) error {
	for _, id := range r.backwards() {
		h := r.hosts[id]
		res, err := h.call(ctx, h.Host, remote.Command{}, sub, run, r.epochs[id])
		if err != nil {
			return fmt.Errorf("%s: %w", h.Address(), err)
		}
		if res.Exit != 0 {
			return fmt.Errorf("%s: %w", h.Address(), hostError(res))
		}
	}
	return nil
}

// takeUp makes this run go on with an earlier one, by the procedure that was begun.
func (r *run) takeUp(ctx context.Context, left leftover) error {
	record, err := r.earlier(ctx, left.run)
	if err != nil {
		return err
	}
	if err := sameHistory(record, r.opts.Cutover); err != nil {
		return err
	}
	r.c.learn(record.Hosts)
	if err := r.join(ctx, record.Runbook.Hosts()); err != nil {
		return err
	}
	r.resumes, r.committed, r.book, r.todo = left.run, left.committed(), record.Runbook, slices.Clone(record.Runbook.Operations)
	if left.committed() {
		mark := slices.IndexFunc(r.todo, func(op runbook.Operation) bool { return op.Kind == commitKind })
		r.todo = r.todo[mark+1:]
	}
	r.window = newWindow(r.book, r.opts)
	return nil
}

// earlier reads the record of an earlier run from the first host that has it.
func (r *run) earlier(ctx context.Context, run string) (Record, error) {
	var errs []error
	for _, id := range r.backwards() {
		record, err := r.c.Record(ctx, id, run)
		if err == nil {
			return record, nil
		}
		errs = append(errs, err)
	}
	return Record{}, errors.Join(errs...)
}
