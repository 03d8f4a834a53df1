package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Cut is what the journals on the hosts say of the move by which a side serves.
type Cut struct {
	Side       string // source or target; empty where no move was ever committed
	Final      bool   // its way back was given up
	Unfinished string // its run, where nobody has brought it to its end yet; else empty
}

// Cut reads it. It changes nothing.
func (c *Controller) Cut(ctx context.Context, d declare.Cutover) (Cut, error) {
	known := newMoves()
	for _, id := range []string{d.Source, d.Target} {
		h, err := c.host(id)
		if err != nil {
			return Cut{}, err
		}
		res, err := c.inline(ctx, h, "", "look_moves", d.Name)
		if err != nil {
			return Cut{}, fmt.Errorf("read the moves of %s on %s: %w", d.Name, strings.Join(knownAddresses(h), " or "), err)
		}
		if res.Exit != 0 {
			return Cut{}, fmt.Errorf("read the moves of %s on %s: %w", d.Name, h.Address(), hostError(res))
		}
		known.read(id, string(res.Stdout))
	}
	cut := Cut{Final: known.final[known.since]}
	switch known.serves {
	case d.Source:
		cut.Side = declare.Source
	case d.Target:
		cut.Side = declare.Target
	default:
		return Cut{}, nil
	}
	_, left := known.left[known.since]
	if _, armed := known.armed[known.since]; left || armed {
		cut.Unfinished = known.since
	}
	return cut, nil
}

// Left is a committed move that was not brought to its end, as the journals tell of it, and which of its operations after the commit are not done, by their
// ids. How long nobody was served is not told.
func (c *Controller) Left(ctx context.Context, d declare.Cutover, run string) (Outcome, []string, error) {
	record, err := c.Record(ctx, d.Target, run)
	if err != nil {
		var second error
		if record, second = c.Record(ctx, d.Source, run); second != nil {
			return Outcome{}, nil, errors.Join(err, second)
		}
	}
	c.learn(record.Hosts)
	steps, err := c.Told(ctx, record)
	if err != nil {
		return Outcome{}, nil, err
	}
	digest, err := record.Runbook.Digest()
	if err != nil {
		return Outcome{}, nil, err
	}
	var left []string
	after := slices.IndexFunc(record.Runbook.Operations, func(op runbook.Operation) bool { return op.Kind == commitKind }) + 1
	for _, op := range record.Runbook.Operations[after:] {
		if !slices.ContainsFunc(steps, func(s StepResult) bool { return s.ID == op.ID }) {
			left = append(left, op.ID)
		}
	}
	out := Outcome{Run: run, Digest: digest, Status: Unsettled, Started: record.Begun, Ended: record.Begun, Steps: steps, Predicted: record.Runbook.Totals()}
	for _, step := range steps {
		if ended := record.Begun.Add(step.Begin + time.Duration(step.Seconds*float64(time.Second))); ended.After(out.Ended) {
			out.Ended = ended
		}
	}
	return out, left, nil
}
