//go:build lab

package acceptance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestAccountsTravel lets accounts go along with a service, and back: those that came to be after the first apply too. A collision stops the move before
// anything is stopped.
func TestAccountsTravel(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	withAccounts(m)
	const (
		shows = "grep -h ^tra- /etc/passwd /etc/group /etc/shadow | sort"
		adds  = `add() { useradd -M -u "$2" "$1"; printf '%s:$6$of.%s\n' "$1" "$1" | chpasswd -e; }
`
	)
	m.old.sh(adds + "add tra-ana 40001; add tra-gate 40002")
	m.new.sh(adds + "add own 40900")
	arrived := func() {
		t.Helper()
		same(t, "the accounts of both", diffLines(m.old.sh(shows+" | grep -v tra-gate"), m.new.sh(shows)))
	}
	m.apply().good()
	arrived()

	m.old.sh(adds + "add tra-bo 40003; add tra-cy 40004")
	m.new.sh(adds + "add tra-other 40004")
	before := m.new.sh(shows)
	m.declare("active", `"target"`)
	m.apply().refused("", "accounts collide (2)", "UID 40004 is user tra-cy on the source and user tra-other on the target", "GID 40004 is group tra-cy", "Next:")
	same(t, "the target after a collision", diffLines(before, m.new.sh(shows)))
	m.old.serves()

	m.new.sh("userdel tra-other")
	m.apply().good()
	m.status("target", "settled")
	arrived()
	m.new.sh("userdel tra-cy")
	m.apply("-refresh-only").good()
	var people struct {
		Status string `json:"status"`
	}
	if !m.read("module.bluemind.mail_accounts.people", &people) || people.Status != "held" {
		t.Errorf("mail_accounts is %q while the target serves", people.Status)
	}

	m.new.sh(adds + "add tra-late 40005")
	m.declare("active", `"source"`)
	m.apply().good()
	m.status("source", "settled")
	late := "grep -h -e ^tra-late: -e ^own: /etc/passwd /etc/group /etc/shadow"
	same(t, "who came late", diffLines(m.new.sh(late+" | grep -v ^own:"), m.old.sh(late)))
	for _, host := range []machine{m.old, m.new} {
		if found := host.sh("grep -rlF '$6$of.' /var/lib/terraform-provider-mail /var/log || true"); found != "" {
			t.Errorf("passwords are in files of %s: %s", host.Name(), found)
		}
	}
}

// withAccounts lets accounts travel with the module's cutover.
func withAccounts(m *migration) {
	m.t.Helper()
	file := filepath.Join(m.dir, "bluemind", "main.tf")
	text, err := os.ReadFile(file)
	m.must(err)
	const files = "  files = [mail_file_set.config]\n"
	with := strings.Replace(string(text), files, files+"\n  accounts = [mail_accounts.people]\n", 1) + `
resource "mail_accounts" "people" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  uid_range = { from = 40000, to = 40999 }
  exclude   = ["tra-g?te"]
}
`
	if !strings.Contains(with, "accounts = ") {
		m.t.Fatal("the module's cutover has no files where accounts would go")
	}
	m.must(os.WriteFile(file, []byte(with), 0o600))
}
