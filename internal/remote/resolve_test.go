package remote_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
)

func TestResolveID(t *testing.T) {
	t.Parallel()
	one, two := remotetest.NewKey(t), remotetest.NewKey(t)
	line := func(key remotetest.Key, names ...string) string {
		return knownhosts.Line(names, key.Signer.PublicKey()) + "\n"
	}
	for name, test := range map[string]struct {
		known    string
		endpoint remote.Endpoint
		want     remotetest.Key
		fails    string
	}{
		"host_key":         {endpoint: remote.Endpoint{HostKey: one.Authorized() + " a comment"}, want: one},
		"name":             {known: line(one, "old.example.org"), endpoint: remote.Endpoint{Addresses: []string{"OLD.example.org"}}, want: one},
		"second address":   {known: line(one, "192.0.2.21"), endpoint: remote.Endpoint{Addresses: []string{"new", "192.0.2.21"}}, want: one},
		"first one known":  {known: line(one, "b") + line(two, "a"), endpoint: remote.Endpoint{Addresses: []string{"a", "b"}}, want: two},
		"port":             {known: line(one, "h") + line(two, "[h]:2222"), endpoint: remote.Endpoint{Addresses: []string{"h"}, Port: 2222}, want: two},
		"hashed":           {known: line(one, knownhosts.HashHostname("h")), endpoint: remote.Endpoint{Addresses: []string{"h"}}, want: one},
		"IPv6":             {known: line(one, "2001:db8::1"), endpoint: remote.Endpoint{Addresses: []string{"2001:db8::1"}}, want: one},
		"IPv6 with port":   {known: line(one, "[2001:db8::1]:22022"), endpoint: remote.Endpoint{Addresses: []string{"[2001:db8::1]"}, Port: 22022}, want: one},
		"id":               {known: line(two, "x"), endpoint: remote.Endpoint{ID: two.Fingerprint(), Addresses: []string{"y"}}, want: two},
		"negated":          {known: "!h,* " + one.Authorized(), endpoint: remote.Endpoint{Addresses: []string{"h"}}, fails: "no host key is known for h"},
		"unknown":          {known: line(one, "h"), endpoint: remote.Endpoint{Addresses: []string{"i", "j"}}, fails: "no host key is known for i, j"},
		"port of another":  {known: line(one, "[h]:2222"), endpoint: remote.Endpoint{Addresses: []string{"h"}}, fails: "no host key"},
		"authority":        {known: "@cert-authority * " + one.Authorized(), endpoint: remote.Endpoint{Addresses: []string{"h"}}, fails: "certificate authority"},
		"bad host_key":     {endpoint: remote.Endpoint{HostKey: "ssh-ed25519 AAAA", Addresses: []string{"h"}}, fails: "read host_key of h"},
		"id and host_key":  {endpoint: remote.Endpoint{HostKey: one.Authorized(), ID: two.Fingerprint(), Addresses: []string{"h"}}, fails: "expected " + two.Fingerprint()},
		"id known nowhere": {endpoint: remote.Endpoint{ID: two.Fingerprint(), Addresses: []string{"h"}}, fails: "set host_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := remote.Config{KnownHostsFiles: []string{"/does/not/exist", remotetest.WriteFile(t, "known_hosts", test.known)}}
			id, key, err := remote.ResolveID(config, test.endpoint)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Fatalf("got %v, want %q", err, test.fails)
				}
				return
			}
			if err != nil {
				t.Fatalf("resolve: %v", err)
			}
			if diff := cmp.Diff([]string{test.want.Fingerprint(), test.want.Authorized()}, []string{id, key}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a file that cannot be read", func(t *testing.T) {
		t.Parallel()
		_, _, err := remote.ResolveID(remote.Config{KnownHostsFiles: []string{t.TempDir()}}, remote.Endpoint{Addresses: []string{"h"}})
		var path *os.PathError
		if !errors.As(err, &path) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEndpointsByKey(t *testing.T) {
	t.Parallel()
	one, two := remotetest.NewKey(t), remotetest.NewKey(t)
	public := one.Signer.PublicKey()
	known := strings.Join([]string{
		knownhosts.Line([]string{"old.example.org", "192.0.2.21"}, public),
		knownhosts.Line([]string{"192.0.2.22"}, two.Signer.PublicKey()),
		knownhosts.Line([]string{"[192.0.2.21]:2222", "[2001:db8::1]:2222"}, public),
		knownhosts.Line([]string{knownhosts.HashHostname("secret"), "2001:db8::2"}, public),
		"*.example.org " + one.Authorized(),
		"@cert-authority x " + one.Authorized(),
	}, "\n")
	got, err := remote.EndpointsByKey(remote.Config{KnownHostsFiles: []string{remotetest.WriteFile(t, "known_hosts", known)}}, one.Fingerprint())
	if err != nil {
		t.Fatalf("find endpoints: %v", err)
	}
	want := []remote.Endpoint{
		{ID: one.Fingerprint(), Port: 22, HostKey: one.Authorized(), Addresses: []string{"old.example.org", "192.0.2.21", "2001:db8::2"}},
		{ID: one.Fingerprint(), Port: 2222, HostKey: one.Authorized(), Addresses: []string{"192.0.2.21", "2001:db8::1"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzKnownHosts(f *testing.F) {
	key := remotetest.NewKey(f).Authorized()
	for _, names := range []string{"h", "[h]:22", "|1|c2FsdA==|aGFzaA==", "|1|", "!*", "[", "*?[", "@revoked *", "@cert-authority h", "a,b,,c"} {
		f.Add(names+" "+key, "h", 22)
		f.Add(names+" "+key, "2001:db8::1", 2222)
	}
	f.Fuzz(func(t *testing.T, content, address string, port int) {
		config := remote.Config{KnownHostsFiles: []string{remotetest.WriteFile(t, "known_hosts", content)}}
		id, key, err := remote.ResolveID(config, remote.Endpoint{Addresses: []string{address}, Port: port})
		if err != nil {
			return
		}
		again, _, err := remote.ResolveID(config, remote.Endpoint{HostKey: key})
		if err != nil && !strings.Contains(err.Error(), "revoked") || err == nil && again != id {
			t.Errorf("key %q: id %s, then %s, %v", key, id, again, err)
		}
	})
}
