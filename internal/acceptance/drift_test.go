//go:build lab

package acceptance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestDrift changes on the hosts, one after the other, what a cutover looks after once the target serves. Each change is in the next plan, with what
// mends it; the apply mends it.
func TestDrift(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	m.apply().good()
	m.declare("active", `"target"`)
	m.apply().good()
	m.status("target", "settled")
	m.empty()
	address := bluemind.ServiceAddress + "/24"
	lines := map[string]string{ // of the drift
		"the_source_serves_too":               "both sides serve: the target has the cut mark and keeps the address",
		"the_target_lacks_the_address":        "none serves: on the target the address " + address + " is missing",
		"a_service_of_the_target_stands":      "none serves: on the target postfix does not run",
		"a_copied_file_of_the_target_changed": "target: changed since the move: /etc/postfix/main.cf",
		"the_target_is_fenced":                "none serves: on the target a fence keeps clients out",
	}
	for _, c := range []struct {
		name, host, change string
		mends              []string // sentences of the plan
	}{
		{"the_source_serves_too", bluemind.Old, "ip addr add " + address + " dev eth0; systemctl enable --now postfix", []string{"take the address " + address + " off the source", "stop postfix on the source"}},
		{"the_source_has_the_address", bluemind.Old, "ip addr add " + address + " dev eth0", []string{"take the address " + address + " off the source"}},
		{"a_service_of_the_source_runs", bluemind.Old, "systemctl start postfix", []string{"stop postfix on the source"}},
		{"a_service_of_the_source_starts_at_boot", bluemind.Old, "systemctl enable postfix", []string{"keep postfix from starting at boot on the source"}},
		{"a_database_of_the_source_is_open", bluemind.Old, `runuser -u postgres -- psql -qXc 'ALTER DATABASE bj CONNECTION LIMIT -1'`, []string{"close database bj on the source"}},
		{"the_target_lacks_the_address", bluemind.New, "ip addr del " + address + " dev eth0", []string{"give the address " + address + " to the target"}},
		{"the_target_has_the_address_until_its_next_boot", bluemind.New, "grep -rlF " + address + " /etc/systemd/network | xargs sed -i '\\," + address + ",d'", []string{"keep the address " + address + " on the target"}},
		{"a_service_of_the_target_stands", bluemind.New, "systemctl stop postfix", []string{"start postfix on the target"}},
		{"a_service_of_the_target_does_not_start_at_boot", bluemind.New, "systemctl disable bm-core", []string{"let bm start at boot on the target"}},
		{"access_to_the_source_is_open", bluemind.Old, "echo ssh-ed25519 AAAA terraform-provider-mail:bluemind.1 >>/root/.ssh/authorized_keys", []string{"close what access earlier moves left open on the source"}},
		{"access_to_the_target_is_open", bluemind.New, "echo ssh-ed25519 AAAA terraform-provider-mail-question:bluemind.1 >>/root/.ssh/authorized_keys", []string{"close what access earlier moves left open on the target"}},
		{"a_copied_file_of_the_target_changed", bluemind.New, "sed -i '1i # by hand' /etc/postfix/main.cf; echo 'x@lab.test u01@lab.test' >>/etc/postfix/virtual_alias-flat", []string{"put back what has changed on the target since the move of the configuration files"}},
		{"the_target_is_fenced", bluemind.New, "nft add table inet terraform_provider_mail", []string{"let mail clients reach the target"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := m.in(t)
			on(t, l, c.host).sh(c.change)
			if line := lines[c.name]; line != "" {
				m.call("apply", "-refresh-only", "-auto-approve", "-json").good()
				if drift := m.cutover().Drift; !slices.Contains(drift, line) {
					t.Errorf("the drift does not say %q: %q", line, drift)
				}
			}
			m.plan().changes()
			var planned cutover
			if !m.read(cutoverAddress, &planned, planFile) {
				t.Fatal("the cutover is not in the plan")
			}
			for _, want := range c.mends {
				if !strings.Contains(strings.Join(planned.Runbook, "\n"), want) {
					t.Errorf("the plan does not say %q: %q", want, planned.Runbook)
				}
			}
			m.call("apply", "-json", planFile).good()
			m.status("target", "settled")
			m.new.serves()
			m.old.passive()
			on(t, l, c.host).is("", "sh", "-c", "grep terraform-provider-mail /root/.ssh/authorized_keys || true")
		})
	}
	// A map that the product writes anew is nobody's drift.
	on(t, l, bluemind.New).is("1", "grep", "-c", "x@lab.test", "/etc/postfix/virtual_alias-flat")
	m.empty()
}
