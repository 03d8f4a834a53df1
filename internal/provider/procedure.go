package provider

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// changed is the procedure of a resource whose whole effect is one idempotent runbook: nothing where the prior declaration gives the same digest,
// unless something is unsettled or again is set.
func changed[M any, P model[M]](products *product.Catalogue, now P, prior past[M], again bool) (runbook.Runbook, error) {
	book, err := now.standing(products)
	if err != nil || prior.model == nil || prior.unsettled || again {
		return book, err
	}
	before, err := P(prior.model).standing(products)
	if err != nil {
		return book, nil //nolint:nilerr // what the state declared can no longer be compiled, so everything is done anew
	}
	same, err := sameDigest(book, before)
	if err != nil || !same {
		return book, err
	}
	return runbook.Runbook{Name: book.Name, Version: book.Version}, nil
}

func sameDigest(a, b runbook.Runbook) (bool, error) {
	x, err := a.Digest()
	if err != nil {
		return false, err
	}
	y, err := b.Digest()
	return x == y, err
}

// openPass is last_pass in a plan: unknown where a pass will run, else what it was.
func openPass(book *runbook.Runbook, exists bool, prior func() types.Object) types.Object {
	switch {
	case book != nil:
		return types.ObjectUnknown(passTypes())
	case exists:
		return prior()
	}
	return types.ObjectNull(passTypes())
}

// measuredPass is last_pass after a run: what a pass measured, or, where none ended well, what it was before.
func measuredPass(planned types.Object, exists bool, prior func() types.Object, outcome executor.Outcome) types.Object {
	if outcome.Status != executor.Settled || outcome.Run == "" {
		switch {
		case exists:
			return prior()
		case planned.IsUnknown():
			return types.ObjectNull(passTypes())
		}
		return planned
	}
	var seconds float64
	totals := map[string]int64{}
	at := outcome.Ended
	for _, step := range outcome.Steps {
		if step.Result["bytes"] == "" { // it looked only
			continue
		}
		seconds += step.Seconds
		for _, name := range []string{"files", "bytes", "deleted"} {
			if n, err := strconv.ParseInt(step.Result[name], 10, 64); err == nil {
				totals[name] += n
			}
		}
	}
	return types.ObjectValueMust(passTypes(), map[string]attr.Value{
		"at": types.StringValue(moment(at)), "seconds": types.Float64Value(seconds),
		"files": types.Int64Value(totals["files"]), "bytes": types.Int64Value(totals["bytes"]), "deleted": types.Int64Value(totals["deleted"]),
	})
}

// validHosts reports the first text that is no host's id.
func validHosts(ids ...string) error {
	for _, id := range ids {
		if err := isHostID().check(id); err != nil {
			return fmt.Errorf("import id: %q: %w", id, err)
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// clock writes a duration without the zero units that time.Duration prints.
func clock(d time.Duration) string { return d.Round(time.Second).String() }
