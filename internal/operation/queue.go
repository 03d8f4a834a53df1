package operation

import (
	"strconv"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func onQueue(kind string, p Party, stage runbook.Stage, sentence, byHand string) runbook.Operation {
	op := on(kind, p, stage)
	op.Touches = []string{"queue"}
	op.Sentence = sentence
	op.ByHand = []string{byHand}
	op.Estimate = queueEstimate
	return op
}

// FlushQueue delivers what can be delivered locally before the mail service stops, within limit.
func FlushQueue(p Party, stage runbook.Stage, limit time.Duration) runbook.Operation {
	op := onQueue("flush_queue", p, stage, "deliver what waits in the mail queue of "+p.the()+" (at most "+limit.String()+")", "postqueue -f")
	op.Args = []string{strconv.Itoa(int(limit.Seconds()))}
	return op
}

// How long deliveries that are under way may take to end. Where nothing hangs they take no time.
const deliveriesWithin = 30 * time.Second

// EndDeliveries lets no more deliveries begin and waits until those under way have ended and are written down, while the mail service still runs: one
// that is cut off in between is made again. Undo lets the queue run.
func EndDeliveries(p Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("end_deliveries", p, stage, "begin no more deliveries on "+p.the()+" and let those under way end (at most "+deliveriesWithin.String()+")", "postsuper -h ALL; postqueue -p")
	op.Args = []string{strconv.Itoa(int(deliveriesWithin.Seconds()))}
	op.Undo = "let the queue run"
	op.UndoByHand = []string{"postsuper -H ALL"}
	return op
}

// HoldQueue puts what is left in the queue on hold. Undo releases it.
func HoldQueue(p Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("hold_queue", p, stage, "put what is left in the mail queue of "+p.the()+" on hold", "postsuper -h ALL")
	op.Lasting = true
	op.Undo = "release it"
	op.UndoByHand = []string{"postsuper -H - <@journal/runs/@run/queue.moved"}
	return op
}

// GuardQueue keeps what waits in a queue on hold while a rehearsal's services run. Undo removes what came meanwhile and lets the rest run.
func GuardQueue(p Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("guard_queue", p, stage, "keep what waits in the mail queue of "+p.the()+" on hold", "postsuper -h ALL; postqueue -p")
	op.Undo = "remove what came meanwhile, and release it"
	return op
}

// CopyQueue takes the other side's held messages along, on hold, each once however often it is begun. Undo removes them.
func CopyQueue(p Party, from Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("copy_queue", p, stage, "take the held messages of "+from.the()+" along to "+p.the()+", on hold", "rsync the hold folder; postsuper -s")
	op.Args = []string{Name(from.ID)}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Undo = "remove them there"
	op.UndoByHand = []string{"postsuper -d - <@before/copied"}
	return op
}

// SweepQueue is CopyQueue where nobody takes it back: the next sweep goes on from there.
func SweepQueue(p Party, from Party, stage runbook.Stage) runbook.Operation {
	op := CopyQueue(p, from, stage)
	op.Keep = true
	op.Undo, op.UndoByHand = "", nil
	return op
}

// ReleaseQueue lets the messages that were taken along from the other side run.
func ReleaseQueue(p Party, from Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("release_queue", p, stage, "release the messages that were taken along to "+p.the(), "postsuper -H ALL")
	op.Args = []string{Name(from.ID)}
	return op
}

// FreeQueue lets run again what a sweep that was not finished left on hold.
func FreeQueue(p Party, stage runbook.Stage) runbook.Operation {
	op := onQueue("free_queue", p, stage, "let run again what a sweep that was not finished left on hold in the mail queue of "+p.the(), "postsuper -H ALL")
	op.Keep = true
	return op
}

// RetireQueue marks the source's copies as taken over: they stay on hold and never run.
func RetireQueue(p Party, stage runbook.Stage) runbook.Operation {
	return onQueue("retire_queue", p, stage, "leave the copies of those messages on "+p.the()+" on hold for good", "nothing: they are on hold")
}
