package compile_test

import (
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

func sampleBackup() declare.Backup {
	return declare.Backup{
		Name: "nplex-1a2b3c", Host: oldHost, Paths: []string{"/etc/nplex", "/opt/criticalpath/nfs/www/mail/templates"},
		Databases: []declare.Database{{Engine: "postgresql", Name: "bj"}, {Engine: "postgresql", Name: "it's-data"}},
		Snapshot:  "none", Directory: "/var/backups/mail", Retain: 2, Seconds: 12.5,
	}
}

func sampleMount() declare.Mount {
	return declare.Mount{Name: "nfs-1a2b3c", Host: newHost, Device: "/dev/vdb1", Path: "/opt/criticalpath/nfs", Type: "ext4", Options: []string{"noatime", "nodev"}}
}

// How long the last backup took enters the estimate and no digest.
func TestBackupEstimate(t *testing.T) {
	t.Parallel()
	slow, unknown := sampleBackup(), sampleBackup()
	unknown.Seconds = 0
	a, errA := compile.Backup(slow)
	b, errB := compile.Backup(unknown)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	one, errA := a.Digest()
	two, errB := b.Digest()
	if errA != nil || errB != nil || one != two {
		t.Errorf("digests %s (%v) and %s (%v)", one, errA, two, errB)
	}
	if a.Operations[0].Estimate.Seconds() != 12.5 || b.Operations[0].Estimate <= 0 {
		t.Errorf("estimates %s and %s", a.Operations[0].Estimate, b.Operations[0].Estimate)
	}
}

func TestBackupOfNothing(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]declare.Backup{
		"nothing":        {Host: oldHost, Directory: "/b"},
		"another engine": {Host: oldHost, Directory: "/b", Databases: []declare.Database{{Engine: "mysql", Name: "x"}}},
	} {
		if book, err := compile.Backup(b); err == nil {
			t.Errorf("%s: %+v", name, book)
		}
	}
}
