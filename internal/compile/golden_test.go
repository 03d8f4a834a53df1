package compile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// updateVariable set to anything writes the golden files anew.
const updateVariable = "UPDATE_GOLDEN"

type compiled func() (runbook.Runbook, error)

func goldenBooks() map[string]compiled {
	on, off := true, false
	with := func(change func(*declare.Cutover)) declare.Cutover {
		c := sampleCutover()
		change(&c)
		return c
	}
	mended := []string{"stop_service.source.postfix", "drop_address.source." + "192.0.2.25-24"}
	return map[string]compiled{
		"service_off": func() (runbook.Runbook, error) {
			return compile.Service(declare.Service{Host: oldHost, Name: "postfix", Running: &off, Enabled: &off})
		},
		"service_on": func() (runbook.Runbook, error) {
			return compile.Service(declare.Service{Host: oldHost, Name: "bm", Start: []string{"bmctl", "start"}, Units: []string{"a", "b"}, Running: &on, Enabled: &on})
		},
		"sync": func() (runbook.Runbook, error) { return compile.Sync(sampleSync()) },
		"sync_relay": func() (runbook.Runbook, error) {
			s := sampleSync()
			s.Transport, s.Verify = declare.Relay, operation.VerifyNone
			return compile.Sync(s)
		},
		"accounts":     func() (runbook.Runbook, error) { return compile.Accounts(sampleAccounts(declare.Relay)) },
		"dump":         func() (runbook.Runbook, error) { return compile.Dump(sampleDump()) },
		"file_content": func() (runbook.Runbook, error) { return compile.File(sampleFile("content")) },
		"file_lines":   func() (runbook.Runbook, error) { return compile.File(sampleFile("lines")) },
		"file_replace": func() (runbook.Runbook, error) { return compile.File(sampleFile("replace")) },
		"file_set":     func() (runbook.Runbook, error) { return compile.FileSet(sampleFiles()) },
		"move":         func() (runbook.Runbook, error) { return compile.Move(sampleCutover()) },
		"move_back":    func() (runbook.Runbook, error) { return compile.Move(sampleCutover().Reversed()) },
		"ssh_access": func() (runbook.Runbook, error) {
			return compile.SSHAccess(declare.SSHAccess{Name: "copy", Source: newHost, Target: oldHost, Command: "rsync", Paths: []string{"/home/", "/srv/it's"}, ExpiresAfter: 4 * time.Hour, PermitRootLogin: "yes"})
		},
		"ssh_access_literal": func() (runbook.Runbook, error) {
			return compile.SSHAccess(declare.SSHAccess{Name: "copy", Source: newHost, Target: oldHost, Command: "rsync --server -vlogDtpr --delete . /home/", ExpiresAfter: time.Hour})
		},
		"dns_ttl": func() (runbook.Runbook, error) {
			zones := map[string]string{"example.org": "/etc/bind/db.example.org", "0/25.2.0.192.in-addr.arpa": "/etc/bind/it's"}
			return compile.DNSTTL(declare.DNSTTL{Name: "zones", Host: newHost, Zones: zones, TTL: 300, Reload: "named"})
		},
		"job": func() (runbook.Runbook, error) {
			return compile.Job(declare.DetachedJob{Name: "rebuild", Host: newHost, Command: []string{"reconstruct", "-r", "it's"}})
		},
		"job_wait": func() (runbook.Runbook, error) {
			return compile.Job(declare.DetachedJob{Name: "rebuild", Host: newHost, Command: []string{"reconstruct"}, Wait: true})
		},
		"move_back_messages": func() (runbook.Runbook, error) {
			return compile.Move(with(func(c *declare.Cutover) { c.OnFailure.CarryBack = declare.CarryMessages }).Reversed())
		},
		"move_back_none": func() (runbook.Runbook, error) {
			return compile.Move(with(func(c *declare.Cutover) { c.OnFailure.CarryBack = declare.CarryNone }).Reversed())
		},
		"move_identity":      func() (runbook.Runbook, error) { return compile.Move(with(withoutIdentity)) },
		"move_dns":           func() (runbook.Runbook, error) { return compile.Move(with(byRecords)) },
		"move_dns_back":      func() (runbook.Runbook, error) { return compile.Move(with(byRecords).Reversed()) },
		"standing_dns":       func() (runbook.Runbook, error) { return compile.Standing(with(byRecords)) },
		"finalize_dns":       func() (runbook.Runbook, error) { return compile.Finalize(with(byRecords)) },
		"move_command":       func() (runbook.Runbook, error) { return compile.Move(with(byCommand)) },
		"move_command_back":  func() (runbook.Runbook, error) { return compile.Move(with(byCommand).Reversed()) },
		"standing_command":   func() (runbook.Runbook, error) { return compile.Standing(with(byCommand)) },
		"move_exchange":      func() (runbook.Runbook, error) { return compile.Move(with(exchanging)) },
		"move_exchange_back": func() (runbook.Runbook, error) { return compile.Move(with(exchanging).Reversed()) },
		"standing_exchange":  func() (runbook.Runbook, error) { return compile.Standing(with(exchanging)) },
		"move_hold": func() (runbook.Runbook, error) {
			return compile.Move(with(func(c *declare.Cutover) { c.HoldBefore = "identity" }))
		},
		"rehearse": func() (runbook.Runbook, error) { return compile.Rehearse(sampleCutover()) },
		"standing": func() (runbook.Runbook, error) { return compile.Standing(sampleCutover()) },
		"standing_source": func() (runbook.Runbook, error) {
			return compile.Standing(with(func(c *declare.Cutover) { c.Active = declare.Source }))
		},
		"standing_finalized": func() (runbook.Runbook, error) {
			return compile.Standing(with(func(c *declare.Cutover) { c.Finalized = true }))
		},
		"mend":            func() (runbook.Runbook, error) { return compile.Mend(sampleCutover(), mended) },
		"mend_queue_only": func() (runbook.Runbook, error) { return compile.Mend(sampleCutover(), []string{"hold_queue.source"}) },
		"backup":          func() (runbook.Runbook, error) { return compile.Backup(sampleBackup()) },
		"backup_retained": func() (runbook.Runbook, error) { return compile.BackupRetained(sampleBackup()) },
		"mount":           func() (runbook.Runbook, error) { return compile.Mount(sampleMount()) },
		"upgrade":         func() (runbook.Runbook, error) { return compile.Upgrade(sampleUpgrade()) },
		"upgrade_last_hop": func() (runbook.Runbook, error) {
			u := sampleUpgrade()
			u.Hops, u.Begun, u.SwitchTo, u.Estimates = u.Hops[1:], true, "", declare.UpgradeEstimates{}
			return compile.Upgrade(u)
		},
		"upgrade_standing": func() (runbook.Runbook, error) { return compile.UpgradeStanding(sampleUpgrade()) },
		"upgrade_served":   func() (runbook.Runbook, error) { return compile.Served(sampleUpgrade()) },
		"upgrade_devices":  func() (runbook.Runbook, error) { return compile.Devices(sampleUpgrade()) },
		"upgrade_rest":     func() (runbook.Runbook, error) { return compile.UpgradeRest(sampleUpgrade()) },
		"upgrade_mend": func() (runbook.Runbook, error) {
			return compile.UpgradeMend(sampleUpgrade(), []string{"start_service.mailserver2.cpms-mta", "install_version.mailconf1.7.1"})
		},
		"finalize": func() (runbook.Runbook, error) { return compile.Finalize(sampleCutover()) },
	}
}

