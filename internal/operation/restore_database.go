package operation

import (
	"strconv"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// How a restored database is compared with its dump.
const (
	CompareQuick = "quick" // row counts and sequences
	CompareFull  = "full"  // checksums of all rows too
)

// RestoreDatabase dumps a database of the source, restores it beside the target's live one, compares and swaps by renaming.
// Undo renames the first one back.
func RestoreDatabase(p Party, from Party, stage runbook.Stage, d declare.Dump, database, how string) runbook.Operation {
	op := on("restore_database", p, stage, database)
	op.Lasting = true
	op.Args = []string{database, d.User, how, strconv.Itoa(max(1, d.Jobs))}
	op.Touches = []string{"database:" + database}
	op.Pull = &runbook.Pull{From: from.ID}
	if d.Password {
		op.Pull.Secret = database
	}
	op.Sentence = "restore database " + database + " of " + from.the() + " beside the live one on " + p.the() + ", compare (" + how + "), swap by renaming"
	op.Undo = "rename the previous one back"
	op.ByHand = []string{
		shell.Quote("pg_dump", "-Fc", database) + " | " + shell.Quote("pg_restore", "-d", database+"__next"),
		shell.Quote("psql", "-c", `ALTER DATABASE "`+database+`__next" RENAME TO "`+database+`"`),
	}
	op.UndoByHand = []string{
		shell.Quote("psql", "-c", `DROP DATABASE "`+database+`"`), shell.Quote("psql", "-c", `ALTER DATABASE "`+database+`__before" RENAME TO "`+database+`"`),
	}
	op.Estimate = dumpEstimate
	if d.LastPass != nil && len(d.Databases) > 0 {
		op.Estimate = time.Duration(d.LastPass.Seconds / float64(len(d.Databases)) * float64(time.Second))
	}
	return op
}

// PrepareDatabase does what can be done before the outage: missing roles, and a copy beside the live one, to which RestoreDatabase then brings only what
// has changed since. Undo drops it.
func PrepareDatabase(p Party, from Party, stage runbook.Stage, d declare.Dump, database string) runbook.Operation {
	op := on("prepare_database", p, stage, database)
	op.Args = []string{database, d.User}
	op.Touches = []string{"database:" + database}
	op.Pull = &runbook.Pull{From: from.ID}
	if d.Password {
		op.Pull.Secret = database
	}
	op.Sentence = "copy database " + database + " of " + from.the() + " beside the live one on " + p.the() + ", with the roles it needs (hot pass)"
	op.Undo = "drop it"
	op.UndoByHand = []string{shell.Quote("dropdb", "--if-exists", database+"__next")}
	op.ByHand = []string{
		shell.Quote("createdb", "-T", "template0", database+"__next"),
		shell.Quote("pg_dump", "-Fc", database) + " | " + shell.Quote("pg_restore", "-d", database+"__next"),
	}
	op.Estimate = dumpEstimate
	return op
}

// CloseDatabase lets nobody connect to a database any more but the superuser. Undo lets them in again.
func CloseDatabase(p Party, stage runbook.Stage, database string) runbook.Operation {
	op := on("close_database", p, stage, database)
	op.Args = []string{database}
	op.Lasting = true
	op.Touches = []string{"database:" + database}
	op.Sentence = "close database " + database + " on " + p.the() + " to everybody but the superuser"
	op.Undo = "open it"
	op.UndoByHand = []string{shell.Quote("psql", "-c", `ALTER DATABASE "`+database+`" CONNECTION LIMIT -1`)}
	op.ByHand = []string{shell.Quote("psql", "-c", `ALTER DATABASE "`+database+`" CONNECTION LIMIT 0`)}
	op.Estimate = stepEstimate
	return op
}

// DiscardCopies removes the held copies of messages that the other side has taken over.
func DiscardCopies(p Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("discard_copies", p, stage, "remove the held copies of delivered messages from the mail queue of "+p.the(), "postsuper -d")
	return op
}

// DiscardImages removes the before-images of a cutover's moves; of the passive side also the mark by which it once served: it says no more who does.
func DiscardImages(p Party, stage runbook.Stage, cutover string, passive bool) runbook.Operation {
	op := on("discard_images", p, stage)
	op.Args = []string{cutover, ""}
	if passive {
		op.Args[1] = "cut"
	}
	op.Touches = []string{"images"}
	op.Sentence = "remove the before-images of the moves on " + p.the()
	op.ByHand = []string{"rm -r RUN/before"}
	op.Estimate = stepEstimate
	return op
}

// DropLeftovers removes what passes left beside a database.
func DropLeftovers(p Party, stage runbook.Stage, database string) runbook.Operation {
	op := on("drop_leftovers", p, stage, database)
	op.Args = []string{database}
	op.Touches = []string{"database:" + database}
	op.Sentence = "drop what was kept beside database " + database + " on " + p.the()
	op.ByHand = []string{shell.Quote("dropdb", database+"__before")}
	op.Estimate = stepEstimate
	return op
}
