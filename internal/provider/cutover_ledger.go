package provider

import (
	"maps"
	"slices"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// account takes over a run's ledger: a move's replaces the one before, what a mend or the end swept is added to it.
func (m *cutoverModel) account(prior *cutoverModel, ledger map[string]string) {
	if len(ledger) == 0 {
		return
	}
	all := map[string]string{}
	if prior != nil && m.Active.Equal(prior.Active) {
		var read reader
		maps.Copy(all, read.textMap("ledger", prior.Ledger))
	}
	maps.Copy(all, ledger)
	m.Ledger = stringMap(all)
}

// sweeps reports whether a runbook may add to the ledger of the move before it.
func sweeps(book runbook.Runbook) bool {
	return slices.ContainsFunc(book.Operations, func(op runbook.Operation) bool { return op.Kind == "take_late" || op.Kind == "copy_queue" })
}
