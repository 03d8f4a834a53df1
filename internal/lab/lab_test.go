package lab_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

func TestParseSources(t *testing.T) {
	public := lab.Mirror{Main: "http://deb.debian.org/debian", Security: "http://deb.debian.org/debian-security"}
	for name, tc := range map[string]struct {
		text string
		want lab.Mirror
	}{
		"nothing": {"", public},
		"deb822 with comments": {
			"Types: deb\n# http://old.test/debian\nURIs: http://mirror.test/debian/\nSuites: bookworm bookworm-updates\nComponents: main\n\n" +
				"Types: deb\nURIs: https://mirror.test/debian-security\nSuites: bookworm-security\n",
			lab.Mirror{Main: "http://mirror.test/debian", Security: "https://mirror.test/debian-security"},
		},
		"one line": {
			"deb [arch=amd64 signed-by=/k.gpg] http://m.test/debian trixie main\ndeb http://m.test/debian-security trixie-security main\n",
			lab.Mirror{Main: "http://m.test/debian", Security: "http://m.test/debian-security"},
		},
		"ubuntu":           {"Types: deb\nURIs: http://archive.ubuntu.com/ubuntu\nSuites: noble\n", public},
		"other software":   {"deb https://packages.test/apt cloud main\n", public},
		"cdrom and broken": {"deb cdrom:[x]/debian bookworm main\ndeb [arch=amd64\ndeb x\n", public},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, lab.ParseSources(tc.text)); diff != "" {
				t.Errorf("mirror (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseAptConfigKeepsWhatFetchingNeeds(t *testing.T) {
	dump := "Acquire \"\";\nAcquire::http::Proxy \"http://p:3128\";\nAcquire::https::Proxy \"\";\nAcquire::Check-Date \"false\";\n" +
		"DPkg::Post-Invoke:: \"rm\";\nAcquire::http::Proxy:: \"x\";\n"
	want := []string{`Acquire::http::Proxy "http://p:3128"`, `Acquire::Check-Date "false"`}
	if diff := cmp.Diff(want, lab.ParseAptConfig(dump)); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

func TestParseMounts(t *testing.T) {
	text := "36 35 98:0 /mnt1 /with\\040space rw - ext3 /dev/root rw\n37 35 0:5 / /a/b rw - tmpfs x rw\n"
	got, err := lab.ParseMounts(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/with space", "/a/b"}, got); diff != "" {
		t.Errorf("mount points (-want +got):\n%s", diff)
	}
	if _, err := lab.ParseMounts(strings.NewReader("too short\n")); err == nil {
		t.Error("a line without a mount point is no error")
	}
}

func TestRuleHandles(t *testing.T) {
	listing := "table bridge lab { # handle 1\n chain cut { # handle 1\n" +
		"  iifname \"p-old\" oifname \"p-new\" drop # handle 2\n  iifname \"p-new\" oifname \"p-old\" drop # handle 3\n" +
		"  iifname \"p-old2\" drop # handle 4\n }\n}\n"
	if diff := cmp.Diff([]int{2, 3}, lab.RuleHandles(listing, "p-old")); diff != "" {
		t.Errorf("handles (-want +got):\n%s", diff)
	}
}

func TestFingerprint(t *testing.T) {
	// The key and its fingerprint were made by ssh-keygen.
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHaLMEr4G0iJw/qDAvcyJBkYEoYZEOy5jPQ46J4EI3L0"
	got, err := lab.Fingerprint(key)
	if err != nil {
		t.Fatal(err)
	}
	if want := "SHA256:7cpB3v+gGMicw2KUOVpl4FIhNEIxnFk3yZj+E7UVpd0"; got != want {
		t.Errorf("fingerprint %s, want %s", got, want)
	}
	for _, bad := range []string{"", "ssh-ed25519", "ssh-ed25519 !!"} {
		if _, err := lab.Fingerprint(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

func spec() lab.Spec {
	return lab.Spec{
		Name: "x", Network: netip.MustParsePrefix("10.9.0.0/24"), Controller: netip.MustParseAddr("10.9.0.1"),
		Hosts: []lab.HostSpec{{Name: "a", FQDN: "a.test", Addresses: []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")}}},
	}
}

func TestValidate(t *testing.T) {
	if err := spec().Validate(); err != nil {
		t.Fatalf("a good declaration: %v", err)
	}
	for want, change := range map[string]func(*lab.Spec){
		`name "UPPER"`:               func(s *lab.Spec) { s.Name = "UPPER" },
		`host name "far-too-long-a"`: func(s *lab.Spec) { s.Hosts[0].Name = "far-too-long-a" },
		`host name "ctl" is taken`:   func(s *lab.Spec) { s.Hosts[0].Name = "ctl" },
		`FQDN is missing`:            func(s *lab.Spec) { s.Hosts[0].FQDN = "" },
		`is ctl's already`:           func(s *lab.Spec) { s.Hosts[0].Addresses[0] = netip.MustParsePrefix("10.9.0.1/24") },
		`is not in 10.9.0.0/24`:      func(s *lab.Spec) { s.Hosts[0].Addresses[0] = netip.MustParsePrefix("10.8.0.1/24") },
		`8 MiB is too small`:         func(s *lab.Spec) { s.Hosts[0].DiskMiB = 8 },
		`network is missing`:         func(s *lab.Spec) { s.Network = netip.Prefix{} },
	} {
		t.Run(want, func(t *testing.T) {
			s := spec()
			change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		})
	}
}

func TestCacheKeyFollowsPackages(t *testing.T) {
	keys := map[string]bool{}
	for _, l := range []lab.Layer{lab.Bare(), lab.Cyrus(), lab.Dovecot(), {Name: "cyrus", Packages: []string{"cyrus-imapd"}}} {
		keys[lab.CacheKey(l)] = true
	}
	if len(keys) != 4 {
		t.Errorf("%d different keys, want 4", len(keys))
	}
	if lab.CacheKey(lab.Layer{}) != lab.CacheKey(lab.Bare()) {
		t.Error("no layer is not the bare one")
	}
}

func TestOpenUnknown(t *testing.T) {
	if _, err := lab.Open("nobody", t.TempDir()); err == nil || !strings.Contains(err.Error(), lab.ErrUnknownLab.Error()) {
		t.Errorf("error %v, want %v", err, lab.ErrUnknownLab)
	}
}

func FuzzParseSources(f *testing.F) {
	f.Add("deb [a] http://x/debian b main")
	f.Add("URIs: http://x/debian\nSuites: b")
	f.Fuzz(func(t *testing.T, text string) {
		m := lab.ParseSources(text)
		for _, line := range m.Lines() {
			if len(strings.Fields(line)) != 4 || strings.Contains(line, "\n") {
				t.Errorf("line %q from %q", line, text)
			}
		}
	})
}

func FuzzParseMounts(f *testing.F) {
	f.Add("36 35 98:0 /mnt1 /with\\040space rw - ext3 /dev/root rw\n")
	f.Fuzz(func(t *testing.T, text string) {
		points, err := lab.ParseMounts(strings.NewReader(text))
		if err == nil && len(points) > strings.Count(text, "\n")+1 {
			t.Errorf("%d points from %q", len(points), text)
		}
	})
}
