package product_test

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

var update = flag.Bool("update", false, "write the golden files anew")

// describe returns the diagnostics as a person reads them.
func describe(t *testing.T, diags hcl.Diagnostics, files map[string]*hcl.File) string {
	t.Helper()
	var out bytes.Buffer
	if err := product.WriteDiagnostics(&out, diags, files); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func builtIn(t *testing.T, name string) *product.Entry {
	t.Helper()
	catalogue, diags := product.Load(nil)
	if len(diags) > 0 {
		t.Fatal(describe(t, diags, catalogue.Files()))
	}
	entry, err := catalogue.Entry(name)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestBuiltInEntriesAreWhole(t *testing.T) {
	catalogue, diags := product.Load(nil)
	if len(diags) > 0 {
		t.Fatal(describe(t, diags, catalogue.Files()))
	}
	for _, want := range []string{"bind", "bluemind", "cpms", "cyrus", "dovecot", "postfix", "qmail"} {
		entry, err := catalogue.Entry(want)
		if err != nil {
			t.Fatal(err)
		}
		if len(entry.Services) == 0 || len(entry.Ports) == 0 || len(entry.Checks) == 0 || len(entry.StopOrder) == 0 {
			t.Errorf("%s: services, ports, checks or stop order missing", want)
		}
		ports := map[int]bool{}
		for _, port := range entry.Ports {
			ports[port.Number] = true
		}
		for _, service := range entry.Services {
			for _, port := range service.Ports {
				if !ports[port] {
					t.Errorf("%s: service %s uses port %d, which the fence does not know", want, service.Name, port)
				}
			}
		}
	}
}

// TestChecksAreWhatTheProberKnows: a template with a host is a valid check, and
// every kind of the prober can stand in an entry.
func TestChecksAreWhatTheProberKnows(t *testing.T) {
	catalogue, _ := product.Load(nil)
	for _, name := range catalogue.Names() {
		for _, template := range builtIn(t, name).Checks {
			c := check.Check{
				Kind: check.Kind(template.Kind), Address: net.JoinHostPort("192.0.2.25", strconv.Itoa(template.Port)),
				Expect: template.Expect, Timeout: template.Timeout, Refused: template.Refused,
			}
			if err := c.Validate(); err != nil {
				t.Errorf("%s: %s: %v", name, template.Name, err)
			}
		}
	}
	for _, kind := range check.Kinds() {
		needs := "port = 25"
		if kind == check.Command {
			needs = `command = ["true"]`
		}
		parseOne(t, fmt.Sprintf("product \"x\" {\n title = \"X\"\n version = [\"x\"]\n check \"a\" {\n kind = %q\n %s\n }\n}", kind, needs))
	}
}

func TestBluemindIsTheProcedure(t *testing.T) {
	entry := builtIn(t, "bluemind")
	if diff := cmp.Diff([]string{
		"/var/spool/cyrus/", "/var/lib/cyrus/", "/var/spool/bm-hsm/", "/var/spool/sieve/",
		"/var/spool/bm-elasticsearch/", "/var/spool/bm-docs/", "/var/spool/bm-filehosting/",
	}, entry.DataPaths()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"postfix"}, {"bm"}}, entry.StopOrder); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]product.Database{{"bj", "postgresql", "bj"}, {"bj-data", "postgresql", "bj"}}, entry.Databases); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(product.Command{"systemctl", "is-active", "postfix"}, entry.Services[0].Status); diff != "" {
		t.Error(diff)
	}
	bm, ok := entry.Service("bm")
	if !ok || cmp.Diff(product.Command{"bmctl", "stop"}, bm.Stop) != "" {
		t.Errorf("bm: %+v", bm)
	}
	if _, ok := entry.Service("exim"); ok {
		t.Error("a service that the entry does not have")
	}
	// Step C4: what is recursive there and what is not.
	for path, want := range map[string]bool{
		"/etc/bm/a/b.ini": true, "/etc/bm/bm.ini": true, "/etc/bm-hps/x/y": true, "/var/lib/bm-ca/x/y": true,
		"/etc/bm-webmail/x": true, "/etc/bm-webmail/x/y": false, "/etc/imapd.conf": true, "/etc/imapd/x": false,
		"/etc/cyrus.conf": true, "/etc/postfix/main.cf": true, "/etc/postfix/virtual_mailbox.db": true,
		"/etc/postfix/dynamicmaps.cf": false, "/etc/ssl/certs/bm_cert.pem": true, "/etc/ssl/certs/other.pem": false,
		"/usr/share/bm-elasticsearch/config/elasticsearch.yml": true,
	} {
		got := false
		for _, pattern := range entry.ConfigPaths() {
			glob, err := product.CompileGlob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			got = got || glob.Match(path)
		}
		if got != want {
			t.Errorf("%s: copied %v, want %v", path, got, want)
		}
	}
}

func TestEntryErrorListsNames(t *testing.T) {
	catalogue, _ := product.Load(nil)
	_, err := catalogue.Entry("bluemnd")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`did you mean "bluemind"?`, "cpms, cyrus, dovecot"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestUserFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a.mail.hcl", "product \"cyrus\" {\n  title = \"Ours\"\n  version = [\"true\"]\n}\n")
	glob := filepath.Join(dir, "*.mail.hcl")
	catalogue, diags := product.Load([]string{glob, filepath.Join(dir, "a.mail.hcl")})
	if len(diags) > 0 {
		t.Fatal(describe(t, diags, catalogue.Files()))
	}
	if entry, err := catalogue.Entry("cyrus"); err != nil || entry.Title != "Ours" {
		t.Errorf("entry %+v, error %v: the user's entry did not replace the built-in one", entry, err)
	}

	second := write("b.mail.hcl", "product \"cyrus\" {\n  title = \"Again\"\n  version = [\"true\"]\n}\n")
	catalogue, diags = product.Load([]string{glob})
	text := describe(t, diags, catalogue.Files())
	if !diags.HasErrors() || !strings.Contains(text, "Duplicate product") || !strings.Contains(text, second) {
		t.Errorf("two entries of one name in the user's files:\n%s", text)
	}
	if _, diags = product.Load([]string{filepath.Join(dir, "none*.hcl")}); !diags.HasErrors() {
		t.Error("a pattern without a file is no error")
	}
	if _, diags = product.Load([]string{dir}); !diags.HasErrors() {
		t.Error("a directory is no error")
	}
}
