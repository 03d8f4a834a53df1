package operation

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// DropSpent removes the copy of an earlier pass, which a pass in an outage leaves behind: dropping a database takes a while.
func DropSpent(p Party, stage runbook.Stage, database string) runbook.Operation {
	op := on("drop_leftovers", p, stage, database, "spent")
	op.Args = []string{database, "spent"}
	op.Touches = []string{"database:" + database}
	op.Sentence = "drop the copy of database " + database + " that an earlier pass left on " + p.the()
	op.ByHand = []string{shell.Quote("dropdb", "--if-exists", database+"__spent")}
	op.Estimate = stepEstimate
	return op
}
