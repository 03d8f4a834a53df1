package compile_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Whatever fails after the commit is done by the next apply: by going on with the move, or because it is looked at all the time, or as a mend.
func TestNothingAfterTheCommitIsForgotten(t *testing.T) {
	t.Parallel()
	for name, active := range map[string]string{"there": declare.Target, "back": declare.Source} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sampleCutover()
			c.Active = active
			move := must(t, func() (runbook.Runbook, error) {
				if active == declare.Source {
					return compile.Move(c.Reversed())
				}
				return compile.Move(c)
			})
			mark := slices.IndexFunc(move.Operations, func(op runbook.Operation) bool { return op.Kind == "write_cut_mark" })
			for i, op := range move.Operations[mark+1:] {
				var all []string // a controller that was lost leaves all that came later
				for _, later := range move.Operations[mark+1+i:] {
					all = append(all, later.ID)
				}
				must(t, func() (runbook.Runbook, error) { return compile.Rest(c, all) })
				left := []string{op.ID}
				rest := must(t, func() (runbook.Runbook, error) { return compile.Rest(c, left) })
				mend := must(t, func() (runbook.Runbook, error) { return compile.Mend(c, left) })
				if rest.Empty() && mend.Empty() {
					t.Errorf("%s would be left undone", op.ID)
				}
				if !rest.Empty() && (!compile.IsRest(rest) || !rest.Stays || rest.Serves != move.Serves) {
					t.Errorf("%s: %+v", op.ID, rest)
				}
			}
		})
	}
}

// What is left goes in the move's order.
func TestRestKeepsItsOrder(t *testing.T) {
	t.Parallel()
	rest := must(t, func() (runbook.Runbook, error) {
		return compile.Rest(sampleCutover(), []string{"close_access.source", "retire_queue.source", "disarm_timer.target"})
	})
	var got []string
	for _, op := range rest.Operations {
		got = append(got, op.ID)
	}
	if diff := cmp.Diff([]string{"disarm_timer.target", "retire_queue.source", "close_access.source"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func must(t *testing.T, make func() (runbook.Runbook, error)) runbook.Runbook {
	t.Helper()
	r, err := make()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
