package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// sampleUpgrade is ITESM's, with the durations of its document.
func sampleUpgrade() declare.Upgrade {
	service := func(name, role string, ports ...int) declare.RoleService {
		argv := func(verb string) []string { return []string{"cpmsctl", verb, role} }
		return declare.RoleService{Role: role, Service: declare.Service{Name: name, Start: argv("start"), Stop: argv("stop"), Status: argv("status"), Ports: ports}}
	}
	host := func(name, role string, active bool) declare.UpgradeHost {
		return declare.UpgradeHost{Name: name, ID: "SHA256:" + name, Role: role, Active: active, Strategy: declare.InPlace}
	}
	hop := func(from, to string) declare.Hop {
		return declare.Hop{
			Version: to, From: from, FormatChange: "the databases are converted", ConvertsLate: true, Ready: []string{"cpmsctl", "packages", to},
			ReadyBack: []string{"cpmsctl", "packages", from}, Install: []string{"cpmsctl", "install", to}, Recover: []string{"cpmsctl", "install", from},
		}
	}
	const minute = time.Minute
	return declare.Upgrade{
		Name: "cpms-2004", Product: "cpms", Version: "7.1", Hops: []declare.Hop{hop("6.7", "7.0"), hop("7.0", "7.1")},
		Hosts: []declare.UpgradeHost{
			host("mailconf1", "config", false), host("mailconf2", "config", true),
			host("mailserver1", "mta", true), host("mailserver2", "mta", true), host("mailserver3", "mta", true),
		},
		Services:  []declare.RoleService{service("cpms-config", "config"), service("cpms-mta", "mta", 25, 143)},
		StopOrder: [][]string{{"cpms-mta"}, {"cpms-config"}}, StartOrder: [][]string{{"cpms-config"}, {"cpms-mta"}},
		Quiesce: []declare.Placed{{Host: "SHA256:portal", Service: "account-creation"}, {Host: "SHA256:portal", Service: "wssp"}},
		Backup:  declare.HopBackup{Paths: []string{"/opt/criticalpath/nfs/data", "/etc/nplex", "/opt/criticalpath/nfs/www/mail/templates"}, Directory: "/var/backups/mail"},
		Shared:  []string{"/opt/criticalpath/nfs/"},
		Storage: &declare.Storage{
			Device: "/dev/vdb1", Path: "/opt/criticalpath/nfs", PreviousPath: "/opt/criticalpath/nfs.old", Copy: []string{"data", "logs"}, Type: "auto",
		},
		SwitchTo: "mailconf1", Active: &declare.ActiveCommands{Role: "config", Status: []string{"cpmsctl", "active"}, On: []string{"cpmsctl", "activate"}, Off: []string{"cpmsctl", "deactivate"}},
		Ask: []string{"cpmsctl", "version"}, Proof: []string{"cpmsctl", "check"}, Export: []string{"cpmsctl", "export"},
		Ports: []int{25, 143}, SMTPPorts: []int{25},
		Checks: []declare.Check{{Name: "imap", Kind: "imap", Address: "192.0.2.31:143"}},
		Jobs:   []declare.Job{{Host: "SHA256:mailconf1", Command: []string{"cpmsctl", "rebuild"}}},
		Estimates: declare.UpgradeEstimates{
			Quiesce: 10 * minute, Stop: 20 * minute, Backup: 30 * minute, Mount: 5 * minute, Copy: 30 * minute, Install: 60 * minute, Start: 20 * minute,
			Recover: 40 * minute, Switch: 40 * minute, Validate: 40 * minute, Jobs: 390 * minute, Verify: 20 * minute,
		},
	}
}

