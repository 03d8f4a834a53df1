package operation

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// SwitchService runs the commands that lead clients to the declared target, or, unless there, back to the declared source. Undo runs the opposite one.
func SwitchService(p Party, stage runbook.Stage, s declare.Switch, there bool) runbook.Operation {
	op := on("switch_service", p, stage)
	op.Lasting = true
	do, undo, state := shell.Quote(s.Do...), shell.Quote(s.Undo...), "there"
	if !there {
		do, undo, state = undo, do, "back"
	}
	op.Args = []string{do, undo, shell.Quote(s.Probe...), state}
	op.Touches = []string{"identity"}
	op.Sentence = "lead clients over by running " + do + " on " + p.the()
	op.Undo = "run " + undo
	op.ByHand = []string{do}
	op.UndoByHand = []string{undo}
	op.Estimate = bootEstimate
	return op
}
