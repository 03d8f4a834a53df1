package operation

import (
	"strconv"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// SetTTL sets every $TTL of a zone's file, raises its serial by the host's own date, and sees that the server answers so. Undo puts back what each $TTL
// said, with a serial that is higher again. zone has no dot at its end.
func SetTTL(p Party, stage runbook.Stage, d declare.DNSTTL, zone, file string) runbook.Operation {
	op := on("set_ttl", p, stage, zone)
	op.Lasting = true
	seconds := strconv.Itoa(d.TTL)
	op.Args = []string{zone, file, seconds, d.Reload}
	op.Touches = []string{"file:" + file}
	op.Sentence = "set the $TTL of " + zone + " on " + p.the() + " to " + seconds + " s in " + file + ", with a higher serial, and load it"
	op.Undo = "put the previous $TTL back, with a serial that is higher again"
	reload := "rndc reload " + shell.Quote(zone) + " || systemctl reload " + shell.Quote(d.Reload)
	op.ByHand = []string{"edit $TTL and the SOA serial in " + file, shell.Quote("named-checkzone", zone, file), reload}
	op.UndoByHand = []string{"edit $TTL, as @before/ttls says, and the SOA serial in " + file, shell.Quote("named-checkzone", zone, file), reload}
	op.Estimate = loadEstimate
	return op
}
