package compile

import (
	"maps"
	"slices"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// DNSTTL sets the TTL of zones, one operation each.
func DNSTTL(d declare.DNSTTL) (runbook.Runbook, error) {
	p := operation.Party{ID: d.Host, Role: "host"}
	var ops []runbook.Operation
	for _, zone := range slices.Sorted(maps.Keys(d.Zones)) {
		ops = append(ops, operation.SetTTL(p, runbook.Change, d, zone, d.Zones[zone]))
	}
	return finished("mail_dns_ttl."+operation.Name(d.Name), ops)
}
