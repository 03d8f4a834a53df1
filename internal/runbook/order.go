package runbook

import (
	"errors"
	"fmt"
	"slices"
)

// ErrOrder is wrapped by every fault of a runbook's shape.
var ErrOrder = errors.New("runbook cannot be ordered")

// Validate checks that ids are unique, needs are known and come earlier, and stages do not run backwards.
func (r Runbook) Validate() error {
	stages := Stages()
	seen := make(map[string]bool, len(r.Operations))
	last := 0
	for _, op := range r.Operations {
		if op.ID == "" || op.Kind == "" || op.Sentence == "" {
			return fmt.Errorf("%w: operation %q (%s) lacks an id, a kind or a sentence", ErrOrder, op.ID, op.Kind)
		}
		if seen[op.ID] {
			return fmt.Errorf("%w: operation %s is there twice", ErrOrder, op.ID)
		}
		for _, need := range op.Needs {
			if !seen[need] {
				return fmt.Errorf("%w: operation %s needs %s, which does not come before it", ErrOrder, op.ID, need)
			}
		}
		at := slices.Index(stages, op.Stage)
		if at < 0 {
			return fmt.Errorf("%w: operation %s is in the unknown stage %q", ErrOrder, op.ID, op.Stage)
		}
		if at < last {
			return fmt.Errorf("%w: operation %s of stage %s comes after stage %s", ErrOrder, op.ID, op.Stage, stages[last])
		}
		last = at
		seen[op.ID] = true
	}
	return nil
}

// Waits gives for each operation the ids that must have ended before it may begin: its needs, everything of earlier stages, and earlier
// operations that touch the same thing on the same host.
func (r Runbook) Waits() map[string][]string {
	waits := make(map[string][]string, len(r.Operations))
	for i, op := range r.Operations {
		var ids []string
		for _, before := range r.Operations[:i] {
			if before.Stage != op.Stage || slices.Contains(op.Needs, before.ID) || conflict(before, op) {
				ids = append(ids, before.ID)
			}
		}
		waits[op.ID] = ids
	}
	return waits
}

func conflict(a, b Operation) bool {
	if a.Host != b.Host {
		return false
	}
	for _, t := range a.Touches {
		if slices.Contains(b.Touches, t) {
			return true
		}
	}
	return false
}
