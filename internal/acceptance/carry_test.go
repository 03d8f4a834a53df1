//go:build lab

package acceptance_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestCarryBack goes back from the target with new messages only, then with
// nothing: the source serves what it had, with those messages or without.
func TestCarryBack(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	p := &late{migration: m, service: users(t, l, bluemind.ServiceAddress), book: filepath.Join(t.TempDir(), "book")}
	p.apply().good()
	for _, step := range []struct {
		name string
		run  func(*late)
	}{{"messages", (*late).carryMessages}, {"accounted_for", (*late).accounted}, {"none", (*late).carryNone}} {
		if !t.Run(step.name, func(t *testing.T) { step.run(&late{migration: m.in(t), service: p.service, book: p.book}) }) {
			t.Fatalf("nothing after %q can be told without it", step.name)
		}
	}
}

// carries says what a back-out carries.
func (p *late) carries(what string) {
	p.t.Helper()
	file := filepath.Join("bluemind", "main.tf")
	text := string(mustRead(p.t, filepath.Join(p.dir, file)))
	for _, other := range []string{"exact", "messages", "none"} {
		text = strings.Replace(text, `carry_back = "`+other+`"`, `carry_back = "`+what+`"`, 1)
	}
	p.file(file, text)
}

// lives lets mail arrive and a user and the product work while new serves: a row, a flag.
func (p *late) lives(run string, users int) {
	p.t.Helper()
	on := p.service
	on.Users = on.Users[:users]
	book, err := client.OpenBook(p.book)
	p.must(err)
	p.must(on.Send(p.t.Context(), client.Load{Run: run, Workers: 2, Interval: 20 * time.Millisecond, Limit: 8}, book))
	p.must(book.Close())
	p.new.await(time.Minute, `test -z "$(postqueue -j)"`)
	p.new.sh(`python3 - <<'END'
import imaplib
i = imaplib.IMAP4("127.0.0.1")
i.login("u01@lab.test", "pw-u01")
i.select("INBOX")
uid = i.uid("search", None, "HEADER", "Message-ID", "@ledger.lab.test")[1][0].split()[-1]
assert i.uid("store", uid, "+FLAGS", "(\\Flagged $New)")[0] == "OK"
assert i.uid("store", "1", "+FLAGS", "($Old)")[0] == "OK"
END
runuser -u postgres -- psql -qAtX -d bj-data -c "INSERT INTO item (owner, kind, body) VALUES ('new', 1, 'came on new')"`)
}

func (p *late) carryMessages() {
	before := snapshot(p.t, p.service)
	p.declare("active", `"target"`)
	p.apply().good()
	p.lives("carried", 3)
	p.carries("messages")
	p.declare("active", `"source"`)
	p.plan().told("warning", "", "leaves something behind", "public.item: 1 rows inserted", "new messages here since the cut in u01@lab.test INBOX")
	p.call("apply", "-json", planFile).good()
	c := p.status("source", "settled")
	if !strings.Contains(c.Ledger["messages"], "8 messages carried back") || !strings.Contains(c.Ledger["account"], "public.item: 1 rows inserted") {
		p.t.Errorf("the ledger says %q", c.Ledger)
	}
	p.old.serves()
	p.new.passive()
	p.found()
	after := snapshot(p.t, p.service)
	for user, state := range before {
		for name, box := range state.Mailboxes {
			now := after[user].Mailboxes[name]
			touched := len(now.Messages) != len(box.Messages)
			if touched == (now.UIDValidity == box.UIDValidity) {
				p.t.Errorf("%s %s: messages came: %v; UIDVALIDITY %d, before %d", user, name, touched, now.UIDValidity, box.UIDValidity)
			}
			for uid, message := range box.Messages {
				if got := now.Messages[uid]; got.MessageID != message.MessageID || !slices.Equal(got.Flags, message.Flags) || !got.Date.Equal(message.Date) {
					p.t.Errorf("%s %s %d is %+v, was %+v", user, name, uid, got, message)
				}
			}
		}
	}
	flagged := 0
	for _, message := range after["u01@lab.test"].Mailboxes["INBOX"].Messages {
		if slices.Equal(message.Flags, []string{"$New", `\Flagged`}) && strings.HasPrefix(message.MessageID, "carried-") {
			flagged++
		}
	}
	if flagged != 1 {
		p.t.Errorf("%d new messages have the flags that their user set", flagged)
	}
	p.old.is("0", "runuser", "-u", "postgres", "--", "psql", "-AtX", "-d", "bj-data", "-c", "SELECT count(*) FROM item WHERE owner = 'new'")
	p.old.sh("runuser -u postgres -- psql -AtXc \"SELECT datconnlimit FROM pg_database WHERE datname = 'bj'\" | grep -x -- -1")
}

// accounted: new stays on hold, and no move overwrites it, until somebody has said that it may.
func (p *late) accounted() {
	hold := journalDir + "/hold/bluemind"
	if text := p.new.sh("cat " + hold + "/account/lines"); !strings.Contains(text, "8 messages came") || !strings.Contains(text, "public.item") {
		p.t.Errorf("the account on new says %q", text)
	}
	p.declare("active", `"target"`)
	p.apply().refused("", "not accounted for", "public.item", "remove "+hold)
	p.old.serves()
	p.new.sh("rm -r " + hold)
	p.apply().good()
	p.status("target", "settled")
	p.found()
}

func (p *late) carryNone() {
	before := snapshot(p.t, p.service)
	p.book = filepath.Join(p.t.TempDir(), "none")
	p.lives("left", 3)
	p.carries("none")
	p.declare("active", `"source"`)
	p.plan().told("warning", "", "Nothing that came since the move goes back", "new messages here since the cut in u02@lab.test INBOX")
	p.call("apply", "-json", planFile).good()
	c := p.status("source", "settled")
	if !strings.Contains(c.Ledger["account"], "8 messages came") || c.Ledger["messages"] != "" {
		p.t.Errorf("the ledger says %q", c.Ledger)
	}
	p.old.serves()
	p.new.passive()
	same(p.t, "what users had before the move", client.Diff(before, snapshot(p.t, p.service), true))
}
