//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itesm"
)

const upgradeAddress = "module.itesm.mail_upgrade.cpms"

// TestITESM walks through the whole procedure with the module on five hosts, under a stand-in for CPMS. A proof is made to fail after 7.0, and then after
// 7.1; each time what served before serves again. Its sub-tests bear the names of the procedure's steps and look at what each brought about on the hosts.
func TestITESM(t *testing.T) {
	c := newCluster(t)
	proved := &proof{procedure: "ITESM"}
	defer func() { c.must(proved.tell()) }()
	for _, step := range []struct {
		name string
		run  func(*cluster)
		must bool // nothing after it can be told without it
	}{
		{"declared", (*cluster).declared, true},
		{"fails_after_7.0", (*cluster).failsFirst, true},
		{"fails_after_7.1", (*cluster).failsSecond, true},
		{"K1_databases_as_text", (*cluster).k1, false},
		{"K2_configuration_of_the_hosts", (*cluster).k2, false},
		{"K3_templates", (*cluster).k3, false},
		{"K4_error_texts", (*cluster).k4, false},
		{"T1_account_creation_stops_first", (*cluster).t1, false},
		{"T2_then_account_administration", (*cluster).t2, false},
		{"T3_MTAs_stop_then_the_configuration_server", (*cluster).t3, false},
		{"T4_backup_read_back_before_anything_changes", (*cluster).t4, false},
		{"T5_old_partition_elsewhere", (*cluster).t5, false},
		{"T6_new_partition_in_its_place", (*cluster).t6, false},
		{"T7_databases_and_newest_logs_copied", (*cluster).t7, false},
		{"T8_70_on_every_host", (*cluster).t8, false},
		{"T9_configuration_server_starts_then_MTAs", (*cluster).t9, false},
		{"second_hop", (*cluster).secondHop, true},
		{"T10_MTAs_stop_then_the_configuration_server", (*cluster).t10, false},
		{"T11_71_on_every_host", (*cluster).t11, false},
		{"T12_configuration_server_starts_then_MTAs", (*cluster).t12, false},
		{"T13_mailconf1_is_the_active_one", (*cluster).t13, false},
		{"T14_service_validated_behind_the_fence", (*cluster).t14, false},
		{"T15_mailboxes_rebuilt_online", (*cluster).t15, false},
		{"T16_verified", (*cluster).t16, false},
		{"X1_failed_hops_went_back_by_themselves", (*cluster).x1, false},
		{"drift", (*cluster).drift, false},
	} {
		ok := proved.note(step.name, t.Run(step.name, func(t *testing.T) { step.run(c.at(t)) }))
		if !ok && step.must {
			t.Fatalf("nothing after %q can be told without it", step.name)
		}
	}
}

// cluster is the module in a root module of its own, and what is remembered from run to run.
type cluster struct {
	*workspace
	*story
}

type story struct {
	begun                   map[string]float64 // when runs began, in seconds since 1970
	afterFirst, afterSecond bool               // what X1 wants was seen
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	if err := removeLab(t.Context()); err != nil {
		t.Fatalf("remove the lab: %v", err)
	}
	var log bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	l, err := lab.Up(ctx, itesm.Spec(itesm.Options{Name: labName(), Log: &log}))
	if err != nil {
		t.Fatalf("make the hosts: %v\n%s", err, log.String())
	}
	shared.lab = l
	c := &cluster{newWorkspace(t, l), &story{begun: map[string]float64{}}}
	c.must(os.CopyFS(filepath.Join(c.dir, "itesm"), os.DirFS(filepath.Join("..", "..", "examples", "migrations", "itesm"))))
	c.version("6.7")
	c.get()
	return c
}

func (c *cluster) at(t *testing.T) *cluster {
	t.Helper()
	return &cluster{c.in(t), c.story}
}

func (c *cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) host(name string) machine { return on(c.t, c.lab, name) }

