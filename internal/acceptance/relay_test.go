//go:build lab

package acceptance_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestRelay moves a service and takes it back between two hosts that cannot reach each other: everything goes through the machine that runs
// Terraform. Without the relay that ends with a word about it.
func TestRelay(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	apart(m.old, bluemind.NewAddress)
	apart(m.new, bluemind.OldAddress)
	s := m.apply()
	s.refused("", "cannot be reached from this host by SSH at "+bluemind.OldAddress, `transport = "relay"`)
	m.relayed()
	m.apply().good()
	before := snapshot(t, users(t, l, bluemind.ServiceAddress))
	for _, side := range []string{"target", "source"} {
		m.declare("active", `"`+side+`"`)
		m.apply().good()
		m.status(side, "settled")
	}
	m.old.serves()
	m.new.address(bluemind.ServiceAddress, false)
	same(t, "what users see", client.Diff(before, snapshot(t, users(t, l, bluemind.ServiceAddress)), true))
	m.empty()
}

// apart keeps all packets of an address from a host.
func apart(m machine, from string) {
	m.t.Helper()
	m.sh("nft 'add table inet apart; add chain inet apart in { type filter hook input priority -10; }; add rule inet apart in ip saddr " + from + " drop'")
}

// relayed says so in the module, for all that travels.
func (m *migration) relayed() {
	m.t.Helper()
	file := "bluemind/main.tf"
	text := string(mustRead(m.t, m.dir+"/"+file))
	for _, line := range []string{"  delete               = true\n", "  engine    = \"postgresql\"\n", "  paths  = data.mail_product.bluemind.config_paths\n"} {
		if strings.Count(text, line) != 1 {
			m.t.Fatalf("the module is not as this test knows it: %q", line)
		}
		text = strings.Replace(text, line, line+"  transport = \"relay\"\n", 1)
	}
	m.file(file, text)
}
