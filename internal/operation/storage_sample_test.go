package operation_test

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// onStorage gives the operations of backups and mounts.
func onStorage(p operation.Party) []runbook.Operation {
	backup := declare.Backup{
		Name: "nplex-1a2b3c", Host: p.ID, Paths: []string{"/etc/nplex"}, Databases: []declare.Database{{Engine: "postgresql", Name: "bj"}},
		Snapshot: "btrfs", Directory: "/var/backups/mail", Retain: 2,
	}
	mount := declare.Mount{Host: p.ID, Device: "/dev/vdb1", Path: "/opt/criticalpath/nfs", Type: "ext4", Options: []string{"noatime"}}
	return []runbook.Operation{
		operation.TakeBackup(p, runbook.Change, backup), operation.PruneBackups(p, runbook.Change, backup), operation.RestoreBackup(p, runbook.Change, backup),
		operation.ProveMountable(p, runbook.Change, mount), operation.MountPath(p, runbook.Change, mount), operation.WriteFstab(p, runbook.Change, mount),
	}
}