// version writes the root module.
func (c *cluster) version(version string) {
	c.t.Helper()
	var hosts strings.Builder
	for _, name := range itesm.Hosts() {
		role := "mta"
		if strings.HasPrefix(name, "mailconf") {
			role = "config"
		}
		fmt.Fprintf(&hosts, "    %s = { addresses = [%q], host_key = %q, role = %q, active = %t }\n", name, itesm.Address(name), c.keys[name], role, name != itesm.Standby)
	}
	mta := itesm.Address(itesm.MTAs()[0])
	c.file("main.tf", c.provider("")+fmt.Sprintf(`
module "itesm" {
  source = "./itesm"
  hosts = {
%s  }
  account_services = [{ host = "mailconf1", service = "notes-accounts" }, { host = "mailconf1", service = "wssp-accounts" }]
  storage          = { device = %q, type = "none", options = ["bind"] }
  switch_to        = "mailconf1"
  rebuild          = { host = "mailconf1" }
  checks = {
    smtp = { kind = "smtp", address = "%s:25" }
    imap = { kind = "imap", address = "%s:143" }
  }
  active_version = %q
}
`, hosts.String(), itesm.NewVolume, mta, mta, version))
}

type upgradeState struct {
	Version         string   `json:"version"`
	Status          string   `json:"status"`
	ActiveHosts     []string `json:"active_hosts"`
	PredictedOutage string   `json:"predicted_outage"`
	Drift           []string `json:"drift"`
}

func (c *cluster) state() upgradeState {
	c.t.Helper()
	var s upgradeState
	if !c.read(upgradeAddress, &s) {
		c.t.Fatalf("%s is not in the state", upgradeAddress)
	}
	return s
}

// begins remembers when a run began, by the machine's clock, which all hosts have.
func (c *cluster) begins(run string) { c.begun[run] = float64(time.Now().UnixMicro()) / 1e6 }

// when is the first time after the beginning of a run that a host's unit was "Started" or "Stopped", as its journal has it.
func (c *cluster) when(host, unit, what, run string) float64 {
	c.t.Helper()
	text := c.host(host).sh("journalctl --no-pager -q -o short-unix -u '" + unit + "' | grep -E '" + what + " ' || true")
	for line := range strings.Lines(text) {
		at, err := strconv.ParseFloat(strings.Fields(line + " 0")[0], 64)
		if err == nil && at >= c.begun[run] {
			return at
		}
	}
	c.t.Errorf("%s on %s was not %s in the run %q:\n%s", unit, host, what, run, text)
	return 0
}

// inOrder asserts that each time is later than the one before.
func (c *cluster) inOrder(what string, times ...float64) {
	c.t.Helper()
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			c.t.Errorf("%s: %v", what, times)
			return
		}
	}
}

func (c *cluster) everywhere(want string, argv ...string) {
	c.t.Helper()
	for _, name := range itesm.Hosts() {
		c.host(name).is(want, argv...)
	}
}

// serves asserts that a version runs on all that are active, whose accounts are open, and that mail comes in and is found.
func (c *cluster) serves(version, active string) {
	c.t.Helper()
	c.everywhere(version, "cpmsctl", "version")
	c.host(active).is(version, "cat", itesm.Root+"/data/format")
	for _, name := range append(itesm.MTAs(), active) {
		c.host(name).is("", "cpmsctl", "check")
	}
	for _, unit := range itesm.Quiesced() {
		c.host(itesm.Standby).is("active", "systemctl", "is-active", unit)
	}
	c.mail("serves " + version)
}

// mail brings a message in at one MTA and finds it at another.
func (c *cluster) mail(subject string) {
	c.t.Helper()
	from := c.host(itesm.Standby)
	count := func() int {
		text := from.sh("curl -sS --max-time 10 -u u01:pw-u01 'imap://" + itesm.Address("mailserver2") + "/' -X 'STATUS INBOX (MESSAGES)'")
		n, err := strconv.Atoi(strings.TrimRight(text[strings.LastIndex(text, " ")+1:], ")\r\n"))
		if err != nil {
			c.t.Fatalf("%q: %v", text, err)
		}
		return n
	}
	before := count()
	from.sh("swaks --silent 2 --timeout 20 --server " + itesm.Address("mailserver1") + " --from out@example.org --to u01@itesm.mx --header 'Subject: " + subject + "'")
	for range 100 {
		if count() == before+1 {
			return
		}
		time.Sleep(100 * time.Millisecond) // a delivery has no sign but the message
	}
	c.t.Errorf("the message %q is not found", subject)
}

