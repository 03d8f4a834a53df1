//go:build lab

package acceptance_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestPreflight plants what would go wrong in a move, all of it at once, and finds all of it in one plan, which changes nothing.
func TestPreflight(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	ns := on(t, l, bluemind.NS)
	t.Run("of_what_fits", func(t *testing.T) { m.in(t).plan().changes().silent("(P") })
	m.old.write("/etc/ssl/certs/bm_cert.pem", expired(t, "elsewhere.lab.test"))
	m.old.sh(`useradd --system --uid 4711 archive; install -o archive -d /var/spool/bm-docs/archive; useradd --system --uid 4712 --gid 0 gone; install -o gone -d /var/spool/bm-docs/gone
sed -i '/^Address=` + bluemind.ServiceAddress + `/d' /etc/systemd/network/eth0.network; mkdir -p /etc/network
printf 'iface eth0 inet static\n  address ` + bluemind.ServiceAddress + `/24\n' >/etc/network/interfaces; ip -6 addr add 2001:db8::11/64 dev eth0 nodad`)
	m.new.sh(`useradd --system --uid 4711 robot`)
	ns.sh(`printf 'server 127.0.0.1\nupdate add mail.lab.test. 60 AAAA 2001:db8::77\nsend\n' | nsupdate`)
	m.old.await(10*time.Second, "getent ahostsv6 mail.lab.test | grep -q 2001:db8::77")
	before := m.prints()
	file := m.dir + "/bluemind/main.tf"
	text := strings.Replace(string(mustRead(t, file)), "checks = local.checks", fmt.Sprintf("checks = merge(local.checks, { far = { kind = \"tcp\", address = \"%s:143\", from = mail_host.client.id, expect = null, timeout = null } })", bluemind.ServiceAddress), 1)
	text += fmt.Sprintf("\nresource \"mail_host\" \"client\" {\n  addresses = [%q]\n  host_key  = %q\n}\n", bluemind.ClientAddress, m.keys[bluemind.Client])
	m.file("bluemind/main.tf", text)
	m.must(l.Cut(t.Context(), bluemind.Client))
	s := m.plan()
	m.must(l.Heal(t.Context(), bluemind.Client))
	for _, found := range []struct {
		severity string
		texts    []string
	}{
		{"error", []string{"(P002)", bluemind.ClientAddress}},
		{"error", []string{"(P043)", bluemind.ServiceAddress, "/etc/network/interfaces"}},
		{"warning", []string{"(P045)", "mail.lab.test is 2001:db8::77"}},
		{"error", []string{"(P060)", "user archive (4711) is robot there"}},
		{"warning", []string{"(P062)", "user gone (4712)"}},
		{"error", []string{"(P070)", "/etc/ssl/certs/bm_cert.pem of the source"}},
		{"warning", []string{"(P072)", "is for elsewhere.lab.test, not for mail.lab.test"}},
	} {
		s.told(found.severity, "", found.texts...)
	}
	s.refused("active", "(P070)")
	m.untouched(before)
}

