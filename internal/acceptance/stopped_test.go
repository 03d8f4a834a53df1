//go:build lab

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// stopped is a move that begins and is given up in the outage: everything goes back by itself.
func (m *migration) stopped(t *testing.T) *failures {
	t.Helper()
	return &failures{procedure: &procedure{migration: m.in(t), service: users(t, m.lab, bluemind.ServiceAddress)}}
}

// notQuiet: somebody who is no service of the product has a file of a tree open.
func (f *failures) notQuiet() {
	f.old.sh(`systemd-run -q --unit=writes-on sh -c 'exec 3>>/var/spool/bm-docs/written-on; exec sleep 1000'; until test -e /var/spool/bm-docs/written-on; do :; done`)
	f.towards()
	s := f.apply()
	f.old.sh("systemctl stop writes-on; rm /var/spool/bm-docs/written-on")
	f.backedOut(s, "prove_quiet", "a source tree is in use by", "sleep")
	f.declare("active", `"source"`)
	f.apply().good()
}

// overBudget: the cold pass takes longer than was predicted and allowed, and to go back is quicker than to go on.
func (f *failures) overBudget() {
	f.towards("estimates", `{ stop = "2s", start = "2s" }`)
	f.plan().changes()
	var planned cutover
	if !f.read(cutoverAddress, &planned, planFile) {
		f.t.Fatal("the cutover is not in the plan")
	}
	predicted, err := time.ParseDuration(planned.PredictedOutage)
	f.must(err)
	budget := (predicted + 5*time.Second).Round(time.Second)
	f.instead("rsync", fmt.Sprintf("if nft list table inet terraform_provider_mail >/dev/null 2>&1; then sleep %d; fi\nexec /usr/bin/rsync \"$@\"\n", int(budget.Seconds())+1))
	f.towards("window", fmt.Sprintf("{ confirm_within = \"10m\", outage_budget = %q }", budget))
	f.backedOut(f.apply(), "the outage budget would be exceeded", "are allowed", budget.String())
	for _, step := range f.cutover().LastRun.Steps {
		if strings.HasPrefix(step.ID, "take_address.") && !step.Undone {
			f.t.Errorf("%s was begun", step.ID)
		}
	}
	f.declare(append(usually(), "active", `"source"`, "estimates", "null")...)
	f.apply().good()
	f.empty()
}

// heldByTheCutover declares, elsewhere, what the cutover governs while its target serves: it is left alone, and says so.
func heldByTheCutover(t *testing.T, m *migration) {
	t.Helper()
	for _, r := range []struct{ name, kind, hcl string }{
		{"service", "mail_service", "  host = mail_host.new.id\n  name = \"postfix\"\n  running = false\n  enabled = false\n"},
		{"tree", "mail_sync", pair + "  paths = { \"/var/spool/bm-docs/\" = \"/var/spool/bm-docs/\" }\n  overwrite = true\n"},
		{"database", "mail_db_dump", pair + "  engine = \"postgresql\"\n  databases = [\"bj\"]\n"},
		{"files", "mail_file_set", pair + "  paths = [\"/etc/bm/**\"]\n"},
	} {
		t.Run(r.name, func(t *testing.T) {
			m := m.in(t)
			w := newWorkspace(t, m.lab)
			w.file("main.tf", w.provider("")+w.hosts("")+fmt.Sprintf("resource %q \"x\" {\n%s}\n", r.kind, r.hcl))
			before := m.prints()
			w.apply().good().told("warning", "", "Held by a cutover", "bluemind", "nothing was changed")
			m.untouched(before)
			w.empty()
			w.destroy().good()
			m.untouched(before)
		})
	}
	t.Run("another_cutover", func(t *testing.T) {
		m := m.in(t)
		rival := *m
		rival.workspace = newWorkspace(t, m.lab)
		m.must(copyModule(rival.dir))
		rival.set = map[string]string{}
		for name, value := range m.set {
			rival.set[name] = value
		}
		rival.declare("name", `"rival"`, "old", m.set["new"], "new", m.set["old"], "my_networks", "null", "active", `"source"`)
		rival.get()
		before := m.prints()
		rival.plan().refused("name", "Another cutover governs the hosts", "bluemind", "Next:")
		rival.apply().refused("name", "Another cutover governs the hosts", "bluemind", "Next:")
		m.untouched(before)
		m.empty()
	})
}

// lostState imports a cutover whose state was lost while its target serves: nothing moves, and it is governed again.
func lostState(m *migration) {
	before := m.prints()
	m.call("state", "rm", cutoverAddress).good()
	m.call("import", "-no-color", cutoverAddress, m.ids("bluemind,OLD,NEW")).good()
	if c := m.cutover(); c.Active != "target" {
		m.t.Errorf("after the import %q serves", c.Active)
	}
	m.apply().good()
	m.status("target", "settled")
	m.empty()
	m.untouched(before)
	m.destroy().refused("", "while a way back is open")
	m.untouched(before)
}
