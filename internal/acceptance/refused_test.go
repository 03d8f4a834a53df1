//go:build lab

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestRefused declares what must not be carried out. Every refusal is ours and
// names what is wrong, and the hosts are as they were.
func TestRefused(t *testing.T) {
	// A disk of its own, so that it can be too small.
	l := fresh(t, bluemind.Options{DiskMiB: map[string]int{bluemind.New: 700}})
	t.Run("single", func(t *testing.T) { refusedSingles(t, l) })
	m := newMigration(t, l)
	t.Run("creation", func(t *testing.T) { refusedCreations(m.in(t)) })
	if !t.Run("rehearsal", func(t *testing.T) { m.in(t).apply().good() }) {
		t.FailNow()
	}
	t.Run("move", func(t *testing.T) { refusedMoves(m.in(t)) })
	t.Run("window", func(t *testing.T) { m.stopped(t).refusedWindows() })
	t.Run("source_not_quiet", func(t *testing.T) { m.stopped(t).notQuiet() })
	t.Run("budget_exceeded", func(t *testing.T) { m.stopped(t).overBudget() })
	if !t.Run("moved", func(t *testing.T) {
		m := m.in(t)
		m.declare("active", `"target"`)
		m.apply().good()
		m.status("target", "settled")
	}) {
		t.FailNow()
	}
	t.Run("serving", func(t *testing.T) { refusedServing(m.in(t)) })
	t.Run("held", func(t *testing.T) { heldByTheCutover(t, m) })
	t.Run("state_lost", func(t *testing.T) { lostState(m.in(t)) })
	t.Run("forgotten", func(t *testing.T) { forgotten(m.in(t)) })
}

// hosts declares both hosts, with extra lines for old.
func (w *workspace) hosts(extra string) string {
	text := ""
	for name, address := range map[string]string{bluemind.Old: bluemind.OldAddress, bluemind.New: bluemind.NewAddress} {
		text += fmt.Sprintf("resource \"mail_host\" %q {\n  addresses = [%q]\n", name, address)
		if name == bluemind.Old {
			text += extra
		}
		text += "}\n"
	}
	return text
}

// pair is what every resource between the two hosts begins with.
const pair = "  source = mail_host.old.id\n  target = mail_host.new.id\n"

// refusal is one declaration that must not be carried out.
type refusal struct {
	name      string
	prepare   string // on old, before
	tidy      string // on old, after
	hosts     string // extra lines of old's declaration
	provider  string // extra lines of the provider's configuration
	hcl       string
	attribute string
	texts     []string
}

