//go:build lab

package acceptance_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestLateMail lets the passive side serve too, by mistake, and take mail into
// mailboxes of its own: the plan tells, apply brings it to the serving side,
// each message once, also before a back-out and before the end of the way back.
func TestLateMail(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	p := &late{migration: m, service: users(t, l, bluemind.ServiceAddress), book: filepath.Join(t.TempDir(), "book")}
	p.apply().good()
	p.declare("active", `"target"`)
	p.apply().good()
	p.status("target", "settled")
	p.empty()
	for _, step := range []struct {
		name string
		run  func(*late)
	}{
		{"found_and_swept", (*late).swept},
		{"a_sweep_begun_again_doubles_nothing", (*late).again},
		{"rows_block", (*late).rows},
		{"before_a_back_out", (*late).backOut},
		{"before_the_end", (*late).finalize},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(&late{migration: m.in(t), service: p.service, book: p.book}) }) {
			t.Fatalf("nothing after %q can be told without it", step.name)
		}
	}
}

// late is a migration whose passive side takes mail; book is what clients sent to it.
type late struct {
	*migration
	service client.Target
	book    string
}

// plant lets old serve again, at its own address, until it has delivered three
// messages into its own mailboxes, and one comes by IMAP with flags and a date.
func (p *late) plant(run string) {
	p.t.Helper()
	p.old.sh("systemctl -q enable --now postfix; systemctl start cyrus-imapd")
	p.old.await(time.Minute, "test -S /run/cyrus/socket/lmtp && ss -Htln | grep -q ':143 '")
	direct := p.service
	direct.Address = ownAddress(p.old)
	direct.Users = direct.Users[:3]
	book, err := client.OpenBook(p.book)
	p.must(err)
	p.must(direct.Send(p.t.Context(), client.Load{Run: run, Workers: 1, Limit: 3}, book))
	token := run + "-appended"
	p.must(book.Write(client.Attempt{Token: token, Outcome: client.Accepted}))
	p.must(book.Close())
	p.old.sh(`python3 - <<'END'
import imaplib
i = imaplib.IMAP4("127.0.0.1")
i.login("u02@lab.test", "pw-u02")
text = b"Message-ID: <` + token + `@ledger.lab.test>\r\nSubject: with flags\r\n\r\nbody\r\n"
assert i.append('"With space"', "(\\Flagged $Late)", '"05-Mar-2021 04:05:06 +0100"', text)[0] == "OK"
END`)
	p.old.await(time.Minute, nothingWaits)
}

// nothingWaits: no message of the queue waits to be sent on; what is on hold does not.
const nothingWaits = `! postqueue -j | grep -vF '"queue_name": "hold"' | grep -q .`

// found asserts that every message that old took is found once at the service address.
func (p *late) found() {
	p.t.Helper()
	attempts, err := client.ReadBookFile[client.Attempt](p.book)
	p.must(err)
	seen := snapshot(p.t, p.service)
	ledger := client.Account(attempts, seen.Tokens())
	if !ledger.Whole() || ledger.Accepted == 0 || len(ledger.Unknown) > 0 {
		p.t.Errorf("the passive side's mail: %+v", ledger)
	}
	for _, box := range seen["u02@lab.test"].Mailboxes {
		for _, message := range box.Messages {
			if !strings.Contains(message.MessageID, "-appended@") {
				continue
			}
			if strings.Join(message.Flags, " ") != `$Late \Flagged` || !message.Date.Equal(time.Date(2021, 3, 5, 3, 5, 6, 0, time.UTC)) {
				p.t.Errorf("%s has flags %q, date %s", message.MessageID, message.Flags, message.Date)
			}
		}
	}
}

// drift refreshes, and gives what was found.
func (p *late) drift() []string {
	p.t.Helper()
	p.call("apply", "-refresh-only", "-auto-approve", "-json").good()
	return p.cutover().Drift
}

// drifted asserts that some line of the drift has all texts.
func (p *late) drifted(texts ...string) {
	p.t.Helper()
	drift := p.drift()
lines:
	for _, line := range drift {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue lines
			}
		}
		return
	}
	p.t.Errorf("no line of the drift has %q: %q", texts, drift)
}

func (p *late) swept() {
	p.plant("both")
	p.drifted("1 new messages", "u02@lab.test With space")
	p.drifted("1 new messages", "u03@lab.test INBOX")
	p.drifted("stop postfix on the source")
	p.plan().changes()
	p.apply().good()
	c := p.status("target", "settled")
	if !strings.Contains(c.Ledger["late"], "4 messages") || !strings.Contains(c.Ledger["late"], "u02@lab.test With space: 1") || len(c.Ledger) < 3 {
		p.t.Errorf("the ledger does not name what was swept: %q", c.Ledger)
	}
	p.old.passive()
	p.found()
	p.empty()
}

// again takes away what the hosts know of the sweep's end: first on the side that took the mail, then on both.
func (p *late) again() {
	marks, log := journalDir+"/marks/bluemind/messages", journalDir+"/late/bluemind/log"
	for _, forget := range []string{"true", "sed -i '/^end /d' " + log} {
		p.old.sh(`python3 - <<'END'
import os
marks = "` + marks + `"
known = open(marks, "rb").read().split(b"\0")[:-1]
young = set(sorted(known, key=lambda f: os.stat(f).st_ctime)[-4:])
open(marks, "wb").write(b"".join(f + b"\0" for f in known if f not in young))
END`)
		p.new.sh(forget)
		p.drifted("new messages")
		p.apply().good()
		p.found()
		p.empty()
	}
}

func (p *late) rows() {
	sql := "runuser -u postgres -- psql -qAtX -d bj-data -c "
	p.old.sh(sql + `"UPDATE item SET kind = kind WHERE id = (SELECT min(id) FROM item)"`)
	p.old.await(time.Minute, "test \"$("+sql+"\"SELECT sum(n_tup_upd) FROM pg_stat_user_tables WHERE relname = 'item'\")\" -gt 0")
	p.drifted("database bj-data, table public.item", "1 updated")
	p.apply().refused("", "public.item", "1 updated", "removing "+journalDir+"/marks/bluemind/tables")
	p.declare("active", `"source"`)
	p.apply().refused("", "public.item", "1 updated")
	p.declare("active", `"target"`)
	p.new.serves()
	p.old.sh("rm " + journalDir + "/marks/bluemind/tables")
	p.apply().good()
	p.empty()
}

func (p *late) backOut() {
	p.plant("back")
	p.declare("active", `"source"`)
	p.plan().changes()
	p.call("apply", "-json", planFile).good()
	c := p.status("source", "settled")
	if !strings.Contains(c.Ledger["late"], "4 messages") {
		p.t.Errorf("the ledger does not name what was swept: %q", c.Ledger)
	}
	p.old.serves()
	p.found()
}

func (p *late) finalize() {
	p.declare("active", `"target"`)
	p.apply().good()
	p.plant("end") // which lets postfix start at boot again, too
	keys := "/root/.ssh/authorized_keys"
	p.old.sh("ip addr add " + bluemind.ServiceAddress + "/24 dev eth0; echo 'restrict ssh-ed25519 AAAA terraform-provider-mail:bluemind.forgotten' >>" + keys)
	p.declare("finalized", "true")
	p.apply().good()
	p.status("target", "settled")
	p.old.passive()
	p.old.sh("! grep terraform-provider-mail:bluemind " + keys)
	p.new.serves()
	p.found()
	p.empty()
}
