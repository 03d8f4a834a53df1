package operation_test

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// answers are the lines "name=value" of a look.
func answers(t *testing.T, lines string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(good(t, t.TempDir(), lines)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all
}

func TestLookTrees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file(t, dir, "a b", strings.Repeat("x", 10000))
	if err := os.Link(filepath.Join(dir, "a b"), filepath.Join(dir, "again")); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	got := answers(t, "look_trees "+words(dir, dir+"/none/below"))
	for name, want := range map[string]string{
		"tree.0.state": "present", "tree.0.ours": "not", "tree.0.entries": "2", "tree.0.users": me.Uid + ":" + me.Username,
		"tree.1.state": "missing", "tree.1.device": got["tree.0.device"], "tree.1.entries": "",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for _, name := range []string{"tree.0.kib", "tree.0.free", "tree.0.mount", "tree.1.free"} {
		if got[name] == "" || got[name] == "0" {
			t.Errorf("%s is %q", name, got[name])
		}
	}
}

func TestLookOwners(t *testing.T) {
	t.Parallel()
	got := answers(t, "look_owners "+words("0:root 77777:nobody-has-it :root", "0:root"))
	want := map[string]string{
		"user.name.root": "0", "user.number.0": "root", "user.name.nobody-has-it": "", "user.number.77777": "", "group.name.root": "0", "group.number.0": "root",
	}
	for name, value := range want {
		if found, asked := got[name]; !asked || found != value {
			t.Errorf("%s is %q (%v), want %q", name, found, asked, value)
		}
	}
}

// Of a file with a certificate nothing but the first certificate leaves the host.
func TestLookCertificates(t *testing.T) {
	t.Parallel()
	path := file(t, t.TempDir(), "mail.pem", `-----BEGIN PRIVATE KEY-----
c2VjcmV0
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
AAAA
BBBB
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
CCCC
-----END CERTIFICATE-----
`)
	got := good(t, t.TempDir(), "look_certificates "+words(path, "/nowhere/x.pem"))
	if want := "certificate." + path + "=AAAABBBB\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLookNames(t *testing.T) {
	t.Parallel()
	got := answers(t, "look_names localhost no-such-name.invalid")
	if !strings.Contains(got["name.localhost"], "127.0.0.1") || got["name.no-such-name.invalid"] != "" {
		t.Errorf("got %q", got)
	}
}

func TestLookNetwork(t *testing.T) {
	t.Parallel()
	got := answers(t, "look_network 127.0.0.1/8 127.0.0.9/8")
	if got["network.127.0.0.1/8.here"] != "yes" || got["network.127.0.0.1/8.device"] != "lo" || got["network.127.0.0.9/8.here"] != "" || got["network.127.0.0.9/8.device"] != "lo" {
		t.Errorf("got %q", got)
	}
	if got["network.127.0.0.1/8.backend"] != "" || got["network.127.0.0.1/8.boot"] != "" {
		t.Errorf("nothing sets up lo: %q", got)
	}
}

func TestPassageRules(t *testing.T) {
	t.Parallel()
	got := good(t, t.TempDir(), `SUDO_UID=1000; RUN=r; passage_rules 60 '25, 143' '192.0.2.25
192.0.2.26' ''`)
	want := `table inet terraform_provider_mail_checks_712555838 {
set to4 { type ipv4_addr; flags timeout;
elements = { 192.0.2.25 timeout 60s,192.0.2.26 timeout 60s }
}
set to6 { type ipv6_addr; flags timeout;
}
chain leaving { type nat hook postrouting priority srcnat; policy accept;
meta skuid 1000 ip daddr @to4 tcp dport { 25, 143 } masquerade to :61000-61999;
meta skuid 1000 ip6 daddr @to6 tcp dport { 25, 143 } masquerade to :61000-61999;
}
}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	fence := good(t, t.TempDir(), `SUDO_UID=1000; mkdir -p "$RD"; passage_fence 25 192.0.2.25 '' >"$RD/passage"; fence_rules all 25 25 192.0.2.50 | grep -A3 leaving`)
	if want := "ip daddr { 192.0.2.25 } tcp dport { 25 } meta skuid 1000 accept;\ntcp dport { 25 } tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset; }\n"; !strings.Contains(fence, want) {
		t.Errorf("the fence of a host that checks are made from:\n%s", fence)
	}
}
