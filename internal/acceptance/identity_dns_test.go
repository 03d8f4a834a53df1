//go:build lab

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// tsigSecret is the key of the zone that takes updates in these tests.
const tsigSecret = "bW92ZS1tb3ZlLW1vdmUtbW92ZS1tb3ZlLW1vdmUtbW8="

// updatedZone makes ns the primary, with a key, of a zone of which client is another name server.
const updatedZone = `cat >>/etc/bind/named.conf.local <<'END'
key "move" { algorithm hmac-sha256; secret "` + tsigSecret + `"; };
zone "svc.test" { type primary; file "/var/lib/bind/db.svc.test"; allow-update { key "move"; }; also-notify { ` + bluemind.ClientAddress + `; }; };
END
cat >/var/lib/bind/db.svc.test <<'END'
$TTL 15
@    IN SOA ns1 hostmaster 1 3600 900 604800 5
@    IN NS ns1
@    IN NS ns2
ns1  IN A ` + bluemind.NSAddress + `
ns2  IN A ` + bluemind.ClientAddress + `
mail IN A ` + bluemind.OldAddress + `
END
chown -R bind:bind /var/lib/bind
rndc reconfig
`

const otherServer = `cat >/etc/bind/named.conf.options <<'END'
options { directory "/var/cache/bind"; recursion no; dnssec-validation no; listen-on-v6 { none; }; };
END
echo 'zone "svc.test" { type secondary; file "/var/cache/bind/svc.test"; primaries { ` + bluemind.NSAddress + `; }; };' >/etc/bind/named.conf.local
systemctl restart named
`

// byName is a cutover whose service is found by its name.
type byName struct {
	*workspace
	ns, old, new machine
}

// declare writes the root module.
func (b *byName) declare(active, secret, extra string) {
	b.t.Helper()
	b.file("main.tf", b.provider("")+b.hosts("")+fmt.Sprintf(`
resource "mail_cutover" "svc" {
  name    = "svc"
  source  = mail_host.old.id
  target  = mail_host.new.id
  active  = %q
  product = "bluemind"
  identity = {
    mode = "dns"
    dns = {
      server         = %q
      zone           = "svc.test"
      records        = [{ name = "mail", type = "A", value = %q, ttl = 3 }]
      tsig_name      = "move"
      tsig_secret_wo = %q
    }
  }
  checks = {
    imap   = { kind = "imap", address = "mail.svc.test:143" }
    record = { kind = "dns", address = "%s:53", expect = "mail.svc.test A %s" }
  }
  %s
}
`, active, bluemind.NSAddress, bluemind.NewAddress, secret, bluemind.NSAddress, bluemind.NewAddress, extra))
}

// answers asserts what both name servers answer.
func (b *byName) answers(address string, ttl int) {
	b.t.Helper()
	for _, server := range []string{bluemind.NSAddress, bluemind.ClientAddress} {
		want := fmt.Sprintf("mail.svc.test. %d IN A %s", ttl, address)
		if got := strings.Join(strings.Fields(b.ns.sh("dig +noall +answer +norecurse @"+server+" mail.svc.test A")), " "); got != want {
			b.t.Errorf("%s answers %q, want %q", server, got, want)
		}
	}
}

func (b *byName) settled(active string) cutover {
	b.t.Helper()
	var c cutover
	if !b.read("mail_cutover.svc", &c) || c.Active != active || c.Status != "settled" {
		b.t.Errorf("the cutover is %s with active %q, want settled with %q; drift %q", c.Status, c.Active, active, c.Drift)
	}
	return c
}