func (c *cluster) declared() {
	c.apply().good()
	if s := c.state(); s.Version != "6.7" || s.Status != "settled" {
		c.t.Errorf("%+v", s)
	}
	c.empty()
	c.serves("6.7", itesm.Active)
}

// attempt upgrades, which must fail at a proof.
func (c *cluster) attempt(run, host, fail string) {
	c.t.Helper()
	c.host(host).sh("echo '" + fail + "' >/etc/cpms-fail")
	c.version("7.1")
	c.begins(run)
	c.apply().refused("", "failed and was backed out", "prove that", "is well")
	c.host(host).sh("rm /etc/cpms-fail")
}

func (c *cluster) failsFirst() {
	fstab := c.host(itesm.Active).sh("cat /etc/fstab")
	c.attempt("first", "mailserver1", "check 7.0")
	if s := c.state(); s.Version != "6.7" || s.Status != "backed-out" {
		c.t.Errorf("%+v", s)
	}
	c.serves("6.7", itesm.Active)
	for _, name := range itesm.Hosts() {
		h := c.host(name)
		h.is("install 7.0\ninstall 6.7", "sh", "-c", "grep install /var/log/cpms.log")
		h.is("same", "sh", "-c", "[ \"$(stat -c %d "+itesm.Root+")\" = \"$(stat -c %d "+itesm.OldVolume+")\" ] && ! mountpoint -q "+itesm.Root+".old && echo same")
	}
	if got := c.host(itesm.Active).sh("cat /etc/fstab"); got != fstab {
		c.t.Errorf("fstab:\n%s\nwas:\n%s", got, fstab)
	}
	c.afterFirst = !c.t.(*testing.T).Failed()
}

func (c *cluster) failsSecond() {
	c.attempt("second", "mailserver2", "check 7.1")
	if s := c.state(); s.Version != "7.0" || s.Status != "backed-out" {
		c.t.Errorf("%+v", s)
	}
	c.serves("7.0", itesm.Active)
	for _, name := range itesm.Hosts() {
		c.host(name).is("install 7.1\ninstall 7.0", "sh", "-c", "grep install /var/log/cpms.log | tail -n 2")
	}
	c.afterSecond = !c.t.(*testing.T).Failed()
}

// backedUp prints a file of the newest backup before the hop to a version, which is what was written.
func (c *cluster) backedUp(host, version, file string) string {
	c.t.Helper()
	return c.host(host).sh(`cd "$(ls -d /var/backups/mail/cpms.` + version + `.0* | tail -n 1)"; sha256sum --quiet --strict -c manifest; tar -xOf files.tar '` + file + `'`)
}

func (c *cluster) contains(text string, wants ...string) {
	c.t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			c.t.Errorf("%q lacks %q", text, want)
		}
	}
}

func (c *cluster) k1() {
	for version, before := range map[string]string{"7.0": "6.7", "7.1": "7.0"} {
		c.contains(c.backedUp(itesm.Active, version, "opt/criticalpath/nfs/data/text/accounts.txt"), "# written by "+before, "u01 10", "u06 60")
		c.contains(c.backedUp(itesm.Active, version, "opt/criticalpath/nfs/data/format"), before)
	}
	c.contains(c.backedUp(itesm.Active, "7.0", "opt/criticalpath/nfs/data/accounts.db"), "u01|10")
}

func (c *cluster) k2() {
	for _, name := range append(itesm.MTAs(), itesm.Active) {
		c.contains(c.backedUp(name, "7.0", "etc/nplex/host.conf"), "host = "+name)
	}
}

