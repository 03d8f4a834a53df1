package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// revertWithin bounds taking one host back.
const revertWithin = 10 * time.Minute

// settle decides what a run's end means, and takes back what must be taken back.
func (r *run) settle(ctx context.Context, out *Outcome, err error) {
	switch {
	case r.book.Rehearsal && !errors.Is(err, ErrHeld):
		r.takeBack(ctx, out, "revert")
		if err == nil && out.Status == BackedOut {
			out.Status = Settled
		}
	case err == nil:
		out.Status = Settled
	case r.isCommitted():
		out.Status = Unsettled
		out.Remains = append(out.Remains, "the move is committed; the next apply repeats: "+err.Error())
	case r.onlineLeft():
		out.Status = Unsettled
		out.Remains = append(out.Remains, "the service is open; the next apply repeats: "+err.Error())
	case errors.Is(err, ErrHeld) && r.book.Timer == 0:
		out.Status = Held
		out.Hold = err.Error()
		r.takeBack(ctx, out, "revert")
		out.Status = Held
	case (r.opts.OnFailure == "halt" || r.book.Stays) && r.book.Timer == 0:
		out.Status = Halted
		out.Remains = append(out.Remains, "stopped where it failed; what was done stays, and the next apply goes on from there")
		r.closeLoans(ctx, out)
	case r.opts.OnFailure == "halt":
		out.Status = Halted
		out.Remains = append(out.Remains, "stopped where it failed; armed timers take it back when their deadline passes")
	default:
		r.takeBack(ctx, out, "revert")
	}
}

// closeLoans takes the leased key's access back; no timer would before it expires.
func (r *run) closeLoans(ctx context.Context, out *Outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for _, op := range r.book.Operations {
		if _, ran := r.results[op.ID]; op.Kind != "open_access" || !ran {
			continue
		}
		h := r.hosts[op.Host]
		res, err := h.call(ctx, h.Host, remote.Command{}, "undo", r.name, r.epochs[op.Host], op.ID)
		if err == nil && res.Exit != 0 {
			err = hostError(res)
		}
		if err != nil {
			out.Remains = append(out.Remains, r.byHand(h, "failed "+op.ID, err)...)
		}
	}
}

// takeBack undoes the run on every host: first on those that would serve instead, the source last. As "revert" that is what this run did, as "retract"
// what earlier ones of its name did, too.
func (r *run) takeBack(ctx context.Context, out *Outcome, as string) {
	if r.book.Ordered {
		r.inOrder(ctx, out)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revertWithin)
	defer cancel()
	r.log.Tell(progress.Event{Kind: progress.Back})
	out.Status = BackedOut
	r.hasten(ctx)
	for _, id := range r.backwards() {
		h := r.hosts[id]
		res, err := h.call(ctx, h.Host, remote.Command{}, as, r.name, r.epochs[id])
		r.noteUndone(string(res.Stdout))
		if err == nil && res.Exit == 0 {
			continue
		}
		if err == nil && res.Exit == exitRefused {
			out.Status = Unsettled
			out.Remains = append(out.Remains, "the move is committed on "+h.Address()+"; the next apply brings it to its end")
			return
		}
		if err == nil {
			err = hostError(res)
		}
		out.Status = Failed
		out.Remains = append(out.Remains, r.byHand(h, string(res.Stdout), err)...)
		if r.book.Timer != 0 {
			// The other side must not be taken back while nobody knows how this one stands: its own timer asks it.
			out.Remains = append(out.Remains, r.untouched(id)...)
			break
		}
	}
	if out.Status == Failed {
		out.Remains = append(out.Remains, "once the cause is gone, all of it at once: terraform-provider-mail rescue back-out "+strings.Join(r.addresses(), " "))
	}
}

// takeBackEarlier takes an earlier run of the cutover back, which its controller has left.
func (r *run) takeBackEarlier(ctx context.Context, name string) error {
	record, err := r.earlier(ctx, name)
	if err != nil {
		// This run's own procedure may have the sides exchanged: by it, the side that serves could be taken back first.
		return fmt.Errorf("in which order its hosts are taken back is not known, so nothing was changed: %w. Use the version of the provider that began it", err)
	}
	r.c.learn(record.Hosts)
	if err := r.join(ctx, record.Runbook.Hosts()); err != nil {
		return err
	}
	earlier := newRun(r.c, record.Runbook, r.opts)
	earlier.name, earlier.hosts, earlier.epochs = name, r.hosts, r.epochs
	var out Outcome
	earlier.takeBack(ctx, &out, "revert")
	if out.Status != BackedOut {
		return fmt.Errorf("%w: undo of %s: %s", ErrOperation, name, strings.Join(out.Remains, "; "))
	}
	return earlier.close(ctx, out.Status)
}

