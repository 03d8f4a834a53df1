//go:build lab

package acceptance_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itpass"
)

// backOut takes service back to old, with the mail that came while new served.
func (p *itpassRun) backOut() {
	p.declare("active", `"source"`, "hold_before", "null")
	p.apply().good()
	p.cutover("source", "settled")
	p.old.stands("active", "enabled", "qmail", "tcpserver", "inetd", "apache2")
	p.new.stands("inactive", "disabled", "qmail", "tcpserver", "inetd", "apache2")
	p.bears(p.old, itpass.Ika, itpass.Tako)
	p.bears(p.new, itpass.Tako, itpass.Ika)
	p.dns(itpass.ServiceAddress, itpass.OtherAddress, itpass.NSAddress)
	if got := p.fetch(itpass.UserName(2)); !strings.Contains(got, "to be fetched\n") {
		p.t.Errorf("what came while new served is not on old: %q", got)
	}
	p.old.sh("grep -q 'written there' /home/wiki/pages/Written; test -d /home/scratch; ! test -e /home/chikuwa1")
}

func (p *itpassRun) again() {
	p.declare("active", `"target"`)
	p.apply().good()
	p.cutover("target", "settled")
	p.new.stands("active", "enabled", "qmail", "tcpserver", "inetd", "apache2")
	p.d1()
	p.d3()
	p.g6()
	p.f3()
	p.done()
}

// finalize is the second apply, a week later: each piece of the later work is in its plan.
func (p *itpassRun) finalize() {
	p.rest()
	p.declare("finalized", "true")
	s := p.plan().changes()
	for _, address := range []string{
		"mail_file.control_of_old", "mail_service.of_old", "mail_job.remove_kept", "mail_backup.namedb_of_new", "mail_job.remove_accounts", "mail_dns_ttl.local",
	} {
		if !strings.Contains(s.Text, address) {
			p.t.Errorf("the plan of the end leaves %s out", address)
		}
	}
	p.call("apply", "-json", planFile).good()
	if c := p.cutover("target", "settled"); !strings.Contains(c.Reversible, "finalized") {
		p.t.Errorf("reversible is %q", c.Reversible)
	}
	p.done()
}

func (p *itpassRun) e2() {
	p.old.is("localhost", "cat", "/var/qmail/control/locals")
	p.old.is("localhost", "cat", "/var/qmail/control/rcpthosts")
	p.old.stands("active", "enabled", "qmail", "tcpserver")
}

func (p *itpassRun) g5() {
	const old = itpass.OtherAddress
	p.client.sh("! curl -s --max-time 5 http://" + old + "/; ! curl -sk --max-time 5 https://" + old + "/; ! curl -s --max-time 5 pop3://" + old + "/")
	for _, address := range []string{itpass.Users(1)[0], "itpass@epa." + itpass.Domain} {
		said := p.client.sh("swaks --server " + old + " --from friend@" + itpass.OutsideDomain + " --to " + address + " --quit-after RCPT || true")
		if !strings.Contains(said, "<** 554") {
			p.t.Errorf("old takes mail for %s: %s", address, said)
		}
	}
	p.old.sh(`printf 'From: root@localhost\nTo: friend@` + itpass.OutsideDomain + `\nSubject: injected on old\n\nx\n' | /var/qmail/bin/qmail-inject`)
	p.new.sh("swaks --server " + old + " --from itp01@" + itpass.MailDomain + " --to friend@" + itpass.OutsideDomain + " --h-Subject 'submitted to old' --silent 2")
	p.client.await(30*time.Second, "grep -q 'Subject: injected on old' /home/friend/Mailbox && grep -q 'Subject: submitted to old' /home/friend/Mailbox")
}

func (p *itpassRun) h1() {
	p.new.sh("test ! -e /etc/shadow~; test ! -e /usr/local/qpopper/pop.auth~; test -e /usr/local/qpopper/pop.auth")
}

func (p *itpassRun) h2() {
	p.new.sh(`cd /usr/local/bind/etc/namedb; grep -qx '$TTL 3600' localhost.zone; grep -qx '$TTL 3600' localhost.rev; tar -tf "$(ls -d /var/backups/mail/*.20*/files.tar | tail -n 1)" | grep -q namedb/localhost.zone`)
	for _, line := range lines(p.new.sh(localZones)) {
		if ttl, serial, _ := strings.Cut(line, " "); ttl != "3600" || serial <= "2009102302" {
			p.t.Errorf("BIND on new answers with TTL and serial %q", line)
		}
	}
}

func (p *itpassRun) h3() {
	p.new.sh("! grep -q chikuwa /etc/passwd /etc/group /etc/sudoers; ! ls -d /home/chikuwa* 2>/dev/null; visudo -cq; grep -q '^newown:' /etc/passwd; test \"$(stat -c %a /etc/sudoers)\" = 440")
}

// load lets mail come from outside until it is stopped.
func (p *itpassRun) load() {
	p.t.Helper()
	book, err := client.OpenBook(p.book)
	p.must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	ended := make(chan error, 1)
	service := p.service
	go func() {
		ended <- service.Send(ctx, client.Load{Run: time.Now().UTC().Format("150405"), Workers: 2, Interval: 300 * time.Millisecond}, book)
	}()
	p.stopLoad = func() error {
		cancel()
		return errors.Join(<-ended, book.Close())
	}
}

func (p *itpassRun) rest() {
	if p.stopLoad != nil {
		stop := p.stopLoad
		p.stopLoad = nil
		if err := stop(); err != nil {
			p.t.Error(err)
		}
	}
}

// ledger: each message that was accepted is with its user, once, as POP gives it to him.
func (p *itpassRun) ledger() {
	p.rest()
	for _, host := range []machine{p.old, p.new} {
		host.await(time.Minute, `test -z "$(postqueue -j)"`)
	}
	found := map[string]int{}
	for n := 1; n <= 6; n++ {
		for _, line := range lines(p.fetch(itpass.UserName(n))) {
			if token, _, ours := strings.Cut(strings.Trim(line, "<>"), "@ledger.lab.test"); ours {
				found[token]++
			}
		}
	}
	attempts, err := client.ReadBookFile[client.Attempt](p.book)
	p.must(err)
	r := client.Account(attempts, found)
	p.must(lab.Tell("ledger: accepted=%d found=%d lost=%d doubled=%d unknown=%d", r.Accepted, r.Found, len(r.Lost), len(r.Doubled), len(r.Unknown)))
	if !r.Whole() || r.Accepted < 50 || len(r.Permanent) > 0 {
		p.t.Errorf("accepted %d, found %d, lost %v, doubled %v, answered 5xx %v", r.Accepted, r.Found, r.Lost, r.Doubled, r.Permanent)
	}
}
