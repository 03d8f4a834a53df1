//go:build lab

package acceptance_test

import (
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func opsAccess() declare.SSHAccess {
	return declare.SSHAccess{Name: "ops", Command: declare.Rsync, Paths: []string{"/srv/ops/"}, ExpiresAfter: time.Hour, PermitRootLogin: "yes"}
}

func netSpecimens() map[string]specimen {
	return map[string]specimen{
		"grant_login": {make: func(a, b operation.Party) []runbook.Operation {
			return []runbook.Operation{operation.MakeKey(a, change, opsAccess()), operation.GrantLogin(b, a, change, opsAccess())}
		}},
		"make_key": {make: func(a, _ operation.Party) []runbook.Operation { return one(operation.MakeKey(a, change, opsAccess())) }, silent: true},
		"set_ttl": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.SetTTL(b, change, declare.DNSTTL{TTL: 300, Reload: "named"}, "odd.test", "/var/lib/bind/odd zone.test"))
		}, before: nameServer, silent: true, after: "grep -q 'TTL 1h.*an hour' '/var/lib/bind/odd zone.test'; [ \"$(dig +short @127.0.0.1 odd.test SOA | cut -d' ' -f3)\" -gt 2026010102 ]; systemctl stop named"},
		"start_job": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.StartJob(b, change, declare.DetachedJob{Name: "ops", Host: b.ID, Command: []string{"sleep", "4711"}}))
		}, before: "! pgrep -f 'sleep 4711'", silent: true, after: "! pgrep -f 'sleep 4711'"},
	}
}