func singleRefusals() []refusal {
	wrongKey := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKVzPRQUCr1rU9A8Hn9ZXTJLPRhdQN3ipnGWNPKxQfv"
	return []refusal{
		{
			name: "wrong_host_key", hosts: "  host_key = \"" + wrongKey + "\"\n",
			texts: []string{bluemind.OldAddress, "SHA256:"},
		},
		{
			name: "unreachable_host", hcl: "resource \"mail_host\" \"away\" {\n  addresses = [\"10.99.0.99\"]\n  host_key = \"" + wrongKey + "\"\n}\n",
			texts: []string{"10.99.0.99"},
		},
		{
			name: "file_set_unknown_path", hcl: "resource \"mail_file_set\" \"x\" {\n" + pair + "  paths = [\"/etc/bm/no-such.conf\"]\n}\n",
			texts: []string{"/etc/bm/no-such.conf", "source"},
		},
		{
			name: "file_set_relative_path", hcl: "resource \"mail_file_set\" \"x\" {\n" + pair + "  paths = [\"etc/bm/bm.ini\"]\n}\n",
			attribute: "paths", texts: []string{"etc/bm/bm.ini"},
		},
		{
			name: "product_file_bad_hcl", provider: "product_files = [\"${path.root}/own.mail.hcl\"]", hosts: "",
			hcl:   "data \"mail_product\" \"x\" {\n  name = \"own\"\n}\n",
			texts: []string{"own.mail.hcl", "line 2"},
		},
		{
			name: "database_password_wrong", hcl: "resource \"mail_db_dump\" \"x\" {\n" + pair +
				"  engine = \"postgresql\"\n  databases = [\"bj\"]\n  user = \"bj\"\n  password_wo = \"not-the-password\"\n  password_wo_version = 1\n}\n",
			texts: []string{"bj", "cannot log in", "source"},
		},
		{
			name: "database_unknown", hcl: "resource \"mail_db_dump\" \"x\" {\n" + pair + "  engine = \"postgresql\"\n  databases = [\"no-such-database\"]\n}\n",
			texts: []string{"no-such-database"},
		},
		{
			name: "sync_unknown_path", hcl: "resource \"mail_sync\" \"x\" {\n" + pair + "  paths = { \"/srv/no such/\" = \"/var/spool/bm-docs/\" }\n  overwrite = true\n}\n",
			texts: []string{"/srv/no such", "source", "Next:"},
		},
		{
			name: "source_tree_empty", prepare: "mkdir -p /srv/empty", tidy: "rmdir /srv/empty",
			hcl:   "resource \"mail_sync\" \"x\" {\n" + pair + "  paths = { \"/srv/empty/\" = \"/var/spool/bm-docs/\" }\n  overwrite = true\n}\n",
			texts: []string{"/srv/empty", "empty"},
		},
		{
			name: "source_tree_not_mounted", prepare: "cp -p /etc/fstab /root/fstab; mkdir -p /srv/mail; echo '/dev/vdz9 /srv/mail ext4 noauto 0 0' >>/etc/fstab; touch /srv/mail/x",
			tidy:  "cp -p /root/fstab /etc/fstab; rm -r /srv/mail /root/fstab",
			hcl:   "resource \"mail_sync\" \"x\" {\n" + pair + "  paths = { \"/srv/mail/\" = \"/var/spool/bm-docs/\" }\n  overwrite = true\n}\n",
			texts: []string{"/srv/mail", "not mounted"},
		},
		{
			name: "target_tree_not_ours", hcl: "resource \"mail_sync\" \"x\" {\n" + pair + "  paths = { \"/var/spool/bm-filehosting/\" = \"/etc/bm/\" }\n}\n",
			texts: []string{"/etc/bm", "not empty", "overwrite"},
		},
		{
			name: "target_tree_in_use", hcl: "resource \"mail_sync\" \"x\" {\n" + pair + "  paths = { \"/var/spool/bm-docs/\" = \"/var/lib/cyrus/\" }\n  overwrite = true\n}\n",
			texts: []string{"/var/lib/cyrus", "in use"},
		},
	}
}

func refusedSingles(t *testing.T, l *lab.Lab) {
	t.Helper()
	for _, r := range singleRefusals() {
		t.Run(r.name, func(t *testing.T) {
			w := newWorkspace(t, l)
			old := on(t, l, bluemind.Old)
			m := &migration{workspace: w, old: old, new: on(t, l, bluemind.New)}
			w.file("own.mail.hcl", "product \"own\" {\n  titel = \"own\"\n}\n")
			w.file("main.tf", w.provider(r.provider)+w.hosts(r.hosts)+r.hcl)
			before := m.prints()
			if r.prepare != "" {
				old.sh(r.prepare)
			}
			s := w.apply()
			if r.tidy != "" {
				old.sh(r.tidy)
			}
			s.refused(r.attribute, r.texts...)
			m.untouched(before)
			if strings.Contains(s.Text, "not-the-password") {
				t.Errorf("the password is in what was said: %s", s.Text)
			}
		})
	}
}

// while declares arguments of the module for one plan.
func (m *migration) while(run func(), pairs ...string) {
	m.t.Helper()
	kept := map[string]string{}
	for name, value := range m.set {
		kept[name] = value
	}
	m.declare(pairs...)
	run()
	for name := range m.set {
		delete(m.set, name)
	}
	for name, value := range kept {
		m.set[name] = value
	}
	m.write()
}

// refuses plans with other arguments, and the hosts are as they were.
func (m *migration) refuses(attribute string, texts []string, pairs ...string) {
	m.t.Helper()
	before := m.prints()
	m.while(func() { m.plan().refused(attribute, texts...) }, pairs...)
	m.untouched(before)
}

func refusedCreations(m *migration) {
	m.t.(*testing.T).Run("active_target", func(t *testing.T) {
		m.in(t).refuses("active", []string{"source serves", `1. active = "source", apply`, `2. active = "target"`}, "active", `"target"`)
	})
	m.t.(*testing.T).Run("source_and_target_swapped", func(t *testing.T) {
		m.in(t).refuses("active", []string{"target serves"}, "old", m.set["new"], "new", m.set["old"], "my_networks", "null")
	})
}

