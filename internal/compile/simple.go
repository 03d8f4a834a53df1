// Package compile turns a declaration into a runbook. It is pure: no host, no clock, no chance; the same declaration gives the same bytes.
package compile

import (
	"errors"
	"fmt"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ErrDeclaration is wrapped by every fault of a declaration that only the compiler can see.
var ErrDeclaration = errors.New("this cannot be carried out as declared")

// loanFor is how long a leased key opens the source in a run of its own; a cutover's lasts as long as its timers.
const loanFor = 4 * time.Hour

// finished names a runbook, checks its shape and fills in the format's version.
func finished(name string, ops []runbook.Operation) (runbook.Runbook, error) {
	r := runbook.Runbook{Name: name, Version: runbook.FormatVersion, Operations: ops}
	if err := r.Validate(); err != nil {
		return runbook.Runbook{}, fmt.Errorf("%w: %w", ErrDeclaration, err)
	}
	return r, nil
}

// Service brings a service to the declared state. Nothing declared gives an empty runbook.
func Service(s declare.Service) (runbook.Runbook, error) {
	p := operation.Party{ID: s.Host, Role: "host"}
	var ops []runbook.Operation
	if s.Enabled != nil && !*s.Enabled {
		ops = append(ops, operation.DisableService(p, runbook.Change, s))
	}
	if s.Enabled != nil && *s.Enabled {
		ops = append(ops, operation.EnableService(p, runbook.Change, s))
	}
	if s.Running != nil && !*s.Running {
		ops = append(ops, operation.StopService(p, runbook.Change, s))
	}
	if s.Running != nil && *s.Running {
		ops = append(ops, operation.StartService(p, runbook.Change, s))
	}
	return finished("mail_service."+operation.Name(s.Host)+"."+operation.Name(s.Name), ops)
}

// pulled wraps operations that read from the source into the loan of a key and its end.
func pulled(source, target operation.Party, loan operation.Loan, ops []runbook.Operation) []runbook.Operation {
	return pulledIn(runbook.Change, source, target, loan, ops)
}

func pulledIn(stage runbook.Stage, source, target operation.Party, loan operation.Loan, ops []runbook.Operation) []runbook.Operation {
	open := operation.OpenAccess(source, target, stage, loan)
	all := []runbook.Operation{open}
	var ids []string
	for _, op := range ops {
		op.Needs = append(op.Needs, open.ID)
		ids = append(ids, op.ID)
		all = append(all, op)
	}
	channel := operation.CloseChannel(target, stage)
	channel.Needs = ids
	shut := operation.CloseAccess(source, stage)
	shut.Needs = []string{channel.ID}
	return append(all, channel, shut)
}

// relay takes what an operation reads from the other host through this process. The question that a source's timer asks has no other way than its own.
func relay(op *runbook.Operation) {
	if op.Pull == nil || op.Pull.From == "" || op.Pull.Question != "" || op.Kind == "make_question" {
		return
	}
	op.Pull.Relay = true
	if op.Pull.Grants {
		op.Sentence += ", through the machine that runs Terraform"
	}
}

// carried takes all that the operations read the way that is declared.
func carried(transport string, ops []runbook.Operation) []runbook.Operation {
	if transport == declare.Relay {
		for i := range ops {
			relay(&ops[i])
		}
	}
	return ops
}

// sideBySide lets at most n of the operations run at a time; zero: all.
func sideBySide(lane string, ops []runbook.Operation, n int) []runbook.Operation {
	if n > 0 && len(ops) > n {
		for i := range ops {
			ops[i].Lane = &runbook.Lane{Name: lane, Width: n}
		}
	}
	return ops
}

func pair(source, target string) (operation.Party, operation.Party) {
	return operation.Party{ID: source, Role: declare.Source}, operation.Party{ID: target, Role: declare.Target}
}

// Sync is one hot pass over all trees of a sync, proved as it declares.
func Sync(s declare.Sync) (runbook.Runbook, error) {
	source, target := pair(s.Source, s.Target)
	loan := operation.Loan{Trees: map[string]string{}, For: loanFor}
	for _, t := range operation.Trees(s) {
		loan.Trees[t.Module] = t.From
	}
	trees := operation.Trees(s)
	var ops []runbook.Operation
	for i, pass := range passes(target, source, runbook.Change, s, operation.Hot) {
		ops = append(ops, pass)
		if s.Verify == operation.VerifyNone {
			continue
		}
		how := operation.CompareQuick
		if s.Verify == operation.VerifyFull {
			how = operation.CompareFull
		}
		proof := operation.CompareContents(target, source, runbook.Change, s, trees[i], how)
		proof.Needs = []string{pass.ID}
		ops = append(ops, proof)
	}
	return finished("mail_sync."+operation.Name(s.Name), carried(s.Transport, pulled(source, target, loan, ops)))
}

// passes are one pass over each tree of a sync, at most s.Streams of them at a time.
func passes(target, source operation.Party, stage runbook.Stage, s declare.Sync, mode string) []runbook.Operation {
	trees := operation.Trees(s)
	ops := make([]runbook.Operation, len(trees))
	for i, t := range trees {
		ops[i] = operation.SyncTree(target, source, stage, s, t, mode)
	}
	return sideBySide("mail_sync."+s.Name, ops, s.Streams)
}

// Dump is one rehearsal of a database move.
func Dump(d declare.Dump) (runbook.Runbook, error) {
	if d.Engine != "postgresql" {
		return runbook.Runbook{}, fmt.Errorf("%w: engine %q is not supported yet; postgresql is", ErrDeclaration, d.Engine)
	}
	if d.Mode == "replica" {
		return runbook.Runbook{}, fmt.Errorf("%w: mode \"replica\" is not supported yet; dump is", ErrDeclaration)
	}
	source, target := pair(d.Source, d.Target)
	loan := operation.Loan{Databases: d.Databases, For: loanFor}
	var ops []runbook.Operation
	for _, database := range d.Databases {
		ops = append(ops, operation.RestoreDatabase(target, source, runbook.Change, d, database, operation.CompareFull))
	}
	return finished("mail_db_dump."+operation.Name(d.Name), carried(d.Transport, pulled(source, target, loan, sideBySide("mail_db_dump."+d.Name, ops, d.Jobs))))
}

// DumpEnd keeps the databases that passes brought, and removes what they left beside them.
func DumpEnd(d declare.Dump) (runbook.Runbook, error) {
	_, target := pair(d.Source, d.Target)
	var ops []runbook.Operation
	for _, database := range d.Databases {
		ops = append(ops, operation.DropLeftovers(target, runbook.Change, database))
	}
	return finished("mail_db_dump."+operation.Name(d.Name)+".end", ops)
}

// FileSet copies configuration files once.
func FileSet(f declare.FileSet) (runbook.Runbook, error) {
	source, target := pair(f.Source, f.Target)
	loan := operation.Loan{Trees: map[string]string{"files": "/"}, Files: f.Paths, For: loanFor}
	ops := []runbook.Operation{operation.CopyFiles(target, source, runbook.Change, f)}
	return finished("mail_file_set."+operation.Name(f.Name), carried(f.Transport, pulled(source, target, loan, ops)))
}
