package executor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Told is what the journals on the hosts tell of a run: its operations that are done, with their beginnings since the first of them, to the second, and
// what they measured. Operations that ran on no host, such as checks, are in no journal.
func (c *Controller) Told(ctx context.Context, r Record) ([]StepResult, error) {
	done := map[string]StepResult{}
	var oldest time.Duration
	for _, host := range r.Hosts {
		text, err := c.ask(ctx, host.ID, "cmd_done", r.Run)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", r.Run, err)
		}
		for id, step := range parseSteps(text) {
			age, err := strconv.Atoi(step.Result["age"])
			if err != nil {
				return nil, fmt.Errorf("run %s: operation %s: how long ago it began is not told: %w", r.Run, id, err)
			}
			delete(step.Result, "age")
			step.Begin = -time.Duration(age) * time.Second
			oldest = min(oldest, step.Begin)
			done[id] = step
		}
	}
	expected := expectations(r.Runbook)
	var steps []StepResult
	for _, op := range r.Runbook.Operations {
		step, told := done[op.ID]
		if !told {
			continue
		}
		step.ID, step.Stage, step.Sentence, step.Offline = op.ID, string(op.Stage), op.Sentence, op.Offline
		step.Begin -= oldest
		step.Predicted = expected[op.ID]
		steps = append(steps, step)
	}
	slices.SortStableFunc(steps, func(a, b StepResult) int { return int(a.Begin - b.Begin) })
	return steps, nil
}

// Addresses are how the hosts of a record are reached, by their roles in it.
func (r Record) Addresses() []string {
	roles := map[string]string{}
	for _, op := range r.Runbook.Operations {
		if op.Host != "" {
			roles[op.Host] = op.Role
		}
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(roles)) {
		for _, host := range r.Hosts {
			if host.ID == id && len(host.Addresses) > 0 {
				out = append(out, roles[id]+": "+host.Addresses[0])
			}
		}
	}
	return out
}
