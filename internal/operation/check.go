package operation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// CheckService probes the service; it runs on the controller (or, by its own words, from another host) and changes nothing on any host. from is the
// party of c.From.
func CheckService(stage runbook.Stage, c declare.Check, from Party) (runbook.Operation, error) {
	spec, err := json.Marshal(c)
	if err != nil {
		return runbook.Operation{}, fmt.Errorf("check %s: %w", c.Name, err)
	}
	op := on("check_service", Party{Role: "controller"}, stage, c.Name)
	op.Args = []string{string(spec)}
	op.Sentence = "check " + c.Name + ": " + c.Kind + " at " + c.Address
	op.ByHand = []string{c.Kind + " " + c.Address}
	if c.Kind == "command" {
		op.Sentence = "check " + c.Name + ": run " + shell.Quote(c.Command...)
		op.ByHand = []string{shell.Quote(c.Command...)}
	}
	if len(c.Own) > 0 {
		op.Sentence += ", with the target's own address in place of " + strings.Join(c.Own, " and ")
	}
	if c.From != "" {
		op.Sentence += ", from " + from.the()
	}
	if c.Expect != "" {
		op.Sentence += ", expecting " + c.Expect
	}
	if c.Refused {
		op.Sentence += ", to be refused"
	}
	op.Estimate = stepEstimate
	return op, nil
}
