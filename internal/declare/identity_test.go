package declare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// An exchange is its own way back: who serves has the old name and the service's address before either of the two moves.
func TestExchangeReversed(t *testing.T) {
	t.Parallel()
	identity := declare.Identity{
		Mode: declare.Exchange, Addresses: []string{"2001:db8::25/64", "192.0.2.25/24"}, ParkAddress: "192.0.2.26/24",
		Hostnames: declare.Hostnames{Old: "ika", New: "tako"}, RewriteIn: []string{"/etc/hosts"},
	}
	back := declare.Cutover{Source: "old", Target: "new", Active: declare.Target, Identity: identity}.Reversed()
	if diff := cmp.Diff(identity, back.Identity); diff != "" {
		t.Errorf("identity (-there +back):\n%s", diff)
	}
	if given, got := back.Identity.Exchanged(); given != "192.0.2.25/24" || got != "192.0.2.26/24" {
		t.Errorf("exchanged: %q, %q", given, got)
	}
}
