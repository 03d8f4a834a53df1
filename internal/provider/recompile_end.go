package provider

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// parting says from values alone what destroying a resource does that is destroyed in a way of its own.
type parting interface {
	parting(products *product.Catalogue) (plan.Procedure, error)
}

// recompileEnd is what destroying a resource does: the undo of what holds while it is declared, as far as it was done.
func (l *lifecycle[M, P]) recompileEnd(products *product.Catalogue, before *M) plan.Procedure {
	if before == nil {
		return plan.Procedure{Note: "the plan does not show what is to be destroyed"}
	}
	p := P(before)
	switch {
	case held(p.base().Status):
		return plan.Procedure{Known: true, Note: "a cutover governs it: it is forgotten, nothing is done on hosts"}
	case p.leave():
		return plan.Procedure{Known: true, Note: "is forgotten, as it declares; nothing is done on hosts"}
	}
	out, err := endOf(products, p)
	if err != nil {
		return plan.Procedure{Note: "no procedure can be made of it: " + err.Error()}
	}
	if digest, err := out.Book.Digest(); err == nil && !out.Book.Empty() {
		out.Digest = digest
	}
	return out
}

func endOf[M any, P model[M]](products *product.Catalogue, p P) (plan.Procedure, error) {
	if own, ok := any(p).(parting); ok {
		return own.parting(products)
	}
	if _, own := any(p).(destroyer); own {
		return plan.Procedure{Note: "is destroyed in a way of its own, which the plan does not tell"}, nil
	}
	book, err := p.standing(products)
	return plan.Procedure{Book: book, Undoes: true, Known: true, Note: "as far as the journals on the hosts say that it was done"}, err
}

var (
	_ parting    = (*cutoverModel)(nil)
	_ parting    = (*dumpModel)(nil)
	_ linted     = (*cutoverModel)(nil)
	_ predicting = (*cutoverModel)(nil)
	_ bounded    = (*cutoverModel)(nil)
)

// parting implements parting: the other way of [cutoverModel.destroy].
func (m *cutoverModel) parting(products *product.Catalogue) (plan.Procedure, error) {
	if diags := m.refuse(); diags.HasError() {
		return plan.Procedure{Known: true, Note: "will be refused: " + diags.Errors()[0].Detail()}, nil
	}
	c, err := m.declaration(products)
	if err != nil {
		return plan.Procedure{}, err
	}
	if m.moved() {
		c.Active = declare.Source
		c.Measured = measuredBefore(m.LastRun, nil)
		book, err := moveTo(c)
		return plan.Procedure{Book: book, Known: true, Note: "service goes back to the source, then the cutover is forgotten"}, err
	}
	if runOf(m.LastRun) == "" {
		return plan.Procedure{Known: true, Note: "is forgotten; no run has left anything on hosts"}, nil
	}
	if unfinished(m.Status) {
		book, err := compile.Move(c)
		return plan.Procedure{Book: book, Undoes: true, Known: true, Note: "the unfinished run is taken back, as far as the journals on the hosts say that it was done"}, err
	}
	book, err := compile.Finalize(c)
	return plan.Procedure{Book: book, Known: true, Note: "what finished runs left is dropped"}, err
}

// parting implements parting: databases stay, what passes left beside them goes.
func (m *dumpModel) parting(*product.Catalogue) (plan.Procedure, error) {
	var read reader
	declared := read.dump(m.dumpParts)
	if err := read.err(); err != nil {
		return plan.Procedure{}, err
	}
	book, err := compile.DumpEnd(declared)
	return plan.Procedure{Book: book, Known: true, Note: "the databases stay"}, err
}

// lint implements linted, with what planning says as warnings.
func (m *cutoverModel) lint(products *product.Catalogue, book runbook.Runbook) []compile.Finding {
	c, err := m.declaration(products)
	if err != nil {
		return nil
	}
	switch {
	case compile.IsRehearsal(book.Name):
		return compile.LintRehearsal(c)
	case compile.IsFinalize(book.Name) || book.Timer == 0:
		return nil
	}
	return compile.Lint(book, c)
}

// predicted implements predicting.
func (m *cutoverModel) predicted() types.String { return m.PredictedOutage }

// budget implements bounded.
func (m *cutoverModel) budget() time.Duration {
	var read reader
	return read.duration("window.outage_budget", object[windowModel](&read, "window", m.Window).OutageBudget)
}
