package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

const backup = `
resource "mail_backup" "before" {
  host      = mail_host.old.id
  paths     = ["/etc/nplex", "/var/odd, \"path\""]
  databases = [{ engine = "postgresql", name = "bj" }]
  directory = "/var/backups/mail"
  %s
}`

const mount = `
resource "mail_mount" "root" {
  host   = mail_host.new.id
  device = "%s"
  path   = "/opt/criticalpath/nfs"
  type   = "ext4"
  %s
}`

func imported(address string) resource.TestStep {
	return resource.TestStep{
		ResourceName: address, ImportState: true, ImportStateVerify: true,
		ImportStateVerifyIgnore: []string{"runbook", "last_run", "last_backup", "timeouts", "type", "options", "on_destroy"},
	}
}

// Planned, done, done nothing, gone and mended, imported, and left or taken back at the end.
func TestBackupLifecycle(t *testing.T) {
	t.Parallel()
	const address = "mail_backup.before"
	for onDestroy, undone := range map[string]int{"keep": 0, "delete": 1} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			body := with(fmt.Sprintf(backup, "on_destroy = \""+onDestroy+"\""))
			unit(t, e,
				resource.TestStep{
					Config: body,
					ConfigPlanChecks: planned(
						plancheck.ExpectKnownValue(address, at("id"), exact(idOld+`,/var/backups/mail,/etc/nplex,/var/odd%2C "path",postgresql:bj`)),
						plancheck.ExpectKnownValue(address, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.StringRegexp(regexp.MustCompile(`^01 back up /etc/nplex`))})),
						plancheck.ExpectUnknownValue(address, at("status")), plancheck.ExpectUnknownValue(address, at("last_backup")),
					),
					ConfigStateChecks: []statecheck.StateCheck{
						status(address, "settled"), statecheck.ExpectKnownValue(address, at("last_backup").AtMapKey("bytes"), knownvalue.Int64Exact(2048)),
						statecheck.ExpectKnownValue(address, at("last_backup").AtMapKey("path"), knownvalue.StringRegexp(regexp.MustCompile(`^/var/backups/mail/nplex-[0-9a-f]{6}\.000001$`))),
					},
				},
				resource.TestStep{Config: body, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
				resource.TestStep{
					PreConfig: e.set(func() { clear(e.done) }), Config: body,
					ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(address, at("last_backup"))),
					ConfigStateChecks: []statecheck.StateCheck{status(address, "settled")},
				},
				imported(address),
			)
			if len(e.undone) != undone || len(e.ran) != 2 {
				t.Errorf("ran %q, undid %q", e.ran, e.undone)
			}
		})
	}
}

// A new text takes another, fewer to keep take none, what touches no host runs nothing, and old is drift.
func TestBackupRunsAgain(t *testing.T) {
	t.Parallel()
	const address = "mail_backup.before"
	first := func(text string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at("last_run").AtMapKey("steps").AtSliceIndex(0).AtMapKey("id"), knownvalue.StringRegexp(regexp.MustCompile("^"+text+`\.`)))
	}
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: with(fmt.Sprintf(backup, `trigger = "1"`)), ConfigStateChecks: []statecheck.StateCheck{first("take_backup")}},
		resource.TestStep{
			Config:            with(fmt.Sprintf(backup, "trigger = \"1\"\n retain = 2")),
			ConfigPlanChecks:  planned(plancheck.ExpectKnownValue(address, at("last_backup").AtMapKey("bytes"), knownvalue.Int64Exact(2048))),
			ConfigStateChecks: []statecheck.StateCheck{first("prune_backups"), status(address, "settled")},
		},
		resource.TestStep{
			Config:            with(fmt.Sprintf(backup, "trigger = \"2\"\n retain = 1")),
			ConfigStateChecks: []statecheck.StateCheck{first("take_backup")},
		},
		resource.TestStep{
			Config:            with(fmt.Sprintf(backup, "trigger = \"2\"\n retain = 1\n on_destroy = \"delete\"")),
			ConfigPlanChecks:  planned(plancheck.ExpectKnownValue(address, at("status"), exact("settled"))),
			ConfigStateChecks: []statecheck.StateCheck{first("take_backup")},
		},
		resource.TestStep{Config: with(fmt.Sprintf(backup, "trigger = \"2\"\n retain = 1\n max_age = \"1ns\"")), ExpectNonEmptyPlan: true},
	)
	if len(e.ran) != 3 {
		t.Errorf("ran %q", e.ran)
	}
}

// What failed after a backup was proved does not take it back; what failed in taking it leaves the one before in the state.
func TestBackupFails(t *testing.T) {
	t.Parallel()
	const address = "mail_backup.before"
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: with(fmt.Sprintf(backup, `trigger = "1"`))},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "take_backup", executor.Halted }), Config: with(fmt.Sprintf(backup, `trigger = "2"`)),
			ExpectError: regexp.MustCompile(`(?s)was\s+halted.*it\s+broke.*Next:`),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: with(fmt.Sprintf(backup, `trigger = "2"`)),
			ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled"), statecheck.ExpectKnownValue(address, at("last_backup").AtMapKey("files"), knownvalue.Int64Exact(10))},
		},
	)
	if len(e.undone) != 0 {
		t.Errorf("undid %q", e.undone)
	}
}

