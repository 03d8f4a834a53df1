package operation

import (
	"strconv"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// AwaitContinue waits before a stage until a person says continue. before is the word by which the stage is known; limit bounds the wait where no
// timer does.
func AwaitContinue(p Party, stage runbook.Stage, before string, limit time.Duration) runbook.Operation {
	op := on("await_continue", p, stage, before)
	op.Args = []string{before, strconv.Itoa(int(limit.Seconds()))}
	op.Touches = []string{"wait"}
	op.Sentence = "wait before the " + before + " stage for `terraform-provider-mail rescue continue`, given for " + p.the() +
		"; what is not continued before the timers' deadline is taken back"
	if before == "freeze" {
		op.Sentence = "wait before the freeze, while the other side serves, for `terraform-provider-mail rescue continue`, given for " + p.the() +
			"; what is not continued within " + limit.String() + " is given up"
	}
	op.ByHand = []string{"nothing: look, and decide"}
	op.Estimate = stepEstimate // how long a person takes is not for a prediction
	return op
}
