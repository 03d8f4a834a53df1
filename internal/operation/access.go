package operation

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Loan is what a leased key may read on the source.
type Loan struct {
	Trees     map[string]string // module => path; "@run/…" is below the run's own folder
	Databases []string
	Files     []string // globs
	Accounts  []declare.Accounts
	For       time.Duration
}

func (l Loan) modules() string {
	lines := make([]string, 0, len(l.Trees))
	for _, module := range sortedKeys(l.Trees) {
		lines = append(lines, module+" "+l.Trees[module])
	}
	return strings.Join(lines, "\n")
}

// OpenAccess lets the run's leased key read what the loan says, and nothing else, until it expires on the host.
func OpenAccess(p Party, reader Party, stage runbook.Stage, l Loan) runbook.Operation {
	op := on("open_access", p, stage)
	op.Args = []string{strconv.Itoa(int(l.For.Seconds())), l.modules(), strings.Join(l.Databases, "\n"), strings.Join(l.Files, "\n")}
	if len(l.Accounts) > 0 {
		op.Args = append(op.Args, lentAccounts(l.Accounts))
	}
	op.Touches = []string{"access"}
	op.Pull = &runbook.Pull{From: reader.ID, Grants: true}
	op.Sentence = "let " + reader.the() + " read what travels from " + p.the() + ", by a key that expires there after " + l.For.String()
	op.Undo = "close it"
	op.ByHand = []string{"authorized_keys: restrict,from=…,expiry-time=…,command=…"}
	op.UndoByHand = []string{"authorized_keys: take the line out that ends in terraform-provider-mail:@run"}
	op.Renew = true
	op.Estimate = stepEstimate
	return op
}

// CloseAccess ends the loan before it expires.
func CloseAccess(p Party, stage runbook.Stage) runbook.Operation {
	op := on("close_access", p, stage)
	op.Touches = []string{"access"}
	op.Sentence = "close the access to " + p.the()
	op.ByHand = []string{"authorized_keys: take the line out"}
	op.Estimate = stepEstimate
	return op
}

// CloseChannel ends the target's connection to the source.
func CloseChannel(p Party, stage runbook.Stage) runbook.Operation {
	op := on("close_channel", p, stage)
	op.Sentence = "end the connection from " + p.the() + " to the other side"
	op.ByHand = []string{"ssh -O exit"}
	op.Estimate = stepEstimate
	return op
}
