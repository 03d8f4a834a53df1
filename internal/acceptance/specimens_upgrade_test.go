//go:build lab

package acceptance_test

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// opsHop installs another version, which is a word in a file.
func opsHop() declare.Hop {
	put := func(version string) []string { return []string{"sh", "-c", "echo " + version + " >/srv/ops/version"} }
	return declare.Hop{Version: "2.0", From: "1.0", Install: put("2.0"), Recover: put("1.0")}
}

func opsHopBackup(b operation.Party) declare.Backup {
	return declare.Backup{Name: "ops.2.0", Host: b.ID, Paths: []string{"/srv/ops"}, Directory: "/srv/backups"}
}

// upgradeSpecimens are the kinds of upgrades.
func upgradeSpecimens() map[string]specimen {
	active := declare.ActiveCommands{Status: []string{"test", "-e", "/srv/ops/active"}, On: []string{"touch", "/srv/ops/active"}, Off: []string{"rm", "/srv/ops/active"}}
	mounted := `mkdir -p /srv/ops-mount; mount -t tmpfs ops /srv/ops-mount; cp -p /etc/fstab /etc/fstab.kept; echo 'ops /srv/ops-mount tmpfs defaults  0 0 # kept' >>/etc/fstab`
	return map[string]specimen{
		"install_version": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.InstallVersion(b, change, "ops", opsHop(), []string{"cat", "/srv/ops/version"}))
		}, before: "echo 1.0 >/srv/ops/version", after: "rm /srv/ops/version"},
		"back_up_hop": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.BackUpHop(b, change, opsHopBackup(b)))
		}, anew: true},
		// The version between changes the tree: going back brings it to what the backup holds, before the version before is installed again.
		"arm_recovery": {make: func(_, b operation.Party) []runbook.Operation {
			return []runbook.Operation{
				operation.BackUpHop(b, change, opsHopBackup(b)), operation.ArmRecovery(b, change, opsHopBackup(b)),
				operation.InstallVersion(b, change, "ops", opsHop(), []string{"cat", "/srv/ops/version"}),
			}
		}, before: "echo 1.0 >/srv/ops/version", after: "rm /srv/ops/version", anew: true},
		"settle_hop": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.SettleHop(b, change, "ops", "2.0", nil))
		}, silent: true},
		"set_active": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.SetActive(b, change, true, active))
		}},
		"copy_storage": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.CopyStorage(b, change, "/etc/ssl", "/srv/ops", []string{"certs"}))
		}},
		"move_mount": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.MoveMount(b, change, "/srv/ops-mount", "/srv/ops-other"))
		}, before: mounted, after: "umount /srv/ops-mount; rmdir /srv/ops-mount; mv /etc/fstab.kept /etc/fstab"},
		"prove_ready": {}, // looks
		"prove_hop":   {}, // looks
	}
}