// The document's timetable comes out of the compiled procedure to the minute: the sixteen starts, the sums, and the sums with the contingency. What is
// ours, such as a backup before the second hop, runs beside what the document has.
func TestUpgradeIsTheTimetableOfITESM(t *testing.T) {
	t.Parallel()
	book, err := compile.Upgrade(sampleUpgrade())
	if err != nil {
		t.Fatal(err)
	}
	table, totals := book.Timetable(), book.Totals()
	at := func(prefix string) time.Duration {
		for _, step := range table.Steps {
			if strings.HasPrefix(step.ID, prefix) {
				return 9*time.Hour + step.Start
			}
		}
		t.Errorf("no step %s", prefix)
		return 0
	}
	for _, row := range []struct{ step, clock, op string }{
		{"T1", "09:00", "stop_service.host-SHA256_portal"},
		{"T2", "09:10", "stop_service.host-SHA256_portal.49be2c.wssp"},
		{"T3", "09:20", "raise_fence.mailserver1"},
		{"T4", "09:40", "run_job.mailconf2.cpmsctl_export"},
		{"T5", "10:10", "move_mount.mailconf2"},
		{"T6", "10:15", "mount_path.mailconf2"},
		{"T7", "10:20", "copy_storage.mailconf2"},
		{"T8", "10:50", "install_version.mailconf1.7.0"},
		{"T9", "11:50", "start_service.mailconf2.cpms-config.7.0"},
		{"T10", "12:10", "stop_service.mailserver1.cpms-mta.7.1"},
		{"T11", "12:30", "install_version.mailconf1.7.1"},
		{"T12", "13:30", "start_service.mailconf2.cpms-config.7.1"},
		{"T13", "13:50", "stop_service.mailserver1.cpms-mta.switch"},
		{"T14", "14:30", "prove_hop.mailconf1.7.1.switch"},
		{"T15", "15:10", "start_job.mailconf1"},
		{"T16", "21:40", "prove_hop.mailconf1.7.1.verify"},
	} {
		op := row.op
		if row.step == "T2" {
			op = ""
			for _, o := range book.Operations {
				if o.Kind == "stop_service" && strings.Contains(o.ID, "wssp") {
					op = o.ID
				}
			}
		}
		got := at(op)
		if text := runbook.TimeOfDay(got, true); text != row.clock || got%time.Minute != 0 {
			t.Errorf("%s begins at %s (%s), the document says %s", row.step, text, got, row.clock)
		}
	}
	want := runbook.Totals{
		Work: 13 * time.Hour, Outage: 6*time.Hour + 10*time.Minute,
		Contingency: runbook.Contingency{Work: 14*time.Hour + 20*time.Minute, Outage: 7*time.Hour + 30*time.Minute},
	}
	if diff := cmp.Diff(want, totals); diff != "" {
		t.Errorf("(-document +compiled):\n%s", diff)
	}
	if down, _ := table.Down(); 9*time.Hour+down.To != 15*time.Hour+10*time.Minute {
		t.Errorf("online from %s, by the document's table 15:10", runbook.TimeOfDay(9*time.Hour+down.To, true))
	}
}

// What comes after a hop waits for its proof, and what goes back restores its backup before the version before it starts.
func TestUpgradeOrder(t *testing.T) {
	t.Parallel()
	u := sampleUpgrade()
	book, err := compile.Upgrade(u)
	if err != nil {
		t.Fatal(err)
	}
	order := []string{
		"raise_fence.mailserver1", "stop_service.mailserver1.cpms-mta.7.0", "stop_service.mailconf2.cpms-config.7.0", "run_job.mailconf2", "back_up_hop.mailconf2",
		"arm_recovery.mailconf2", "move_mount.mailconf2", "mount_path.mailconf2", "copy_storage.mailconf2", "install_version.mailconf1.7.0",
		"start_service.mailconf2.cpms-config.7.0", "start_service.mailserver3.cpms-mta.7.0", "prove_hop.mailserver1.7.0", "settle_hop.mailconf2",
		"stop_service.mailserver1.cpms-mta.7.1", "settle_hop.mailconf2.cpms-2004.7.1", "set_active.mailconf2", "set_active.mailconf1", "lower_fence.mailserver1", "start_job.mailconf1",
	}
	at := -1
	for _, prefix := range order {
		next := slices.IndexFunc(book.Operations, func(op runbook.Operation) bool { return strings.HasPrefix(op.ID, prefix) })
		if next <= at {
			t.Errorf("%s is at %d, after %d", prefix, next, at)
		}
		at = next
	}
	for _, op := range book.Operations {
		waits := book.Waits()[op.ID]
		if op.Kind == "start_service" && op.Hop == "7.1" && !slices.ContainsFunc(waits, func(id string) bool { return strings.HasPrefix(id, "install_version") }) && op.Role == "mailconf2" {
			t.Errorf("%s does not wait for the installation: %q", op.ID, waits)
		}
		if op.Kind == "start_service" && op.Hop == "7.1" && op.Role == "mailconf2" && !slices.ContainsFunc(waits, func(id string) bool { return strings.HasPrefix(id, "arm_recovery") }) {
			t.Errorf("%s does not wait for the backup: %q", op.ID, waits)
		}
	}
}

// What is declared to be impossible yet is refused, with the reason.
func TestUpgradeRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*declare.Upgrade){
		`strategy "side_by_side" of mailconf1 is not supported yet`: func(u *declare.Upgrade) { u.Hosts[0].Strategy = declare.SideBySide },
		"checks of an upgrade from another host are not supported":  func(u *declare.Upgrade) { u.Checks[0].From = oldHost },
		"does not say how a host becomes the active one":            func(u *declare.Upgrade) { u.Active = nil },
	} {
		u := sampleUpgrade()
		change(&u)
		if _, err := compile.Upgrade(u); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