func TestMountLifecycle(t *testing.T) {
	t.Parallel()
	const address = "mail_mount.root"
	e := newEngine()
	body := with(fmt.Sprintf(mount, "/dev/vdb1", `options = ["noatime"]`))
	unit(t, e,
		resource.TestStep{
			Config: body,
			ConfigPlanChecks: planned(
				plancheck.ExpectKnownValue(address, at("id"), exact(idNew+`,/dev/vdb1,/opt/criticalpath/nfs`)),
				plancheck.ExpectKnownValue(address, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{1: knownvalue.StringRegexp(regexp.MustCompile(`^02 mount /dev/vdb1 \(ext4, noatime\)`))})),
			),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled")},
		},
		resource.TestStep{Config: body, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{
			PreConfig: e.set(func() { clear(e.done) }), Config: body,
			ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled")},
		},
		imported(address),
		resource.TestStep{ // other options are put into effect in place, another device is not
			Config:           with(fmt.Sprintf(mount, "/dev/vdb1", `options = ["nodev"]`)),
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)),
		},
		resource.TestStep{
			Config:           with(fmt.Sprintf(mount, "UUID=1", "")),
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace)),
		},
	)
	if len(e.undone) != 2 {
		t.Errorf("undid %q", e.undone)
	}
}

// What is in the way is an error of the plan, at the attribute that it concerns.
func TestMountObstacles(t *testing.T) {
	t.Parallel()
	for attribute, obstacle := range map[string]string{
		"device": "device: /dev/vdb1 is mounted at /srv already. Next: unmount it there, or name another device",
		"path":   "path: /opt/criticalpath/nfs is not empty: 2 entries would be hidden. Next: move them away, or name another path",
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			e.obstacles = []string{obstacle}
			_, next, _ := strings.Cut(obstacle, "Next: ")
			unit(t, e, resource.TestStep{Config: with(fmt.Sprintf(mount, "/dev/vdb1", "")), ExpectError: errorAt(attribute, "Next:\\s+"+strings.ReplaceAll(next, " ", `\s+`))})
			if len(e.ran) != 0 {
				t.Errorf("ran %q", e.ran)
			}
		})
	}
}

func TestInvalidStorage(t *testing.T) {
	t.Parallel()
	another := func(body, old, text string) string { return strings.ReplaceAll(body, old, text) }
	plain, mounted := fmt.Sprintf(backup, ""), fmt.Sprintf(mount, "/dev/vdb1", "")
	for name, test := range map[string]struct{ body, at, want string }{
		"nothing to back up":    {"resource \"mail_backup\" \"x\" {\n host = \"" + idOld + "\"\n}", `resource "mail_backup" "x"`, `At\s+least\s+one`},
		"directory inside":      {another(plain, `"/var/backups/mail"`, `"/etc/nplex/backups/"`), `directory`, `lies\s+inside\s+/etc/nplex.*Next:`},
		"the directory itself":  {another(plain, `"/var/backups/mail"`, `"/etc/nplex"`), `directory`, `lies\s+inside\s+/etc/nplex`},
		"a relative path":       {another(plain, `"/etc/nplex"`, `"etc/nplex"`), `paths`, `does\s+not\s+begin\s+with\s+a\s+slash`},
		"a line break":          {another(plain, `"/etc/nplex"`, `"/etc/\nnplex"`), `paths`, `a\s+control\s+character`},
		"none to keep":          {fmt.Sprintf(backup, "retain = 0"), `retain`, `at\s+least\s+1`},
		"another engine":        {another(plain, `"postgresql"`, `"mysql"`), `resource "mail_backup" "before"`, `databases\[0\]\.engine.*one\s+of:\s+\["postgresql"\]`},
		"another snapshot":      {fmt.Sprintf(backup, `snapshot = "lvm"`), `snapshot`, `one\s+of`},
		"a bad database":        {another(plain, `"bj"`, `"b j"`), `resource "mail_backup" "before"`, `databases\[0\]\.name.*holds\s+a\s+blank`},
		"mount at the root":     {another(mounted, `"/opt/criticalpath/nfs"`, `"/"`), `path`, `root\s+of\s+the\s+file\s+system`},
		"an option of two":      {fmt.Sprintf(mount, "/dev/vdb1", `options = ["ro,nodev"]`), `options`, `one\s+option\s+an\s+element`},
		"a device like options": {fmt.Sprintf(mount, "-a", ""), `device`, `write\s+a\s+device`},
		"a bad type":            {another(mounted, `"ext4"`, `"ext 4"`), `type`, `such\s+as\s+ext4`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(test.body), ExpectError: errorAt(test.at, test.want)})
		})
	}
}

func TestStorageImportIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"backup:" + idOld + ",/b,/etc/x,postgresql:bj": "", "backup:" + idOld + ",/b,/a:b": "",
		"backup:" + idOld + ",/b": "too few parts", "backup:" + idOld + ",b,/x": "slash", "backup:" + idOld + ",/b,mysql:x": "engine", "backup:" + idOld + ",/b,postgresql:": "1 to 63",
		"backup:x,/b,/etc": "fingerprint", "mount:" + idNew + ",UUID=1,/a%2Cb": "", "mount:" + idNew + ",/dev/x": "too few", "mount:" + idNew + ",-x,/a": "device",
		"mount:" + idNew + ",x,a": "slash", "mount:" + idNew + ",x,/a,b": "too many",
	} {
		kind, text, _ := strings.Cut(id, ":")
		got, err := provider.ParseImport(kind, text)
		switch {
		case want == "" && (err != nil || got != text):
			t.Errorf("%s: %q, %v", id, got, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}
