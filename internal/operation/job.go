package operation

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// StartJob starts a command in a session of its own, where it neither runs nor has ended well. Its output and exit code stay on the host, below the
// journal's folder. Undo ends it. Where the job is waited for, that it fails is a failure of the operation; else the next look finds it.
func StartJob(p Party, stage runbook.Stage, j declare.DetachedJob) runbook.Operation {
	op := on("start_job", p, stage, j.Name)
	op.Lasting = true
	wait, command := "no", shell.Quote(j.Command...)
	op.Sentence = "start " + command + " on " + p.the() + ", where it goes on by itself"
	if j.Wait {
		wait = "yes"
		op.Sentence = "run " + command + " on " + p.the() + " to its end; it goes on whatever becomes of Terraform"
	}
	op.Args = append([]string{j.Name, wait}, j.Command...)
	op.Touches = []string{"job:" + j.Name}
	op.Undo = "end it if it runs"
	op.ByHand = []string{"setsid " + command + " >/var/tmp/" + j.Name + ".out 2>&1 </dev/null &"}
	op.UndoByHand = []string{"kill -TERM -$(cat @journal/jobs/" + j.Name + "/pid)"}
	op.Estimate = stepEstimate
	return op
}
