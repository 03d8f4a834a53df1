package operation

import (
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// CopyFiles copies configuration files with owner, mode and times, edits the copies, and only then lays them over the live ones. Undo puts the
// before-images back and removes what was not there.
func CopyFiles(p Party, from Party, stage runbook.Stage, f declare.FileSet) runbook.Operation {
	op := on("copy_files", p, stage, f.Name)
	op.Lasting = true
	var rewrites, keeps []string
	for _, r := range f.Rewrite {
		rewrites = append(rewrites, r.In+"\t"+r.From+"\t"+r.To)
	}
	for _, k := range f.Keep {
		for _, key := range k.Keys {
			keeps = append(keeps, k.In+"\t"+key)
		}
	}
	op.Args = []string{Name(f.Name), strings.Join(rewrites, "\n"), strings.Join(keeps, "\n")}
	for _, path := range f.Paths {
		op.Touches = append(op.Touches, "file:"+path)
	}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Sentence = "copy the configuration files " + strings.Join(f.Paths, " ") + " from " + from.the() + " to " + p.the()
	op.Undo = "put the previous files back"
	for _, path := range f.Paths {
		op.ByHand = append(op.ByHand, shell.Quote("rsync", "-aR", "root@SOURCE:"+path, "/"))
	}
	op.UndoByHand = []string{"rsync -aHAX @before/image/ /", "remove the files that @before/created names"}
	op.Estimate = filesEstimate
	return op
}

// RestoreFiles brings back the files that the last move of a cutover replaced on a host: after a back-out each side has its own again.
func RestoreFiles(p Party, stage runbook.Stage, f declare.FileSet, cutover string) runbook.Operation {
	op := on("restore_files", p, stage, f.Name)
	op.Args = []string{Name(f.Name), cutover}
	for _, path := range f.Paths {
		op.Touches = append(op.Touches, "file:"+path)
	}
	op.Sentence = "put back the configuration files that " + p.the() + " had before the move"
	op.ByHand = []string{"rsync the before-image to /"}
	op.Estimate = filesEstimate
	return op
}

// NoteFiles writes down a set's files as they are once the move is over.
func NoteFiles(p Party, stage runbook.Stage, f declare.FileSet, cutover string) runbook.Operation {
	op := on("note_files", p, stage, f.Name)
	op.Args = []string{Name(f.Name), cutover}
	op.Touches = []string{"mark"}
	op.Sentence = "write down the configuration files " + strings.Join(f.Paths, " ") + " of " + p.the() + " as they are after the move"
	op.ByHand = []string{"sha256sum FILES"}
	op.Estimate = filesEstimate
	return op
}

// KeepFiles puts back what has changed since NoteFiles wrote it down, but for what unwatched names. Undo brings the changed files back.
func KeepFiles(p Party, stage runbook.Stage, f declare.FileSet, cutover string, unwatched []declare.Pattern) runbook.Operation {
	op := on("keep_files", p, stage, f.Name)
	op.Lasting = true
	op.Args = []string{Name(f.Name), cutover, named(unwatched)}
	for _, path := range f.Paths {
		op.Touches = append(op.Touches, "file:"+path)
	}
	op.Sentence = "put back what has changed on " + p.the() + " since the move of the configuration files " + strings.Join(f.Paths, " ")
	op.Undo = "bring the changed files back"
	op.ByHand = []string{"rsync -aHAXI --files-from=LIST @marks/files/image/ /"}
	op.UndoByHand = []string{"rsync -aHAX @before/image/ /", "remove the files that @before/created names"}
	op.Estimate = filesEstimate
	return op
}
