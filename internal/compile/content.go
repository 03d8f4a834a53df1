package compile

import (
	"slices"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// frozenTree makes an operation that compares a tree of the side that serves with that of the one that is frozen, or mends it.
type frozenTree func(p, from operation.Party, stage runbook.Stage, s declare.Sync, t operation.Tree) runbook.Operation

// settleContents compares contents once more when the service is open again, and by then in nobody's way. A difference is drift; Mend mends it.
// Where not everything went back as it is, there is nothing to compare.
func (m *mover) settleContents() {
	if !m.c.Exact() {
		return
	}
	m.frozen(m.target, m.source, runbook.Jobs, m.c.Syncs, operation.CompareFrozen, func(runbook.Operation) bool { return true })
}

// mendContents mends what settleContents found, by the ids of its operations.
func (m *mover) mendContents(serving, passive operation.Party, drifted []string) {
	syncs := m.c.Syncs
	if m.c.Active == declare.Source {
		syncs = m.c.Reversed().Syncs
	}
	var measures []string
	for _, id := range drifted {
		measures = append(measures, runbook.MeasureOf(id))
	}
	m.frozen(serving, passive, runbook.Change, syncs, operation.MendTree, func(op runbook.Operation) bool {
		return slices.Contains(measures, op.Measure())
	})
}

// frozen makes one operation of each tree whose comparison is wanted, under a loan of its own: the move's has ended.
func (m *mover) frozen(serving, passive operation.Party, stage runbook.Stage, syncs []declare.Sync, make frozenTree, want func(comparison runbook.Operation) bool) {
	loan := operation.Loan{Trees: map[string]string{}, For: loanFor}
	var ops []runbook.Operation
	for _, s := range syncs {
		for _, t := range operation.Trees(s) {
			if s.Verify == operation.VerifyNone || !want(operation.CompareFrozen(serving, passive, stage, s, t)) {
				continue
			}
			loan.Trees[t.Module] = t.From
			ops = append(ops, make(serving, passive, stage, s, t))
		}
	}
	if len(ops) == 0 {
		return
	}
	for _, op := range pulledIn(stage, passive, serving, loan, ops) {
		if op.Kind == "open_access" || op.Kind == "close_channel" || op.Kind == "close_access" {
			op.ID += ".contents"
		}
		for i, need := range op.Needs {
			if !slices.ContainsFunc(ops, func(other runbook.Operation) bool { return other.ID == need }) {
				op.Needs[i] = need + ".contents"
			}
		}
		m.add(op)
	}
}
