package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// settleKind is the operation from which on a hop stays.
const settleKind = "settle_hop"

// inOrder takes an ordered run back: its operations in their reverse order, each on its host, but for those that belong to a hop that is settled. The
// first that cannot be taken back ends it: what comes before it would start on what is not in order.
func (r *run) inOrder(ctx context.Context, out *Outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.patience())
	defer cancel()
	r.log.Tell(progress.Event{Kind: progress.Back})
	out.Status = BackedOut
	settled, err := r.settledHops(ctx)
	open, openErr := r.openOperations(ctx)
	if err := errors.Join(err, openErr); err != nil {
		out.Status = Failed
		out.Remains = append(out.Remains, "what was done and which hops are settled cannot be told, so nothing was taken back: "+err.Error())
		return
	}
	for _, hop := range settled {
		r.c.note(hop + " was proved before the failure, and stays")
	}
	for _, op := range slices.Backward(r.book.Operations) {
		if !open[op.ID] || op.Keep || op.Hop != "" && slices.Contains(settled, op.Hop) {
			continue
		}
		h := r.hosts[op.Host]
		res, err := h.call(ctx, h.Host, remote.Command{}, "recede", r.name, r.epochs[op.Host], op.ID)
		r.noteUndone(string(res.Stdout))
		if err == nil && res.Exit == 0 {
			continue
		}
		if err == nil {
			err = hostError(res)
		}
		out.Status = Failed
		out.Remains = append(out.Remains, r.byHand(h, string(res.Stdout), err)...)
		out.Remains = append(out.Remains, "once the cause is gone, all of it at once: terraform-provider-mail rescue back-out -run "+r.name+" "+strings.Join(r.addresses(), " "))
		return
	}
}

// patience is how long going back may take: what the procedure says of itself, several times over, since nobody has measured it.
func (r *run) patience() time.Duration {
	total := r.book.Totals()
	return revertWithin + 3*(total.Contingency.Work-total.Work) + 3*total.Outage
}

// settledHops are those that the hosts' journals say are proved.
func (r *run) settledHops(ctx context.Context) ([]string, error) {
	var hops []string
	seen := map[string]bool{}
	for _, op := range r.book.Operations {
		if op.Kind != settleKind || op.Hop == "" || seen[op.Hop] {
			continue
		}
		seen[op.Hop] = true // the first of a hop is the one that counts
		text, err := r.c.ask(ctx, op.Host, "cmd_done", r.name)
		if err != nil {
			return nil, fmt.Errorf("hop %s: %w", op.Hop, err)
		}
		if _, ended := parseSteps(text)[op.ID]; ended {
			hops = append(hops, op.Hop)
		}
	}
	return hops, nil
}

// openOperations are those that the hosts' journals say were begun and not taken back, in this run or in one of its name before it.
func (r *run) openOperations(ctx context.Context) (map[string]bool, error) {
	open := map[string]bool{}
	for _, id := range r.book.Hosts() {
		text, err := r.c.ask(ctx, id, "open_of", r.name)
		if err != nil {
			return nil, err
		}
		for op := range strings.FieldsSeq(text) {
			open[op] = true
		}
	}
	return open, nil
}

// onlineLeft reports whether an ordered run has come to its last stage: the service is open, and what fails takes nothing back.
func (r *run) onlineLeft() bool {
	if !r.book.Ordered {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, op := range r.book.Operations {
		if result, ran := r.results[op.ID]; op.Stage != runbook.Jobs && (!ran || result.Error != "") {
			return false
		}
	}
	return true
}
