package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Serving looks who answers clients: a side serves when its services run and the service address is there.
func (c *Controller) Serving(ctx context.Context, d declare.Cutover) (Serving, error) {
	serves := map[string]bool{}
	var details []string
	for _, side := range []string{declare.Source, declare.Target} {
		as := d
		as.Active = side
		book, err := compile.Standing(as)
		if err != nil {
			return Serving{}, err
		}
		book.Operations = slices.DeleteFunc(book.Operations, func(op runbook.Operation) bool {
			return op.Role != side || op.Kind != "start_service" && op.Kind != "take_address"
		})
		seen := c.Probe(ctx, book, "mail_cutover."+d.Name)
		if seen.Err != nil {
			return Serving{}, seen.Err
		}
		if seen.Status == Held {
			return Serving{}, fmt.Errorf("%w: %s", ErrHeld, seen.Hold)
		}
		serves[side] = len(seen.Drift) == 0
		for _, difference := range seen.Drift {
			details = append(details, side+": "+difference.Sentence)
		}
	}
	detail := strings.Join(details, "; ")
	switch {
	case serves[declare.Source] && serves[declare.Target]:
		return Serving{"both", detail}, nil
	case serves[declare.Source]:
		return Serving{declare.Source, detail}, nil
	case serves[declare.Target]:
		return Serving{declare.Target, detail}, nil
	}
	return Serving{"none", detail}, nil
}
