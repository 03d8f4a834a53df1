package operation

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// WriteHold says on a host what the cutover governs there. Undo takes it out.
func WriteHold(p Party, stage runbook.Stage, cutover string, things []string) runbook.Operation {
	op := on("write_hold", p, stage)
	op.Args = []string{cutover, strings.Join(things, "\n")}
	op.Touches = []string{"hold"}
	op.Sentence = "let only this cutover change what it governs on " + p.the()
	op.Undo = "let others again"
	op.ByHand = []string{"nothing: tell your colleagues"}
	op.UndoByHand = []string{shell.Quote("rm", "-r", "@journal/hold/"+cutover)}
	op.Estimate = stepEstimate
	return op
}

// DropHold ends the hold.
func DropHold(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("drop_hold", p, stage)
	op.Args = []string{cutover}
	op.Touches = []string{"hold"}
	op.Sentence = "let others change what the cutover governed on " + p.the()
	op.ByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}

// ArmTimer makes the host take the move back by itself unless it is committed within limit.
func ArmTimer(p Party, stage runbook.Stage, limit time.Duration, mailUnits []string) runbook.Operation {
	op := on("arm_timer", p, stage)
	op.Args = []string{strconv.Itoa(int(limit.Seconds())), strings.Join(mailUnits, " ")}
	op.Touches = []string{"timer"}
	op.Sentence = p.the() + " takes everything back by itself unless the move is committed within " + limit.String() + ", also over a reboot"
	op.Undo = "disarm it"
	op.ByHand = []string{"nothing by hand: have somebody at the console"}
	op.UndoByHand = []string{"systemctl disable --now terraform-provider-mail-timer terraform-provider-mail-guard"}
	op.Estimate = bootEstimate
	return op
}

// DisarmTimer ends the timer.
func DisarmTimer(p Party, stage runbook.Stage) runbook.Operation {
	op := on("disarm_timer", p, stage)
	op.Touches = []string{"timer"}
	op.Sentence = "disarm the timer of " + p.the()
	op.ByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}

// MakeQuestion gives the source a key for the one question its timer may ask the target.
func MakeQuestion(p Party, target Party, stage runbook.Stage) runbook.Operation {
	op := on("make_question", p, stage)
	op.Touches = []string{"question"}
	op.Pull = &runbook.Pull{From: target.ID}
	op.Sentence = "make a key by which " + p.the() + " can ask " + target.the() + " whether the move was committed"
	op.Undo = "remove it"
	op.ByHand = []string{"ssh-keygen"}
	op.UndoByHand = []string{"rm @journal/runs/@run/ask.key"}
	op.Estimate = stepEstimate
	return op
}

// LendQuestion lets the source ask.
func LendQuestion(p Party, source Party, stage runbook.Stage, limit time.Duration) runbook.Operation {
	op := on("lend_question", p, stage)
	op.Args = []string{strconv.Itoa(int(limit.Seconds()))}
	op.Touches = []string{"access"}
	op.Needs = []string{"make_question." + source.Role}
	op.Pull = &runbook.Pull{From: source.ID, Question: "make_question." + source.Role}
	op.Sentence = "let " + source.the() + " ask " + p.the() + " that, and nothing else, for " + limit.String()
	op.Undo = "close it"
	op.ByHand = []string{"authorized_keys: restrict,from=…,expiry-time=…,command=…"}
	op.UndoByHand = []string{"authorized_keys: take the line out that ends in terraform-provider-mail-question:@run"}
	op.Estimate = stepEstimate
	return op
}

// CloseQuestion ends that access.
func CloseQuestion(p Party, stage runbook.Stage) runbook.Operation {
	op := on("close_question", p, stage)
	op.Touches = []string{"access"}
	op.Sentence = "close that access to " + p.the()
	op.ByHand = []string{"authorized_keys: take the line out"}
	op.Estimate = stepEstimate
	return op
}

// SettleMoves sees that no earlier move of the cutover waits for its end on a host.
func SettleMoves(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("settle_moves", p, stage)
	op.Args = []string{cutover}
	op.Lasting = true
	op.Touches = []string{"timer"}
	op.Sentence = "bring unfinished moves to their end on " + p.the()
	op.ByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}

// CloseLeases ends what access earlier runs of the cutover left open on a host, expired or not.
func CloseLeases(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("close_leases", p, stage)
	op.Args = []string{cutover}
	op.Lasting = true
	op.Touches = []string{"access"}
	op.Sentence = "close what access earlier moves left open on " + p.the()
	op.ByHand = []string{"authorized_keys: take the lines out that end in terraform-provider-mail:" + cutover + ".…"}
	op.Estimate = stepEstimate
	return op
}

// AskTimer makes the source's timer ask before it takes service back: the last step before the commit.
func AskTimer(p, target Party, stage runbook.Stage) runbook.Operation {
	op := on("ask_timer", p, stage)
	op.Touches = []string{"timer"}
	op.Sentence = p.the() + " asks " + target.the() + " from now on before it takes service back"
	op.ByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}

// WriteCutMark is the commit.
func WriteCutMark(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("write_cut_mark", p, stage)
	op.Args = []string{cutover}
	op.Touches = []string{"cut"}
	op.Sentence = "commit: " + p.the() + " serves from here on"
	op.ByHand = []string{"decide"}
	op.Estimate = stepEstimate
	return op
}

// ProveQuiet checks that nothing serves and nobody writes.
func ProveQuiet(p Party, stage runbook.Stage, portList []int, trees []string) runbook.Operation {
	op := on("prove_quiet", p, stage)
	op.Args = []string{strings.ReplaceAll(ports(portList), ",", ""), strings.Join(trees, "\n")}
	op.Sentence = "prove that nothing serves and nobody writes on " + p.the()
	op.ByHand = []string{"ss -Htln", "lsof +D"}
	op.Estimate = stepEstimate
	return op
}

// RunJob runs a declared command on a host.
func RunJob(p Party, stage runbook.Stage, command []string) runbook.Operation {
	op := on("run_job", p, stage, strings.Join(command, " "))
	op.Args = []string{shell.Quote(command...)}
	op.Sentence = "run " + shell.Quote(command...) + " on " + p.the()
	op.ByHand = []string{shell.Quote(command...)}
	op.Estimate = bootEstimate
	return op
}
