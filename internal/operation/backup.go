package operation

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// What backups are expected to take where nothing has been measured.
const (
	backupEstimate  = 10 * time.Second
	restoreEstimate = 10 * time.Second
)

// databaseLines are the databases of a backup as the host-side program reads them: the archive's file, a tab, the name.
func databaseLines(b declare.Backup) string {
	lines := make([]string, len(b.Databases))
	for i, d := range b.Databases {
		lines[i] = "db-" + Name(d.Name) + ".dump\t" + d.Name
	}
	return strings.Join(lines, "\n")
}

// what names the parts of a backup in a sentence.
func backupParts(b declare.Backup) string {
	parts := append([]string{}, b.Paths...)
	for _, d := range b.Databases {
		parts = append(parts, "the database "+d.Name)
	}
	return strings.Join(parts, ", ")
}

// TakeBackup takes a backup under a temporary name, syncs and renames it, and reads it back before it counts. Undo removes what was taken.
func TakeBackup(p Party, stage runbook.Stage, b declare.Backup) runbook.Operation {
	op := on("take_backup", p, stage, b.Name)
	op.Lasting = true
	op.Args = []string{Name(b.Name), b.Directory, b.Snapshot, strings.Join(b.Paths, "\n"), databaseLines(b)}
	op.Touches = []string{"tree:" + b.Directory}
	op.Sentence = "back up " + backupParts(b) + " into " + b.Directory + " on " + p.the() + ", and read the backup back"
	if b.Snapshot == "btrfs" {
		op.Sentence = "back up " + backupParts(b) + " into " + b.Directory + " on " + p.the() + ", subvolumes as read-only snapshots, and read the backup back"
	}
	op.Undo = "remove the backup that was taken"
	if len(b.Paths) > 0 {
		op.ByHand = append(op.ByHand, shell.Quote(append([]string{"tar", "--acls", "--xattrs", "--numeric-owner", "-cpf", b.Directory + "/files.tar"}, b.Paths...)...))
	}
	for _, d := range b.Databases {
		op.ByHand = append(op.ByHand, shell.Quote("runuser", "-u", "postgres", "--", "pg_dump", "-Fc", "-d", d.Name)+" >"+shell.Quote(b.Directory+"/db-"+Name(d.Name)+".dump"))
	}
	op.UndoByHand = []string{"remove the folders that @before/taken names"}
	op.Estimate = backupEstimate
	if b.Seconds > 0 {
		op.Estimate = time.Duration(b.Seconds * float64(time.Second))
	}
	return op
}

// PruneBackups keeps the newest backups of a declaration and removes the others; never the one that was proved last.
func PruneBackups(p Party, stage runbook.Stage, b declare.Backup) runbook.Operation {
	op := on("prune_backups", p, stage, b.Name)
	op.Args = []string{Name(b.Name), b.Directory, strconv.Itoa(b.Retain)}
	op.Touches = []string{"tree:" + b.Directory}
	op.Sentence = "keep the newest " + strconv.Itoa(b.Retain) + " backups of this declaration in " + b.Directory + " on " + p.the() + ", and remove the older ones"
	op.ByHand = []string{shell.Quote("ls", b.Directory) + ", and remove the oldest of " + Name(b.Name)}
	op.Estimate = stepEstimate
	return op
}

// RestoreBackup brings back what the last backup of a declaration holds, after it was read and proved. What is there is put aside; undo brings that back.
// Whatever uses the trees and the databases must have been stopped.
func RestoreBackup(p Party, stage runbook.Stage, b declare.Backup) runbook.Operation {
	op := on("restore_backup", p, stage, b.Name)
	op.Args = []string{Name(b.Name), b.Directory, strings.Join(b.Paths, "\n"), databaseLines(b)}
	for _, path := range b.Paths {
		op.Touches = append(op.Touches, "tree:"+path)
	}
	for _, d := range b.Databases {
		op.Touches = append(op.Touches, "database:"+d.Name)
	}
	op.Sentence = "restore " + backupParts(b) + " from the last backup in " + b.Directory + " on " + p.the()
	op.Undo = "put back what was there before"
	if len(b.Paths) > 0 {
		op.ByHand = append(op.ByHand, shell.Quote("tar", "--acls", "--xattrs", "--numeric-owner", "-xpf", b.Directory+"/files.tar", "-C", "/"))
	}
	for _, d := range b.Databases {
		op.ByHand = append(op.ByHand, "runuser -u postgres -- pg_restore --create -d postgres <"+shell.Quote(b.Directory+"/db-"+Name(d.Name)+".dump"))
	}
	op.UndoByHand = []string{"move back what lies in the folders that @before/asides names, below old", "rename the databases that end in __replaced"}
	op.Estimate = restoreEstimate
	if b.Seconds > 0 {
		op.Estimate = time.Duration(b.Seconds * float64(time.Second))
	}
	return op
}