// silent asserts that no diagnostic has the text.
func (s said) silent(text string) {
	s.t.Helper()
	for _, d := range s.Diagnostics {
		if d.has([]string{text}) {
			s.t.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
}

// write makes what a file holds, without changing its owner and mode.
func (m machine) write(path string, content []byte) {
	m.t.Helper()
	if _, err := m.Exec(m.t.Context(), bytes.NewReader(content), "sh", "-c", "cat >"+path); err != nil {
		m.t.Fatal(err)
	}
}

// expired is a certificate that ended an hour ago, in PEM.
func expired(tb testing.TB, name string) []byte {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// TestChecksData probes a service from this machine and from a host.
func TestChecksData(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	w := newWorkspace(t, l)
	on(t, l, bluemind.Old).sh(logsIn)
	odd := `it's "odd" \ $HOME`
	on(t, l, bluemind.Old).feed(odd, "saslpasswd2", "-p", "-u", bluemind.Domain, bluemind.UserName(4))
	w.env = append(w.env, "TF_MAIL_PASSWORDS="+jsonOf(t, map[string]string{
		bluemind.Users(1)[0]: bluemind.Password(bluemind.UserName(1)), bluemind.Users(2)[1]: "not-the-password", bluemind.Users(4)[3]: odd,
	}))
	host := fmt.Sprintf("resource \"mail_host\" \"client\" {\n  addresses = [%q]\n  host_key  = %q\n}\n", bluemind.ClientAddress, w.keys[bluemind.Client])
	w.file("main.tf", w.provider("")+host+fmt.Sprintf(`
data "mail_checks" "all" {
  from = mail_host.client.id
  checks = {
    smtp    = { kind = "smtp", address = "%[1]s:25", expect = "u01@lab.test" }
    imap    = { kind = "imap", address = "%[1]s:143", expect = "IMAP4rev1" }
    pop3    = { kind = "pop3", address = "%[1]s:110" }
    http    = { kind = "http", address = "%[1]s:8080", expect = "200 external_url" }
    dns     = { kind = "dns", address = "%[2]s:53", expect = "mail.lab.test A %[1]s" }
    closed  = { kind = "tcp", address = "%[1]s:23", refused = true }
    relay   = { kind = "smtp", address = "%[1]s:25", expect = "nobody@elsewhere.test", refused = true }
    command = { kind = "command", command = ["hostname"], expect = "client" }
    open    = { kind = "tcp", address = "%[1]s:143", refused = true }
    down    = { kind = "tcp", address = "%[1]s:23" }
    deliver = { kind = "deliver", address = "%[1]s:25", expect = "u04@lab.test" }
    submit  = { kind = "submit", address = "%[1]s:25", expect = "u04@lab.test" }
    apop    = { kind = "apop", address = "%[1]s:110", expect = "u04@lab.test" }
    inbox   = { kind = "imap", address = "%[1]s:143", expect = "u04@lab.test", from = null }
    maildrop = { kind = "pop3", address = "%[1]s:110", expect = "u01@lab.test" }
    refusal = { kind = "imap", address = "%[1]s:143", expect = "u02@lab.test" }
    refusal_out = { kind = "submit", address = "%[1]s:25", expect = "u02@lab.test" }
    lacking = { kind = "deliver", address = "%[1]s:25", expect = "u03@lab.test" }
  }
}
output "good" {
  value = [for name, result in data.mail_checks.all.results : name if result.ok]
}
output "said" {
  value = { for name, result in data.mail_checks.all.results : name => result.detail }
}
`, bluemind.ServiceAddress, bluemind.NSAddress))
	applied := w.apply().good()
	shown := w.call("output", "-json", "good").good().Text
	if want := `["apop","closed","command","deliver","dns","http","imap","inbox","maildrop","pop3","relay","smtp","submit"]`; !strings.Contains(shown, want) {
		t.Errorf("good are %s, want %s; %s", shown, want, w.call("output", "-json", "said").Text)
	}
	said := w.call("output", "-json", "said").good().Text
	for name, text := range map[string]string{
		"deliver": "delivered to u04@lab.test", "submit": ", logged in", "apop": "logged in, ", "inbox": "logged in, INBOX has", "maildrop": "logged in, ",
		"refusal": "LOGIN", "refusal_out": "AUTH", "lacking": "no credentials for the mailbox u03@lab.test",
	} {
		var all map[string]string
		w.must(json.Unmarshal([]byte(said), &all))
		if !strings.Contains(all[name], text) {
			t.Errorf("%s says %q, want %q in it", name, all[name], text)
		}
	}
	state := string(mustRead(t, filepath.Join(w.dir, "terraform.tfstate")))
	for _, secret := range []string{`\"odd\"`, `it's`, "pw-u01", "not-the-password"} {
		if strings.Contains(applied.Text+said+state, secret) {
			t.Errorf("%s is in the output or in the state", secret)
		}
	}
}

// logsIn lets the mail service of a host take logins by SMTP and APOP, with the accounts that its IMAP has.
const logsIn = `echo 'allowapop: yes' >>/etc/imapd.conf
usermod -aG sasl postfix; mkdir -p /etc/postfix/sasl
printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n' >/etc/postfix/sasl/smtpd.conf
postconf -e smtpd_sasl_auth_enable=yes; postconf -F 'smtp/inet/chroot=n'; systemctl restart postfix cyrus-imapd`

// feed runs a command with a text on its standard input.
func (m machine) feed(text string, argv ...string) {
	m.t.Helper()
	out, err := m.Exec(m.t.Context(), strings.NewReader(text), argv...)
	if err != nil || out.Code != 0 {
		m.t.Fatalf("%s: %+v, %v", argv[0], out, err)
	}
}

func jsonOf(tb testing.TB, value any) string {
	tb.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
