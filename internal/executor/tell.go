package executor

import (
	"strconv"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// told begins to tell people who watch of this run: the operations that it is going to do, and what is expected.
func (r *run) told(todo []runbook.Operation, predicted runbook.Totals) *progress.Log {
	begin := progress.Event{Run: r.name, Resource: r.opts.Resource, Work: predicted.Work.Seconds(), Outage: predicted.Outage.Seconds()}
	for _, op := range todo {
		expected := r.expected[op.ID]
		begin.Steps = append(begin.Steps, progress.Step{
			ID: op.ID, Stage: string(op.Stage), Sentence: op.Sentence, Offline: op.Offline, Begin: expected.Begin.Seconds(), Takes: expected.Takes.Seconds(),
		})
	}
	return progress.Open(r.c.config.Progress, begin)
}

// ending is the end of an operation.
func ending(result StepResult) progress.Event {
	e := progress.Event{Kind: progress.End, Op: result.ID, Seconds: result.Seconds, Skipped: result.Skipped, Error: result.Error}
	if n, err := strconv.ParseInt(result.Result["bytes"], 10, 64); err == nil {
		e.Bytes = n
	}
	return e
}
