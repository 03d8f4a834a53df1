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

func opsExchanged() operation.Exchanged {
	return operation.Exchanged{Hostnames: declare.Hostnames{Old: "new", New: "odd"}, Addresses: [2]string{"10.99.0.77", "10.99.0.78"}}
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
		"set_hostname": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.SetHostname(b, change, "odd.lab.test"))
		}},
		"rewrite_identity": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.RewriteIdentity(b, change, []string{"/etc/ops.conf"}, opsExchanged(), nil, nil))
		}},
		"search_leftovers": {}, // it looks
		"switch_service": {make: func(_, b operation.Party) []runbook.Operation {
			const there = "/etc/ops-switched"
			return one(operation.SwitchService(b, change, declare.Switch{Do: []string{"touch", there}, Undo: []string{"rm", there}, Probe: []string{"test", "-e", there}}, true))
		}},
		"exchange_address": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.ExchangeAddress(b, change, "10.99.0.77/24", "10.99.0.78/24", true))
		}, before: "ip addr add 10.99.0.77/24 dev eth0", after: "ip addr del 10.99.0.77/24 dev eth0"},
		"start_job": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.StartJob(b, change, declare.DetachedJob{Name: "ops", Host: b.ID, Command: []string{"sleep", "4711"}}))
		}, before: "! pgrep -f 'sleep 4711'", silent: true, after: "! pgrep -f 'sleep 4711'"},
	}
}
