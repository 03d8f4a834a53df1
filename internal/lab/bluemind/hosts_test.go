//go:build lab

package bluemind_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestBluemind boots the procedure's hosts; its parts are in an order.
func TestBluemind(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	dir := t.TempDir()
	l, err := lab.Up(ctx, bluemind.Spec(bluemind.Options{
		Name: "bm-test", StateDir: dir, Users: 4, Version: map[string]string{bluemind.New: "4.1.0"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		downCtx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := l.Down(downCtx); err != nil {
			t.Error(err)
		}
	})
	f := fixture{lab: l, ctx: ctx}
	t.Run("first_set_ups_differ", f.firstSetUps)
	t.Run("bmctl", f.bmctl)
	t.Run("E1_E2_E3", f.after)
	t.Run("ledger_and_outages", f.ledger)
	t.Run("changes", f.changes)
	t.Run("service_address_survives_a_reboot", f.reboot)
}

type fixture struct {
	lab *lab.Lab
	ctx context.Context //nolint:containedctx // one test's
}

func (f fixture) host(t *testing.T, name string) *lab.Host {
	t.Helper()
	h, err := f.lab.Host(name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (f fixture) run(t *testing.T, host, script string) string {
	t.Helper()
	out, err := f.host(t, host).Script(f.ctx, script)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func (f fixture) code(t *testing.T, host, script string) int {
	t.Helper()
	out, err := f.host(t, host).Exec(f.ctx, nil, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	return out.Code
}

func (f fixture) target(t *testing.T, address string) client.Target {
	t.Helper()
	target, err := bluemind.Target(f.lab, address, 4)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func (f fixture) firstSetUps(t *testing.T) {
	on := map[string]client.Snapshot{}
	for _, address := range []string{bluemind.ServiceAddress, bluemind.NewAddress} {
		var err error
		if on[address], err = f.target(t, address).Snapshot(f.ctx); err != nil {
			t.Fatal(err)
		}
	}
	same := 0 // made within the same second
	for user, old := range on[bluemind.ServiceAddress] {
		fresh := on[bluemind.NewAddress][user]
		if len(old.Mailboxes) < 5 || len(old.Mailboxes["INBOX"].Messages) == 0 || old.Active == "" {
			t.Errorf("%s on the source has %d folders, script %q", user, len(old.Mailboxes), old.Active)
		}
		if len(fresh.Mailboxes) != 1 || len(fresh.Mailboxes["INBOX"].Messages) != 0 {
			t.Errorf("%s on the target is not empty: %v", user, fresh.Mailboxes)
		}
		if old.Mailboxes["INBOX"].UIDValidity == fresh.Mailboxes["INBOX"].UIDValidity {
			same++
		}
	}
	if all := len(on[bluemind.ServiceAddress]); same > all/2 {
		t.Errorf("%d of %d users have the same UIDVALIDITY on both", same, all)
	}
	links := f.run(t, bluemind.Old, "stat -c %h /var/spool/bm-hsm/store/a; find /var/spool/bm-docs -name '*\n*' | wc -l")
	if links != "6\n2" { // two lines of one name
		t.Errorf("hard links and odd names: %q", links)
	}
}

func (f fixture) bmctl(t *testing.T) {
	if a, b := f.run(t, bluemind.Old, "bmctl version"), f.run(t, bluemind.New, "bmctl version"); a != "4.0.5" || b != "4.1.0" {
		t.Errorf("versions %s and %s", a, b)
	}
	if got := f.run(t, bluemind.Old, "bmctl external-url"); got != "https://mail.lab.test" {
		t.Errorf("external URL %s", got)
	}
	if got := f.run(t, bluemind.Client, "curl -sf http://"+bluemind.ServiceAddress+":8080/"); !strings.Contains(got, `"rows": 504`) {
		t.Errorf("bm-core says %s", got)
	}
	for _, step := range []struct {
		script string
		want   int
	}{
		{"bmctl status", 0},
		{"BM_FAIL=stop bmctl stop", 1},
		{"bmctl status", 0},
		{"systemctl stop bm-core; bmctl status", 1},
		{"bmctl stop; bmctl status", 3},
		{"touch /etc/bm/fail-start; bmctl start", 1},
		{"rm /etc/bm/fail-start; bmctl start", 0},
		{"bmctl status", 0},
	} {
		if got := f.code(t, bluemind.New, step.script); got != step.want {
			t.Errorf("%s: exit %d, want %d", step.script, got, step.want)
		}
	}
}

func (f fixture) after(t *testing.T) {
	if rules := f.run(t, bluemind.Old, "bmctl firewall-save; cat /etc/bm/firewall.rules"); !strings.Contains(rules, "10.99.0.25 25") {
		t.Errorf("firewall: %s", rules)
	}
	mails := f.run(t, bluemind.Old, "rm /etc/postfix/*-flat /etc/postfix/virtual*.db; bmctl mail-maintenance; postmap -q info@lab.test hash:/etc/postfix/virtual_alias")
	if mails != "u01@lab.test" {
		t.Errorf("alias %q", mails)
	}
	nets := f.run(t, bluemind.Old, "bmctl mynetworks 10.99.0.11/32 10.99.0.25/32; postconf -h mynetworks")
	if nets != "127.0.0.0/8 10.99.0.25/32" {
		t.Errorf("networks %q", nets)
	}
	stored, err := bluemind.SQL(f.host(t, bluemind.Old))(f.ctx, "bj", "SELECT value FROM setting WHERE key = 'my_networks'")
	if err != nil || strings.TrimSpace(stored) != nets {
		t.Errorf("stored networks %q, %v", stored, err)
	}
	if f.code(t, bluemind.Old, "bmctl mynetworks 10.99.0.11/32 10.99.0.25/32") != 0 || f.code(t, bluemind.Old, "bmctl mynetworks 1.2.3.4 5.6.7.8") == 0 {
		t.Error("mynetworks cannot be repeated, or takes what is not there")
	}
}

// ledger stops Cyrus for a while: mail is queued, IMAP is away, nothing is lost and nothing answered with 5xx. A delivery that the stop cuts off after Cyrus
// has taken the message is made again: what is there twice is counted, and is nobody's fault here.
func (f fixture) ledger(t *testing.T) {
	target := f.target(t, bluemind.ServiceAddress)
	running, err := target.Start(f.ctx, t.TempDir(), client.Load{Run: "t"}, client.Probes{})
	if err != nil {
		t.Fatal(err)
	}
	f.run(t, bluemind.Client, "sleep 2")
	f.run(t, bluemind.Old, "systemctl stop cyrus-imapd; sleep 2; systemctl start cyrus-imapd")
	f.run(t, bluemind.Client, "sleep 2")
	if err := running.Stop(); err != nil {
		t.Fatal(err)
	}
	report, err := running.Report(f.ctx, target, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	l := report.Ledger
	if len(l.Lost) > 0 || l.Accepted < 40 || l.Found != l.Accepted || len(l.Permanent)+len(l.Unknown) > 0 {
		t.Errorf("ledger %+v", l)
	}
	var both []client.Outage
	for _, o := range report.Outages {
		if o.Protocol == "smtp" {
			t.Errorf("SMTP was away: %+v", o)
		}
		if o.Protocol == "both" {
			both = append(both, o)
		}
	}
	if len(both) == 0 || both[0].Open || both[0].Seconds() < 2 {
		t.Errorf("outages %+v", both)
	}
}

func (f fixture) changes(t *testing.T) {
	target, sql := f.target(t, bluemind.ServiceAddress), bluemind.SQL(f.host(t, bluemind.Old))
	record := client.Record{Dir: t.TempDir()}
	book, err := client.OpenBook(record.Mail())
	if err != nil {
		t.Fatal(err)
	}
	e, err := target.Mutate(f.ctx, client.Change{Label: "it's one", Users: 2}, sql, book)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := target.Verify(f.ctx, e, sql); err != nil || len(got) > 0 {
		t.Errorf("differences %q, %v", got, err)
	}
	if _, err := sql(f.ctx, "bj", "UPDATE directory_entry SET quota = 1 WHERE id = 3"); err != nil {
		t.Fatal(err)
	}
	if err := target.PutScript(f.ctx, "u01@lab.test", "main", "# other\r\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := target.Verify(f.ctx, e, sql); err != nil || len(got) != 2 {
		t.Errorf("differences %q, %v: want one of rows and one of a script", got, err)
	}
}

func (f fixture) reboot(t *testing.T) {
	if err := f.lab.Reboot(f.ctx, bluemind.Old); err != nil {
		t.Fatal(err)
	}
	if err := f.host(t, bluemind.Old).Await(f.ctx, "bmctl", "status"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.target(t, bluemind.ServiceAddress).Find(f.ctx); err != nil {
		t.Error(err)
	}
}