func (c *cluster) k3() {
	c.contains(c.backedUp(itesm.Active, "7.0", "opt/criticalpath/nfs/www/mail/templates/welcome.html"), "welcome")
}

func (c *cluster) k4() {
	c.contains(c.backedUp(itesm.Active, "7.0", "opt/criticalpath/nfs/www/mail/errors/es.txt"), "usuario desconocido")
}

func (c *cluster) t1() {
	notes := c.when(itesm.Standby, "notes-accounts", "Stopped", "second")
	for _, mta := range itesm.MTAs() {
		c.inOrder("account creation before mail", notes, c.when(mta, "postfix@-", "Stopped", "second"))
	}
}

func (c *cluster) t2() {
	c.inOrder("students after staff", c.when(itesm.Standby, "notes-accounts", "Stopped", "second"), c.when(itesm.Standby, "wssp-accounts", "Stopped", "second"))
}

func (c *cluster) stopsInOrder(run string) {
	c.t.Helper()
	for _, mta := range itesm.MTAs() {
		c.inOrder("MTA before the configuration server", c.when(mta, "postfix@-", "Stopped", run), c.when(itesm.Active, "cpms-config", "Stopped", run))
	}
}

func (c *cluster) startsInOrder(run string) {
	c.t.Helper()
	for _, mta := range itesm.MTAs() {
		c.inOrder("configuration server before MTA", c.when(itesm.Active, "cpms-config", "Started", run), c.when(mta, "postfix@-", "Started", run))
	}
}

func (c *cluster) t3() { c.stopsInOrder("second") }

// journalTime is when an operation of the upgrade began or ended last on a host.
func (c *cluster) operation(host, op, event string) int {
	c.t.Helper()
	text := c.host(host).sh("cat -n " + journalDir + "/runs/mail_upgrade.cpms.to-7.1/journal")
	line := 0
	for l := range strings.Lines(text) {
		if strings.Contains(l, `"op":"`+op) && strings.Contains(l, `"event":"`+event+`"`) {
			n, err := strconv.Atoi(strings.Fields(l)[0])
			c.must(err)
			line = n
		}
	}
	if line == 0 {
		c.t.Errorf("%s has no %s on %s", op, event, host)
	}
	return line
}

func (c *cluster) t4() {
	for _, name := range append(itesm.MTAs(), itesm.Active) {
		if taken, changed := c.operation(name, "back_up_hop."+name+".cpms.7.0", "end"), c.operation(name, "install_version."+name+".7.0", "begin"); taken > changed {
			c.t.Errorf("on %s the backup ended after the installation began", name)
		}
	}
	taken, moved := c.operation(itesm.Active, "back_up_hop."+itesm.Active+".cpms.7.0", "end"), c.operation(itesm.Active, "move_mount.", "begin")
	if taken > moved {
		c.t.Error("the backup ended after the partition was touched")
	}
}

func (c *cluster) t5() {
	c.everywhere("same", "sh", "-c", "[ \"$(stat -c %d "+itesm.Root+".old)\" = \"$(stat -c %d "+itesm.OldVolume+")\" ] && mountpoint -q "+itesm.Root+".old && echo same")
	c.everywhere(itesm.OldVolume+" "+itesm.Root+".old none bind 0 0", "grep", itesm.OldVolume, "/etc/fstab")
}

func (c *cluster) t6() {
	c.everywhere("same", "sh", "-c", "[ \"$(stat -c %d "+itesm.Root+")\" = \"$(stat -c %d "+itesm.NewVolume+")\" ] && mountpoint -q "+itesm.Root+" && echo same")
	c.everywhere(itesm.NewVolume+" "+itesm.Root+" none bind 0 0", "grep", itesm.NewVolume, "/etc/fstab")
}

