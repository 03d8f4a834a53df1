package compile

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// SSHAccess makes a key on the source and lets it in on the target.
func SSHAccess(a declare.SSHAccess) (runbook.Runbook, error) {
	source, target := pair(a.Source, a.Target)
	return finished("mail_ssh_access."+operation.Name(a.Name), []runbook.Operation{
		operation.MakeKey(source, runbook.Change, a), operation.GrantLogin(target, source, runbook.Change, a),
	})
}