// TestMoveByRecords moves a service by RFC 2136 with TSIG, at two name servers, and back.
func TestMoveByRecords(t *testing.T) {
	l := fresh(t, bluemind.Options{Users: 2, Messages: 2, Rows: 10, Files: 2})
	b := &byName{workspace: newWorkspace(t, l), ns: on(t, l, bluemind.NS), old: on(t, l, bluemind.Old), new: on(t, l, bluemind.New)}
	on(t, l, bluemind.Client).sh(otherServer)
	b.ns.sh(updatedZone)
	b.ns.await(time.Minute, "dig +short @"+bluemind.ClientAddress+" mail.svc.test A | grep -q .")
	b.new.sh("systemctl -q disable --now postfix cyrus-imapd bm-core")
	b.declare("source", tsigSecret, "")
	b.apply().good()
	b.answers(bluemind.OldAddress, 15)

	b.declare("target", "d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3I=", "")
	b.apply().refused("", "find_records", "its TSIG key move is another one")
	b.old.services("active", "enabled")
	b.answers(bluemind.OldAddress, 15)

	b.declare("target", tsigSecret, "")
	begun := time.Now()
	b.apply().good()
	if took := time.Since(begun); took < 15*time.Second {
		t.Errorf("the old TTL had not run out after %s", took)
	}
	c := b.settled("target")
	t.Logf("outage %s", c.Outage)
	b.answers(bluemind.NewAddress, 3)
	b.new.services("active", "enabled")
	b.old.services("inactive", "disabled")
	b.empty()
	for _, host := range []machine{b.old, b.new} {
		host.sh("! grep -rqF '" + tsigSecret + "' " + journalDir)
	}
	if strings.Contains(string(mustRead(t, b.dir+"/terraform.tfstate")), tsigSecret) {
		t.Error("the TSIG key is in the state")
	}

	b.ns.sh("printf 'server 127.0.0.1\\nzone svc.test\\nupdate delete mail.svc.test A\\nupdate add mail.svc.test 3 A 192.0.2.99\\nsend\\n' | nsupdate -y hmac-sha256:move:" + tsigSecret)
	b.call("apply", "-refresh-only", "-auto-approve", "-json").good()
	var drifted cutover
	if !b.read("mail_cutover.svc", &drifted) || !strings.Contains(strings.Join(drifted.Drift, "\n"), "mail.svc.test A 192.0.2.99") {
		t.Errorf("drift: %q", drifted.Drift)
	}
	b.apply().good()
	b.settled("target")
	b.answers(bluemind.NewAddress, 3)

	b.declare("source", tsigSecret, "")
	b.apply().good()
	b.settled("source")
	b.answers(bluemind.OldAddress, 15)
	b.old.services("active", "enabled")
	b.empty()

	b.declare("target", tsigSecret, "")
	b.apply().good()
	b.declare("target", tsigSecret, "finalized = true")
	b.apply().good()
	b.settled("target")
	b.answers(bluemind.NewAddress, 15)
	b.empty()
}

// TestMoveByCommand moves a service by commands on the target, which what fails before the commit takes back.
func TestMoveByCommand(t *testing.T) {
	l := fresh(t, bluemind.Options{Users: 2, Messages: 2, Rows: 10, Files: 2})
	w, old, target := newWorkspace(t, l), on(t, l, bluemind.Old), on(t, l, bluemind.New)
	target.sh("systemctl -q disable --now postfix cyrus-imapd bm-core")
	declare := func(active, check string) {
		w.file("main.tf", w.provider("")+w.hosts("")+fmt.Sprintf(`
resource "mail_cutover" "svc" {
  name     = "svc"
  source   = mail_host.old.id
  target   = mail_host.new.id
  active   = %q
  product  = "bluemind"
  identity = {
    mode    = "command"
    command = { do = ["cp", "/etc/hostname", "/srv/it's there"], undo = ["rm", "/srv/it's there"], probe = ["test", "-e", "/srv/it's there"] }
  }
  checks = { imap = { kind = "imap", address = "%s" } }
}
`, active, check))
	}
	declare("source", bluemind.OldAddress+":143")
	w.apply().good()
	declare("target", bluemind.NewAddress+":144")
	w.apply().refused("", "check imap")
	target.sh(`! test -e "/srv/it's there"; grep -q '"op":"switch_service.target","event":"undone"' ` + journalDir + `/runs/svc.*/journal`)
	old.services("active", "enabled")

	declare("target", bluemind.NewAddress+":143")
	w.apply().good()
	target.sh(`test -e "/srv/it's there"`)
	target.services("active", "enabled")
	w.empty()
	target.sh(`rm "/srv/it's there"`)
	w.plan().changes()
	w.apply().good()
	target.sh(`test -e "/srv/it's there"`)

	declare("source", bluemind.OldAddress+":143")
	w.apply().good()
	target.sh(`! test -e "/srv/it's there"`)
	old.services("active", "enabled")
	w.empty()
}
