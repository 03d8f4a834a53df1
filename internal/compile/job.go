package compile

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Job starts a detached command, and waits for it where that is declared.
func Job(j declare.DetachedJob) (runbook.Runbook, error) {
	p := operation.Party{ID: j.Host, Role: "host"}
	return finished("mail_job."+operation.Name(j.Name), []runbook.Operation{operation.StartJob(p, runbook.Change, j)})
}
