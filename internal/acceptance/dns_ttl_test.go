//go:build lab

package acceptance_test

import (
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// ttlAsked looks at what mail_dns_ttl tells of times, and at a host where nothing can ask a name server: the provider does.
func ttlAsked(t *testing.T, l *lab.Lab) {
	t.Helper()
	w, target := newWorkspace(t, l), on(t, l, bluemind.New)
	target.sh(nameServer + "mv /usr/bin/dig /usr/bin/dig.away")
	defer target.sh("mv /usr/bin/dig.away /usr/bin/dig; systemctl stop named")
	w.file("main.tf", w.provider("")+w.hosts("")+`resource "mail_dns_ttl" "zone" {
  host       = mail_host.new.id
  zone_files = { "odd.test" = "/var/lib/bind/odd zone.test" }
  ttl        = 300
}
`)
	begun := time.Now().Truncate(time.Second)
	w.apply().good()
	var s struct {
		Status      string           `json:"status"`
		Drift       []string         `json:"drift"`
		EffectiveAt time.Time        `json:"effective_at"`
		Previous    map[string]int64 `json:"previous"`
	}
	if !w.read("mail_dns_ttl.zone", &s) || s.Status != "settled" || s.Previous["odd.test"] != 3600 {
		t.Errorf("after the apply: %+v", s)
	}
	if after := s.EffectiveAt.Sub(begun); after < time.Hour || after > time.Hour+time.Minute {
		t.Errorf("the TTL before has run out at %s, %s from the beginning", s.EffectiveAt, after)
	}
	w.empty()
	// Another file is served: only who asks the server finds it.
	target.sh(`sed -i 's/^\$TTL .*/$TTL 60/' '/var/lib/bind/odd zone.test'; chown bind:bind /var/lib/bind/*; rndc reload odd.test; sleep 1; sed -i 's/^\$TTL 60/$TTL 300/' '/var/lib/bind/odd zone.test'`)
	w.apply("-refresh-only").good()
	if !w.read("mail_dns_ttl.zone", &s) || s.Status != "drifted" || len(s.Drift) != 1 {
		t.Errorf("another TTL is served: %+v", s)
	}
	w.apply().good()
	w.empty()
	w.destroy().good()
	target.sh(`grep -q '^\$TTL 1h' '/var/lib/bind/odd zone.test'`)
}
