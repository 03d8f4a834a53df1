package operation_test

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// onUpgrade gives the operations of upgrades.
func onUpgrade(p operation.Party) []runbook.Operation {
	const change = runbook.Change
	hop := declare.Hop{Version: "7.0", From: "6.7", Install: []string{"cpmsctl", "install", "7.0"}, Recover: []string{"cpmsctl", "install", "6.7"}}
	ask := []string{"cpmsctl", "version"}
	backup := declare.Backup{Name: "cpms.7.0", Paths: []string{"/etc/nplex"}, Directory: "/var/backups/mail"}
	return []runbook.Operation{
		operation.ProveReady(p, change, "7.0", []string{"cpmsctl", "packages", "7.0"}), operation.InstallVersion(p, change, "cpms", hop, ask),
		operation.HaveVersion(p, change, "cpms", "7.1", ask), operation.BackUpHop(p, change, backup), operation.ArmRecovery(p, change, backup),
		operation.ProveHop(p, change, "7.0", ask, []string{"cpmsctl", "check"}), operation.SettleHop(p, change, "cpms", "7.0", nil),
		operation.SetActive(p, change, true, declare.ActiveCommands{Status: []string{"cpmsctl", "active"}, On: []string{"cpmsctl", "activate"}, Off: []string{"cpmsctl", "deactivate"}}),
		operation.MoveMount(p, change, "/opt/criticalpath/nfs", "/opt/criticalpath/nfs.old"),
		operation.CopyStorage(p, change, "/opt/criticalpath/nfs.old", "/opt/criticalpath/nfs", []string{"data", "logs"}),
	}
}
