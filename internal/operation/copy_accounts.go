package operation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// AllAccounts is what operations on accounts touch: all of a host are in the same files.
const AllAccounts = "accounts"

// CopyAccounts adds to a host the accounts of another one that it lacks, with their groups and passwords. Undo removes those that it added.
func CopyAccounts(p Party, from Party, stage runbook.Stage, a declare.Accounts) runbook.Operation {
	op := on("copy_accounts", p, stage, a.Name)
	op.Lasting = true
	op.Args = []string{Name(a.Name), strconv.Itoa(a.UIDFrom), strconv.Itoa(a.UIDTo)}
	op.Touches = []string{AllAccounts}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Sentence = fmt.Sprintf("add to %s the accounts of %s with UID %d to %d that it lacks, with their groups and passwords", p.the(), from.the(), a.UIDFrom, a.UIDTo)
	if len(a.Excluded) > 0 {
		op.Sentence += ", but not " + strings.Join(a.Excluded, " ")
	}
	op.Undo = "remove those that were added"
	op.ByHand = []string{
		"vigr, vigr -s: add the groups of " + from.the() + " that are missing", "vipw: add its lines of passwd whose names are missing", "vipw -s: add their lines of shadow",
	}
	op.UndoByHand = []string{
		"vipw -s, vipw: take out the lines of the names in @before/users", "vigr -s, vigr: take out the members in @before/members, and the groups in @before/groups",
	}
	op.Estimate = accountsEstimate
	return op
}

// PrepareAccounts is CopyAccounts before the outage: what is left for then is who came in between.
func PrepareAccounts(p Party, from Party, stage runbook.Stage, a declare.Accounts) runbook.Operation {
	op := CopyAccounts(p, from, stage, a)
	op.ID = on("copy_accounts", p, stage, "hot", a.Name).ID
	op.Sentence += " (hot pass)"
	return op
}

const accountsEstimate = 5 * stepEstimate

// lentAccounts says which accounts a leased key may read.
func lentAccounts(all []declare.Accounts) string {
	var lines []string
	for _, a := range all {
		lines = append(lines, fmt.Sprintf("%s range %d %d", Name(a.Name), a.UIDFrom, a.UIDTo))
		for _, pattern := range a.Excluded {
			lines = append(lines, Name(a.Name)+" stays "+pattern)
		}
	}
	return strings.Join(lines, "\n")
}
