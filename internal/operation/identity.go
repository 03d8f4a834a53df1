package operation

import (
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// KindExchangeAddress takes a host's address away under the connection over which it is done.
const KindExchangeAddress = "exchange_address"

// Exchanged are the names and addresses (without prefix lengths) that two hosts exchange, the one that serves first.
type Exchanged struct {
	Hostnames declare.Hostnames
	Addresses [2]string
}

// pairs are those texts as the host-side program reads them.
func (e Exchanged) pairs() string {
	return "name\t" + e.Hostnames.Old + "\t" + e.Hostnames.New + "\naddress\t" + e.Addresses[0] + "\t" + e.Addresses[1]
}

func (e Exchanged) words() string {
	return e.Hostnames.Old + " and " + e.Hostnames.New + ", " + e.Addresses[0] + " and " + e.Addresses[1]
}

// ExchangeAddress gives one address up and gets another one, while the other host does the opposite. First: it gives up first, and for a moment has
// none; over a boot, too, it does not have it any more. Undo exchanges them again.
func ExchangeAddress(p Party, stage runbook.Stage, give, get string, first bool) runbook.Operation {
	op := on(KindExchangeAddress, p, stage, give)
	op.Args = []string{give, get, "no"}
	op.Touches = []string{"address:" + give, "address:" + get}
	op.Sentence = "give the address " + get + " to " + p.the() + " once the other side has let it go, and announce it; then take " + give + " off it, not yet over a boot"
	op.ByHand = []string{"arping -D " + get, shell.Quote("ip", "addr", "add", get, "dev", "DEVICE"), shell.Quote("ip", "addr", "del", give, "dev", "DEVICE")}
	if first {
		op.Args[2] = "yes"
		op.Touches = append(op.Touches, "boot-address:"+give)
		op.Sentence = "take the address " + give + " off " + p.the() + "; once the other side has let it go, give it " + get + " and announce it"
		op.ByHand = []string{"at the console: " + shell.Quote("ip", "addr", "del", give, "dev", "DEVICE"), "arping -D " + get, shell.Quote("ip", "addr", "add", get, "dev", "DEVICE")}
	}
	op.Undo = "exchange them again"
	op.UndoByHand = []string{"at the console: " + shell.Quote("ip", "addr", "del", get, "dev", "DEVICE"), shell.Quote("ip", "addr", "add", give, "dev", "DEVICE"), "for the boot: the network configuration as in @before"}
	op.Estimate = exchangeEstimate
	return op
}

// SetHostname names a host, now and at boot. Undo gives it its name back.
func SetHostname(p Party, stage runbook.Stage, name string) runbook.Operation {
	op := on("set_hostname", p, stage)
	op.Lasting = true
	op.Args = []string{name}
	op.Touches = []string{"hostname", "file:/etc/hostname"}
	op.Sentence = "name " + p.the() + " " + name
	op.Undo = "give it its name back"
	op.ByHand = []string{shell.Quote("hostname", name), name + " in /etc/hostname"}
	op.UndoByHand = []string{"hostname with what is in @before/name; /etc/hostname as in @before"}
	op.Estimate = stepEstimate
	return op
}

// RewriteIdentity exchanges names and addresses in the files that globs name, but for what travelled there: below trees, and in the files of sets.
// Undo puts the files back.
func RewriteIdentity(p Party, stage runbook.Stage, globs []string, exchanged Exchanged, trees, sets []string) runbook.Operation {
	op := on("rewrite_identity", p, stage)
	op.Args = []string{strings.Join(globs, "\n"), exchanged.pairs(), strings.Join(trees, "\n"), strings.Join(sets, " ")}
	for _, glob := range globs {
		op.Touches = append(op.Touches, "file:"+glob)
	}
	op.Sentence = "exchange " + exchanged.words() + " in " + strings.Join(globs, " ") + " on " + p.the()
	if len(trees)+len(sets) > 0 {
		op.Sentence += ", but for files that came from the other side"
	}
	op.Undo = "put the files back"
	op.ByHand = []string{"an editor; each name and address as a whole word, both in one pass"}
	op.UndoByHand = []string{"the files as in @before: image.N is that of the path in path.N"}
	op.Estimate = bootEstimate
	return op
}

// SearchLeftovers tells which files below /etc, and beside those that globs name, still have what was the host's own.
func SearchLeftovers(p Party, stage runbook.Stage, globs []string, exchanged Exchanged, texts ...string) runbook.Operation {
	op := on(KindSearchLeftovers, p, stage)
	op.Args = []string{strings.Join(globs, "\n"), exchanged.pairs(), strings.Join(texts, "\n")}
	op.Sentence = "search /etc and the folders of the files with names on " + p.the() + " for " + strings.Join(texts, " and ")
	op.ByHand = []string{"grep -rwF -e " + strings.Join(texts, " -e ") + " /etc"}
	op.Estimate = scanEstimate
	return op
}

// KindSearchLeftovers finds what people are to be told of.
const KindSearchLeftovers = "search_leftovers"
