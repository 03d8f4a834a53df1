//go:build lab

package acceptance_test

import (
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// storageLives are the resources of what is kept, and where.
func storageLives() []life { return []life{backupLife(), mountLife()} }

func backupLife() life {
	body := "  host = mail_host.new.id\n  paths = [\"/srv/it's \\\"kept\\\" – ü\"]\n  databases = [{ engine = \"postgresql\", name = \"bj\" }]\n  directory = \"/srv/back ups/mail\"\n  retain = 1\n"
	return life{
		kind: "mail_backup", name: "before",
		beforeNew: "mkdir -p '/srv/it'\\''s \"kept\" – ü'; cd '/srv/it'\\''s \"kept\" – ü'\n" + oddFiles("first") + "ln a:b linked; setfacl -m u:mail:r a:b; setfattr -n user.k -v v a:b; chown mail:mail a:b",
		hcl:       body, id: "NEW,/srv/back ups/mail,/srv/it's \"kept\" – ü,postgresql:bj",
		// Whole, and what comes out of the archive is what is there.
		effect: `for set in '/srv/back ups/mail'/*; do [ -d "$set" ] || continue
(cd "$set"; sha256sum -c manifest; stat -c %a .. . files.tar)
rm -rf /var/tmp/out; mkdir /var/tmp/out; tar --acls --xattrs -xpf "$set/files.tar" -C /var/tmp/out
for tree in /srv /var/tmp/out/srv; do (cd "$tree/it's \"kept\" – ü"; getfacl -n a:b; getfattr -d a:b; find . -printf '%P %y %m %U:%G %n %s %T@ %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum) >"/tmp/tree$(echo "$tree" | tr / _)"; done
diff /tmp/tree_srv /tmp/tree_var_tmp_out_srv && echo the same
pg_restore -l "$set/db-bj.dump" | grep -c 'TABLE DATA' | sed 's/[1-9][0-9]*/tables/'
done`,
		wants:    "files.tar: OK\ndb-bj.dump: OK\nroles.sql: OK\n700\n700\n600\nthe same\ntables\n",
		gone:     "rm '/srv/back ups/mail'/*/files.tar",
		update:   body + "  trigger = \"again\"\n  on_destroy = \"delete\"\n",
		sabotage: "mv /usr/lib/postgresql/15/bin/pg_dump /usr/lib/postgresql/15/bin/pg_dump.away",
		repair:   "mv /usr/lib/postgresql/15/bin/pg_dump.away /usr/lib/postgresql/15/bin/pg_dump",
		fails:    []string{"take_backup", "the database bj cannot be dumped"},
		updated:  "files.tar: OK\ndb-bj.dump: OK\nroles.sql: OK\n700\n700\n600\nthe same\ntables\n",
	}
}

func mountLife() life {
	body := "  host = mail_host.new.id\n  device = \"/dev/vdb1\"\n  path = \"/opt/critical path/nfs\"\n  type = \"ext4\"\n"
	const kept = "# kept\ntmpfs /mnt tmpfs noauto 0 0\n"
	return life{
		kind: "mail_mount", name: "root",
		equip: func(t *testing.T, m machine) {
			t.Helper()
			attach(t, m, "/dev/vdb1", 32)
			m.sh("mkfs.ext4 -q /dev/vdb1; printf '" + kept + "' >/etc/fstab")
		},
		hcl: body + "  options = [\"noatime\"]\n", id: "NEW,/dev/vdb1,/opt/critical path/nfs",
		effect:   "cat /etc/fstab; stat -c '%a %U' /etc/fstab; findmnt -rno SOURCE,FSTYPE,VFS-OPTIONS --mountpoint '/opt/critical path/nfs' || ls /opt",
		wants:    kept + "/dev/vdb1 /opt/critical\\040path/nfs ext4 noatime 0 2\n644 root\n/dev/vdb1 ext4 rw,noatime\n",
		gone:     "umount '/opt/critical path/nfs'; sed -i /critical/d /etc/fstab",
		update:   body + "  options = [\"noatime\", \"nodev\"]\n",
		sabotage: "mv /usr/bin/mount /usr/bin/mount.away",
		repair:   "mv /usr/bin/mount.away /usr/bin/mount",
		fails:    []string{"mount_path", "mount"},
		updated:  kept + "/dev/vdb1 /opt/critical\\040path/nfs ext4 noatime,nodev 0 2\n644 root\n/dev/vdb1 ext4 rw,nodev,noatime\n",
	}
}

func opsBackup(host operation.Party) declare.Backup {
	return declare.Backup{
		Name: "ops", Host: host.ID, Paths: []string{"/srv/ops"}, Databases: []declare.Database{{Engine: "postgresql", Name: "bj"}},
		Snapshot: "none", Directory: "/srv/backups", Retain: 1,
	}
}

func opsMount(host operation.Party) declare.Mount {
	return declare.Mount{Name: "ops", Host: host.ID, Device: "/srv/ops", Path: "/srv/ops mounted/it's", Type: "none", Options: []string{"bind", "ro"}}
}

// storageSpecimens are the kinds of operations of backups and mounts.
func storageSpecimens() map[string]specimen {
	return map[string]specimen{
		"take_backup": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.TakeBackup(b, change, opsBackup(b)))
		}, anew: true},
		// The tree has changed since, and is to be as it was before it was restored.
		"restore_backup": {make: func(_, b operation.Party) []runbook.Operation {
			return append(one(operation.TakeBackup(b, change, opsBackup(b))), operation.RestoreBackup(b, change, opsBackup(b)))
		}, anew: true, before: "bmctl stop", after: "bmctl start"},
		"mount_path": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.MountPath(b, change, opsMount(b)))
		}},
		"write_fstab": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.WriteFstab(b, change, opsMount(b)))
		}},
		"prove_mountable": {}, // looks
		"prune_backups":   {}, // gives up
	}
}
