package declare_test

import (
	"net/netip"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

func TestReplaced(t *testing.T) {
	t.Parallel()
	four, other, six := netip.MustParseAddr("192.0.2.25"), netip.MustParseAddr("192.0.2.22"), netip.MustParseAddr("2001:db8::25")
	for _, test := range []struct {
		text     string
		from, by netip.Addr
		want     string
	}{
		{"192.0.2.25:143", four, other, "192.0.2.22:143"},
		{"--server=192.0.2.25", four, other, "--server=192.0.2.22"},
		{"192.0.2.250:143 1192.0.2.25 192.0.2.25.9", four, other, "192.0.2.250:143 1192.0.2.25 192.0.2.25.9"},
		{"a 192.0.2.25, 192.0.2.25.", four, other, "a 192.0.2.22, 192.0.2.22."},
		{"192.0.2.25:143", four, six, "[2001:db8::25]:143"},
		{"[2001:db8::25]:143", six, four, "192.0.2.25:143"},
		{"http://[2001:db8::25]/", six, four, "http://192.0.2.25/"},
		{"2001:db8::25a 12001:db8::25", six, four, "2001:db8::25a 12001:db8::25"},
	} {
		if got := declare.Replaced(test.text, test.from, test.by); got != test.want {
			t.Errorf("%q: %s by %s: %q, want %q", test.text, test.from, test.by, got, test.want)
		}
	}
}

func TestHostsOfACheck(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"192.0.2.25:143": "192.0.2.25", "[2001:db8::25]:143": "2001:db8::25", "https://mail.example.org:8443/x": "mail.example.org"} {
		if got := (declare.Check{Address: address}).Hosts(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