func (c *cluster) t7() {
	h := c.host(itesm.Active)
	h.is("newest log", "cat", itesm.Root+"/logs/2004/december.log")
	h.is("6.7", "cat", itesm.Root+".old/data/format") // the old partition stays as it was
	if diff := h.sh("diff -r " + itesm.Root + ".old/logs " + itesm.Root + "/logs; diff -r " + itesm.Root + ".old/www " + itesm.Root + "/www"); diff != "" {
		c.t.Errorf("differs: %s", diff)
	}
	h.is("u01 10", "sh", "-c", "grep '^u01' "+itesm.Root+"/data/text/accounts.txt")
}

func (c *cluster) t8() {
	for _, name := range itesm.Hosts() {
		c.contains(c.host(name).sh("grep install /var/log/cpms.log"), "install 6.7\ninstall 7.0\n")
	}
}

func (c *cluster) t9() { c.startsInOrder("second") }

func (c *cluster) secondHop() {
	c.version("7.1")
	c.plan().changes()
	c.begins("third")
	c.call("apply", "-json", planFile).good()
	if s := c.state(); s.Version != "7.1" || s.Status != "settled" || strings.Join(s.ActiveHosts, " ") != "mailconf1 mailserver1 mailserver2 mailserver3" {
		c.t.Errorf("%+v", s)
	}
	c.empty()
}

func (c *cluster) t10() { c.stopsInOrder("third") }

func (c *cluster) t11() {
	c.everywhere("7.1", "cpmsctl", "version")
	c.everywhere("CPMS 7.1, a stand-in", "cat", "/usr/lib/cpms/README")
}

func (c *cluster) t12() {
	c.startsInOrder("third")
	c.host(itesm.Active).is("7.1", "cat", itesm.Root+"/data/format")
	c.host(itesm.Active).sh("python3 -m json.tool " + itesm.Root + "/data/accounts.db")
}

func (c *cluster) t13() {
	now, before := c.host(itesm.Standby), c.host(itesm.Active)
	now.is("active", "systemctl", "is-active", "cpms-config")
	before.is("inactive", "systemctl", "is-active", "cpms-config")
	now.sh("cpmsctl active")
	before.sh("! cpmsctl active")
}

func (c *cluster) t14() {
	mta := "mailserver1"
	if proved, open := c.operation(mta, "prove_hop.mailserver1.7.1.switch", "end"), c.operation(mta, "lower_fence.", "end"); proved > open {
		c.t.Error("clients came in before the service was validated")
	}
	for _, name := range itesm.MTAs() {
		c.host(name).sh("! nft list table inet terraform_provider_mail 2>/dev/null")
	}
	c.serves("7.1", itesm.Standby)
}

func (c *cluster) t15() {
	h := c.host(itesm.Standby)
	for n := 1; n <= itesm.Users; n++ {
		c.contains(h.sh(fmt.Sprintf("cat %s/index/u%02d", itesm.Root, n)), "7.1 ")
	}
	h.is("0", "sh", "-c", "cat "+journalDir+"/jobs/*/rc")
	c.contains(h.sh("cat "+journalDir+"/jobs/*/out"), "100%")
}

func (c *cluster) t16() {
	h := itesm.Standby
	if job, last := c.operation(h, "start_job.", "end"), c.operation(h, "prove_hop.mailconf1.7.1.verify", "end"); job > last {
		c.t.Error("the last proof was made before the mailboxes were rebuilt")
	}
	c.serves("7.1", itesm.Standby)
}

func (c *cluster) x1() {
	if !c.afterFirst || !c.afterSecond {
		c.t.Error("a failed hop did not go back to what served before: see fails_after_7.0 and fails_after_7.1")
	}
	// What the failed 7.1 had made of the databases is kept beside what was restored.
	c.host(itesm.Standby).is("7.1", "sh", "-c", "cat "+itesm.Root+"/.cpms.7.1.data.*/old/format")
}

func (c *cluster) drift() {
	c.host("mailserver3").sh("cpmsctl stop mta")
	p := c.plan().changes()
	c.contains(p.explain(), "cpms-mta")
	c.apply().good()
	c.empty()
	c.host("mailserver3").is("", "cpmsctl", "check")
}
