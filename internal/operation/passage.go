package operation

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// OpenPassage makes the connections that checks make from a host leave from the ports that a fence admits: those of our login there, to the hosts and
// ports that are checked, until limit has passed. own: to the other party's own address too. Undo ends it.
func OpenPassage(p Party, to Party, stage runbook.Stage, limit time.Duration, portList []int, hosts []string, own bool) runbook.Operation {
	op := on("open_passage", p, stage)
	op.Args = []string{strconv.Itoa(int(limit.Seconds())), ports(portList), strings.Join(hosts, "\n")}
	op.Touches = []string{"passage"}
	if own {
		op.Pull = &runbook.Pull{From: to.ID, Told: true}
	}
	op.Sentence = "let checks from " + p.the() + " leave from ports that the fence of " + to.the() + " admits, for " + limit.String()
	op.Undo = "end it"
	op.ByHand = []string{"nft: masquerade to :61000-61999, from our login to the service"}
	op.Estimate = stepEstimate
	return op
}

// ClosePassage ends it before it expires.
func ClosePassage(p Party, stage runbook.Stage) runbook.Operation {
	op := on("close_passage", p, stage)
	op.Touches = []string{"passage"}
	op.Sentence = "let checks from " + p.the() + " leave as any other connection"
	op.ByHand = []string{"nft delete table inet terraform_provider_mail_checks_…"}
	op.Estimate = stepEstimate
	return op
}

// AdmitChecks makes the fence that a host raises next admit the checks of another host, which has opened its passage.
func AdmitChecks(p Party, from Party, stage runbook.Stage) runbook.Operation {
	op := on("admit_checks", p, stage, from.Role)
	op.Needs = []string{"open_passage." + from.Role}
	op.Touches = []string{"admitted"}
	op.Pull = &runbook.Pull{From: from.ID, Passage: "open_passage." + from.Role}
	op.Sentence = "let checks from " + from.the() + " pass the fence of " + p.the()
	op.Undo = "keep them out"
	op.ByHand = []string{"nft: accept its address from the source ports 61000-61999"}
	op.Estimate = stepEstimate
	return op
}
