//go:build lab

package acceptance_test

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func netSpecimens() map[string]specimen {
	return map[string]specimen{
		"start_job": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.StartJob(b, change, declare.DetachedJob{Name: "ops", Host: b.ID, Command: []string{"sleep", "4711"}}))
		}, before: "! pgrep -f 'sleep 4711'", silent: true, after: "! pgrep -f 'sleep 4711'"},
	}
}
