package compile

import (
	"fmt"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func backupName(b declare.Backup) string { return "mail_backup." + operation.Name(b.Name) }

// Backup takes one backup, and removes what retain leaves over only after the new one is proved.
func Backup(b declare.Backup) (runbook.Runbook, error) {
	if len(b.Paths)+len(b.Databases) == 0 {
		return runbook.Runbook{}, fmt.Errorf("%w: there is nothing to back up", ErrDeclaration)
	}
	for _, d := range b.Databases {
		if d.Engine != "postgresql" {
			return runbook.Runbook{}, fmt.Errorf("%w: engine %q is not supported yet; postgresql is", ErrDeclaration, d.Engine)
		}
	}
	p := operation.Party{ID: b.Host, Role: "host"}
	take := operation.TakeBackup(p, runbook.Change, b)
	ops := []runbook.Operation{take}
	if b.Retain > 0 {
		prune := operation.PruneBackups(p, runbook.Change, b)
		prune.Needs = []string{take.ID}
		ops = append(ops, prune)
	}
	return finished(backupName(b), ops)
}

// BackupRetained only removes what retain leaves over.
func BackupRetained(b declare.Backup) (runbook.Runbook, error) {
	var ops []runbook.Operation
	if b.Retain > 0 {
		ops = append(ops, operation.PruneBackups(operation.Party{ID: b.Host, Role: "host"}, runbook.Change, b))
	}
	return finished(backupName(b), ops)
}

// Mount brings a file system to its place, now and at boot.
func Mount(m declare.Mount) (runbook.Runbook, error) {
	p := operation.Party{ID: m.Host, Role: "host"}
	prove, mount, write := operation.ProveMountable(p, runbook.Change, m), operation.MountPath(p, runbook.Change, m), operation.WriteFstab(p, runbook.Change, m)
	mount.Needs = []string{prove.ID}
	write.Needs = []string{mount.ID}
	return finished("mail_mount."+operation.Name(m.Name), []runbook.Operation{prove, mount, write})
}

// Mountable is what is looked at while a mount is planned: what is in its way is told as drift.
func Mountable(m declare.Mount) (runbook.Runbook, error) {
	op := operation.ProveMountable(operation.Party{ID: m.Host, Role: "host"}, runbook.Change, m)
	op.Lasting = true
	return finished("mail_mount."+operation.Name(m.Name), []runbook.Operation{op})
}