func refusedMoves(m *migration) {
	for _, r := range []struct {
		name, host, change, back string
		texts                    []string
	}{
		{"versions_differ", bluemind.New, "sed -i.was s/4.0.5/4.0.6/ /etc/bm/version", "mv /etc/bm/version.was /etc/bm/version", []string{"versions differ", "source 4.0.5, target 4.0.6"}},
		{"urls_differ", bluemind.New, "sed -i.was s,//mail,//other, /etc/bm/bm.ini", "mv /etc/bm/bm.ini.was /etc/bm/bm.ini", []string{"external URLs differ", "https://mail.lab.test", "https://other.lab.test"}},
		{"no_rsync", bluemind.Old, "mv /usr/bin/rsync /root/", "mv /root/rsync /usr/bin/", []string{"rsync is not on the source"}},
		{"no_space", bluemind.Old, "fallocate -l 900M /var/spool/bm-docs/large", "rm /var/spool/bm-docs/large", []string{"Not enough space on the target", "MiB"}},
		{"source_tree_empty", bluemind.Old, "mv /var/spool/bm-hsm /var/spool/bm-hsm.was; mkdir /var/spool/bm-hsm", "rmdir /var/spool/bm-hsm; mv /var/spool/bm-hsm.was /var/spool/bm-hsm", []string{"/var/spool/bm-hsm", "empty"}},
		{"host_off_the_network", bluemind.Old, "", "", []string{bluemind.OldAddress}},
	} {
		m.t.(*testing.T).Run(r.name, func(t *testing.T) {
			m := m.in(t)
			before := m.prints()
			host := on(t, m.lab, r.host)
			change, back := func() { host.sh(r.change) }, func() { host.sh(r.back) }
			if r.change == "" {
				change = func() { m.must(m.lab.Cut(t.Context(), r.host)) }
				back = func() { m.must(m.lab.Heal(t.Context(), r.host)) }
			}
			change()
			m.while(func() {
				s := m.plan()
				back()
				s.refused("active", r.texts...)
			}, "active", `"target"`)
			m.untouched(before)
		})
	}
}

func (w *workspace) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func refusedServing(m *migration) {
	for _, r := range []struct {
		name      string
		attribute string
		texts     []string
		pairs     []string
	}{
		{"name_changed", "name", []string{"Not while the target serves"}, []string{"name", `"another"`}},
		{"source_and_target_swapped", "source", []string{"Not while the target serves"}, []string{"old", m.set["new"], "new", m.set["old"]}},
		{"finalized_with_back_out", "", []string{"finalized"}, []string{"active", `"source"`, "finalized", "true"}},
	} {
		m.t.(*testing.T).Run(r.name, func(t *testing.T) { m.in(t).refuses(r.attribute, r.texts, r.pairs...) })
	}
	for name, call := range map[string]func(m *migration) said{
		"replace": func(m *migration) said { return m.apply("-replace=" + cutoverAddress) },
		"taint": func(m *migration) said {
			m.call("taint", cutoverAddress).good()
			s := m.apply()
			m.call("untaint", cutoverAddress).good()
			return s
		},
		"destroy": func(m *migration) said { return m.destroy() },
	} {
		m.t.(*testing.T).Run(name, func(t *testing.T) {
			m := m.in(t)
			before := m.prints()
			texts := []string{"while a way back is open"}
			if name == "destroy" {
				texts = append(texts, "finalized = true", "on_destroy")
			}
			call(m).refused("", texts...)
			m.untouched(before)
			m.empty()
		})
	}
	m.t.(*testing.T).Run("what_travels_changed", func(t *testing.T) {
		m := m.in(t)
		before := m.prints()
		file := m.dir + "/bluemind/main.tf"
		text := string(mustRead(t, file))
		m.file("bluemind/main.tf", strings.Replace(text, "syncs = [mail_sync.store]", "syncs = []", 1))
		s := m.plan()
		m.file("bluemind/main.tf", text)
		s.refused("syncs", "Not while the target serves")
		m.untouched(before)
	})
}
