package compile

import (
	"fmt"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Accounts adds the accounts that the target lacks.
func Accounts(a declare.Accounts) (runbook.Runbook, error) {
	if a.UIDFrom > a.UIDTo {
		return runbook.Runbook{}, fmt.Errorf("%w: uid_range begins at %d, above its end %d", ErrDeclaration, a.UIDFrom, a.UIDTo)
	}
	source, target := pair(a.Source, a.Target)
	loan := operation.Loan{Accounts: []declare.Accounts{a}, For: loanFor}
	ops := []runbook.Operation{operation.CopyAccounts(target, source, runbook.Change, a)}
	return finished("mail_accounts."+operation.Name(a.Name), carried(a.Transport, pulled(source, target, loan, ops)))
}