// backwards lists the hosts in the order in which they are taken back: what would serve instead, the source, and those from which only checks were made:
// they must not keep the others from being taken back when they are away.
func (r *run) backwards() []string {
	var first, source, last []string
	for _, id := range r.book.Hosts() {
		role, checks := "", true
		for _, op := range slices.Backward(r.book.Operations) {
			if op.Host == id {
				role = op.Role
				checks = checks && (op.Kind == "open_passage" || op.Kind == "close_passage")
			}
		}
		switch {
		case role == declare.Source:
			source = append(source, id)
		case role != "" && checks:
			last = append(last, id)
		default:
			first = append(first, id)
		}
	}
	return slices.Concat(first, source, last)
}

func (r *run) noteUndone(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(text) {
		id, ok := strings.CutPrefix(strings.TrimSpace(line), "undone ")
		if !ok {
			continue
		}
		if result, there := r.results[id]; there {
			result.Undone = true
			r.results[id] = result
		}
	}
}

// steps lists what was run, in the runbook's order.
func (r *run) steps() []StepResult {
	var steps []StepResult
	for _, op := range r.book.Operations {
		if result, ok := r.results[op.ID]; ok {
			steps = append(steps, result)
		}
	}
	return steps
}

// ledger is the account of what travelled, from the operations that counted it.
func (r *run) ledger() map[string]string {
	ledger := map[string]string{}
	for _, op := range r.book.Operations {
		result := r.results[op.ID].Result
		switch {
		case len(result) == 0:
		case op.Kind == "sync_tree" && op.Stage == runbook.Cold:
			ledger["tree:"+op.Args[1]] = result["files"] + " files sent in the outage, not compared"
		case op.Kind == "compare_tree":
			ledger["tree:"+op.Args[1]] = result["entries"] + " entries, " + result["bytes"] + " bytes, no difference"
		case op.Kind == "restore_database":
			ledger["database:"+op.Args[0]] = result["tables"] + " tables and sequences, " + result["rows"] + " rows, no difference"
		case op.Kind == "copy_queue":
			ledger["queue"] = result["messages"] + " undelivered messages taken along"
		case op.Kind == "keep_account":
			ledger["account"] = "came while the other side served: " + result["account"]
		case op.Kind == "take_late" && result["messages"] != "0":
			if op.Args[2] != "" {
				ledger["messages"] = result["messages"] + " messages carried back: " + result["mailboxes"]
				continue
			}
			ledger["late"] = result["messages"] + " messages swept from the other side: " + result["mailboxes"]
		}
	}
	return ledger
}

// outage runs from the first offline operation to the end of the last one (the fence of the target), or of taking back.
func (r *run) outage() time.Duration {
	first, last := time.Duration(-1), time.Duration(0)
	for _, op := range r.book.Operations {
		result, ok := r.results[op.ID]
		if !ok || !op.Offline {
			continue
		}
		if first < 0 || result.Begin < first {
			first = result.Begin
		}
		last = max(last, result.Begin+time.Duration(result.Seconds*float64(time.Second)))
	}
	switch {
	case first < 0:
		return 0
	case !r.isCommitted() && r.book.Timer != 0:
		return time.Since(r.started) - first
	}
	return last - first
}

// Undo takes back what a run of this runbook did, by the journal on the hosts. It may be called again; hosts that know nothing of it are left alone.
func (c *Controller) Undo(ctx context.Context, book runbook.Runbook, name string, opts Options) (Outcome, error) {
	r := newRun(c, book, opts)
	r.name = name
	out := Outcome{Run: name, Started: r.started}
	if name == "" {
		name, r.name = book.Name, book.Name
	}
	if err := r.join(ctx, book.Hosts()); err != nil {
		out.Status = Failed
		return out, errors.Join(err, r.end(ctx))
	}
	r.log = r.told(nil, runbook.Totals{})
	r.takeBack(ctx, &out, "retract")
	r.log.Close(string(out.Status))
	out.Ended = time.Now()
	err := errors.Join(r.close(ctx, out.Status), r.end(ctx))
	out.Notes = r.c.taken()
	if out.Status == Failed {
		return out, errors.Join(fmt.Errorf("%w: undo of %s: %s", ErrOperation, name, strings.Join(out.Remains, "; ")), err)
	}
	return out, err
}