func exchanging(c *declare.Cutover) {
	c.Identity.Mode, c.Identity.ParkAddress = declare.Exchange, "192.0.2.26/24"
	c.Identity.Hostnames, c.Identity.RewriteIn = declare.Hostnames{Old: "ika", New: "tako"}, []string{"/etc/hosts", "/var/named/**"}
}

func byRecords(c *declare.Cutover) {
	c.Identity = declare.Identity{Mode: declare.DNS, DNS: &declare.DNSUpdate{
		Server: "192.0.2.53", Zone: "example.org", TSIGName: "move",
		Records: []declare.Record{{Name: "mail", Type: "A", Value: "192.0.2.22", TTL: 300}, {Name: "@", Type: "MX", Value: "10 mail.example.org."}},
	}}
	c.Checks = append(c.Checks,
		declare.Check{Name: "named", Kind: "smtp", Address: "mail.example.org:25"},
		declare.Check{Name: "record", Kind: "dns", Address: "192.0.2.53:53", Expect: "mail.example.org A 192.0.2.22"},
		declare.Check{Name: "other", Kind: "dns", Address: "192.0.2.53:53", Expect: "www.example.org A"})
}

func byCommand(c *declare.Cutover) {
	c.Identity = declare.Identity{Mode: declare.Command, Command: &declare.Switch{
		Do: []string{"lb", "use", "new"}, Undo: []string{"lb", "use", "it's old"}, Probe: []string{"lb", "is", "new"},
	}}
}

func withoutIdentity(c *declare.Cutover) { c.Identity = declare.Identity{Mode: "none"} }

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, book := range goldenBooks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := book()
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			words, err := r.Words()
			if err != nil {
				t.Fatalf("words: %v", err)
			}
			got := r.Name + "\n" + strings.Join(words, "\n") + "\n"
			file := filepath.Join("testdata", name+".txt")
			if os.Getenv(updateVariable) != "" {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatalf("update: %v", err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("golden file (write it with %s=1): %v", updateVariable, err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got), write it anew with %s=1:\n%s", file, updateVariable, diff)
			}
		})
	}
}

// Every golden file belongs to a runbook that is still compiled.
func TestGoldenFilesAreUsed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	books := goldenBooks()
	for _, file := range files {
		if _, ok := books[strings.TrimSuffix(filepath.Base(file), ".txt")]; !ok {
			t.Errorf("%s belongs to no runbook", file)
		}
	}
	if len(files) != len(books) {
		t.Errorf("%d golden files for %d runbooks", len(files), len(books))
	}
}
