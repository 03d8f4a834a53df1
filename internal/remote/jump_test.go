package remote_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

func TestParseJump(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]remote.Hop{
		"":                            nil,
		"ssh://bastion":               {{Host: "bastion", Port: 22}},
		"ssh://ops@bastion:2222":      {{User: "ops", Host: "bastion", Port: 2222}},
		"ssh://a@[2001:db8::1]:22/":   {{User: "a", Host: "2001:db8::1", Port: 22}},
		"ssh://one, ssh://two@two:24": {{Host: "one", Port: 22}, {User: "two", Host: "two", Port: 24}},
	} {
		got, err := remote.ParseJump(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"bastion":             "ssh://",
		"http://bastion":      "ssh://",
		"ssh://::1":           "brackets",
		"ssh://[h]":           "",
		"ssh://":              "no host",
		"ssh://ops@":          "no host",
		"ssh://h:0":           "port",
		"ssh://h:65536":       "port",
		"ssh://h/path":        "more than",
		"ssh://h?x=y":         "more than",
		"ssh://u:secret@h":    "password",
		"ssh://one,,ssh://b":  "ssh://",
		"ssh://h:22,rsh://no": "ssh://",
	} {
		if _, err := remote.ParseJump(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzParseJump(f *testing.F) {
	for _, seed := range []string{"ssh://ops@bastion:2222", "ssh://[::1]", "ssh://a,ssh://b", "ssh://[fe80::1%25eth0]:1", "ssh://%41@h", "ssh://h:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hops, err := remote.ParseJump(text)
		if err != nil {
			return
		}
		for _, hop := range hops {
			again, err := remote.ParseJump(hop.String())
			if err != nil {
				t.Fatalf("%q gave %q: %v", text, hop, err)
			}
			if diff := cmp.Diff([]remote.Hop{hop}, again); diff != "" {
				t.Errorf("%q (-want +got):\n%s", text, diff)
			}
		}
	})
}
