package operation

import (
	"regexp"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// LateModule is what the loan of a sweep calls the messages that were laid out.
const LateModule = "late"

// LateFolder is where they lie, below the run's own folder.
const LateFolder = "@run/late"

// found are patterns as find takes them: lines "root<TAB>expression".
func found(patterns []declare.Pattern) string {
	lines := make([]string, len(patterns))
	for i, p := range patterns {
		lines[i] = p.Root + "\t" + p.ERE
	}
	return strings.Join(lines, "\n")
}

// named are patterns as grep takes them: one expression a line, for whole paths.
func named(patterns []declare.Pattern) string {
	lines := make([]string, len(patterns))
	for i, p := range patterns {
		lines[i] = regexp.QuoteMeta(p.Root) + p.ERE
	}
	return strings.Join(lines, "\n")
}

// as is a command line that runs a command as a user; empty for no command.
func as(user string, command []string) string {
	if len(command) == 0 {
		return ""
	}
	if user != "" {
		command = append([]string{"runuser", "-u", user, "--"}, command...)
	}
	return shell.Quote(command...)
}

// Sweepable reports whether the messages of a store can be read and added.
func Sweepable(s *declare.Store) bool { return s != nil && len(s.Session) > 0 && len(s.Locate) > 0 }

// MarkSide writes down what a side holds at the cut: what it takes later shows. Undo puts the earlier marker back.
func MarkSide(p Party, stage runbook.Stage, cutover string, messages []declare.Pattern, databases []string, queue bool) runbook.Operation {
	op := on("mark_side", p, stage)
	op.Args = []string{cutover, found(messages), strings.Join(databases, "\n"), "no"}
	if queue {
		op.Args[3] = "yes"
	}
	op.Touches = []string{"mark"}
	op.Sentence = "write down what " + p.the() + " holds at the cut: messages, queue, WAL position, rows"
	op.Undo = "put the earlier mark back"
	op.ByHand = []string{"find the message files; postqueue -j; SELECT pg_current_wal_lsn()"}
	op.Estimate = markEstimate
	return op
}

// ProveStill sees that a passive side wrote nothing since the cut that no sweep could take along.
func ProveStill(p Party, stage runbook.Stage, cutover string, trees []string, passing []declare.Pattern, databases []string) runbook.Operation {
	op := on("prove_still", p, stage)
	op.Lasting = true
	op.Args = []string{cutover, strings.Join(trees, "\n"), named(passing), strings.Join(databases, "\n")}
	op.Touches = []string{"mark"}
	op.Sentence = "prove that " + p.the() + " wrote no rows and no files since the cut that a sweep could not take along"
	op.ByHand = []string{"find -newerct; compare n_tup_ins, n_tup_upd, n_tup_del of pg_stat_user_tables"}
	op.Estimate = scanEstimate
	return op
}

// GatherLate lays out the messages that came into a side's mailboxes since the cut; visible: only those that their users see.
// Undo removes what was laid out.
func GatherLate(p Party, stage runbook.Stage, cutover string, s *declare.Store, messages []declare.Pattern, visible bool) runbook.Operation {
	op := on("gather_late", p, stage)
	op.Lasting = true
	op.Args = []string{cutover, found(messages), as(s.User, s.Session), as(s.User, s.Locate), "no"}
	if visible {
		op.Args[4] = "yes"
	}
	op.Touches = []string{"mark", "late"}
	op.Sentence = "lay out the messages that came into mailboxes of " + p.the() + " since the cut"
	op.Undo = "remove what was laid out"
	op.ByHand = []string{"find -newerct"}
	op.Estimate = scanEstimate
	return op
}

// Renewable reports whether mailboxes of a store can get a new UIDVALIDITY.
func Renewable(s *declare.Store) bool { return Sweepable(s) && len(s.Renew) > 0 }

// TakeLate adds those messages to the same mailboxes of the other side, each once, with flags and dates.
func TakeLate(p Party, from Party, stage runbook.Stage, cutover string, s *declare.Store) runbook.Operation {
	op := on("take_late", p, stage)
	op.Args = []string{cutover, as(s.User, s.Session), "", ""}
	op.Touches = []string{"late"}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Sentence = "add those messages of " + from.the() + " to the same mailboxes on " + p.the() + ", each once"
	op.ByHand = []string{"IMAP APPEND"}
	op.Estimate = stepEstimate
	return op
}

// TakeBack is TakeLate where the side has a past of its own: each mailbox that gets messages gets a new UIDVALIDITY first. there and here are the
// store's messages on both sides, in the same order.
func TakeBack(p Party, from Party, stage runbook.Stage, cutover string, s *declare.Store, there, here []declare.Pattern) runbook.Operation {
	op := TakeLate(p, from, stage, cutover, s)
	var places []string
	for i := range there {
		places = append(places, there[i].Root+"\t"+here[i].Root)
	}
	op.Args[2], op.Args[3] = as(s.User, s.Renew), strings.Join(places, "\n")
	op.Sentence += ", with a new UIDVALIDITY"
	op.ByHand = append(op.ByHand, "reconstruct without cyrus.index; set flags again")
	return op
}

// RetireLate says on the side that took them that they are accounted for: its copies stay as they are.
func RetireLate(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("retire_late", p, stage)
	op.Args = []string{cutover}
	op.Touches = []string{"mark", "late"}
	op.Sentence = "leave the copies of those messages on " + p.the() + " as they are"
	op.ByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}

// OpenDatabase lets a database's users connect again. Undo shuts them out.
func OpenDatabase(p Party, stage runbook.Stage, database string) runbook.Operation {
	op := on("open_database", p, stage, database)
	op.Args = []string{database}
	op.Touches = []string{"database:" + database}
	op.Sentence = "let users of database " + database + " connect again on " + p.the()
	op.Undo = "shut them out"
	op.ByHand = []string{shell.Quote("psql", "-c", "ALTER DATABASE "+database+" CONNECTION LIMIT -1")}
	op.Estimate = stepEstimate
	return op
}

// KeepAccount writes down what came while a side served and does not go back; the hold on it stays until somebody has seen to it.
func KeepAccount(p Party, stage runbook.Stage, cutover string, messages []declare.Pattern, trees []string, passing []declare.Pattern, databases []string) runbook.Operation {
	op := on("keep_account", p, stage)
	op.Args = []string{cutover, found(messages), strings.Join(trees, "\n"), named(passing), strings.Join(databases, "\n")}
	op.Touches = []string{"hold"}
	op.Sentence = "write down what came while " + p.the() + " served; it stays on hold until that is accounted for"
	op.Undo = "remove the account"
	op.ByHand = []string{"find -newerct; compare n_tup_ins, n_tup_upd, n_tup_del of pg_stat_user_tables"}
	op.Estimate = scanEstimate
	return op
}

// ProveAccounted sees that nothing that an earlier way back left behind waits for somebody to look at it.
func ProveAccounted(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("prove_accounted", p, stage)
	op.Args = []string{cutover}
	op.Touches = []string{"hold"}
	op.Sentence = "see that nothing on " + p.the() + " waits to be accounted for"
	op.ByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}
