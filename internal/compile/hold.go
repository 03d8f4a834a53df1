package compile

import (
	"fmt"
	"slices"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// holdFor is how long a run waits for a person where no timer bounds it.
const holdFor = 8 * time.Hour

// waitsAt gives the stage at whose beginning a run waits, by the word of hold_before. Before the freeze it waits without timers: nothing has been
// changed that they would take back.
func waitsAt(before string) (runbook.Stage, bool) {
	stage, known := map[string]runbook.Stage{"freeze": runbook.Arm, "identity": runbook.Identity, "commit": runbook.Commit}[before]
	return stage, known
}

func holdable(c declare.Cutover) error {
	if _, known := waitsAt(c.HoldBefore); !known && c.HoldBefore != "" {
		return fmt.Errorf("%w: hold_before = %q is not one of freeze, identity and commit", ErrDeclaration, c.HoldBefore)
	}
	return nil
}

// hold puts a wait for a person before the stage that hold_before names: nothing of that stage begins before it has ended.
func (m *mover) hold() {
	stage, known := waitsAt(m.c.HoldBefore)
	if !known {
		return
	}
	wait := operation.AwaitContinue(m.target, stage, m.c.HoldBefore, holdFor)
	stages := runbook.Stages()
	at := slices.IndexFunc(m.ops, func(op runbook.Operation) bool { return slices.Index(stages, op.Stage) >= slices.Index(stages, stage) })
	wait.Offline = m.ops[at].Offline
	for i := at; i < len(m.ops) && m.ops[i].Stage == stage; i++ {
		m.ops[i].Needs = append([]string{wait.ID}, m.ops[i].Needs...)
	}
	m.ops = slices.Insert(m.ops, at, wait)
}

// holding is how long the run may wait for a person without a timer, which what is lent must outlast.
func (m *mover) holding() time.Duration {
	if m.c.HoldBefore == "freeze" {
		return holdFor
	}
	return 0
}
