//go:build lab

package acceptance_test

import (
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itpass"
)

func (p *itpassRun) e1() {
	p.old.sh("tar -tf \"$(ls -d /var/backups/mail/*.20*/files.tar | tail -n 1)\" | grep -q usr/local/bind/etc/namedb/localhost.zone")
	p.old.stands("active", "enabled", "bind")
}

func (p *itpassRun) e3() { p.old.stands("inactive", "disabled", "apache2", "inetd") }

func (p *itpassRun) e4() {
	p.reboots(itpass.Old)
	p.old.stands("active", "enabled", "bind")
	p.old.stands("inactive", "disabled", "apache2", "inetd", "qmail", "tcpserver")
	p.d3()
	p.d1()
	p.done()
}

func (p *itpassRun) f2() {
	p.new.stands("active", "enabled", "qmail", "tcpserver")
	p.new.sh("/var/qmail/bin/qmail-showctl | grep -qx 'me: My name is " + itpass.Ika + ".'")
}

func (p *itpassRun) f3() {
	p.new.is("&itpadmin@"+itpass.MailDomain+"\n|/usr/local/bin/ezmlm/ezmlm-weed\n|/usr/local/bin/ezmlm/ezmlm-return -D '/home/itpass/ml/ml-ctrl'", "cat", "/home/itpass/ml/ml-ctrl/bouncer")
	p.client.sh("swaks --server " + itpass.ServiceAddress + " --from '<>' --to itpass-ml-bounces-1-a=b.example@" + itpass.MailDomain + " --h-Subject 'came back' --silent 2")
	p.new.await(20*time.Second, "grep -q 'came back' /home/itpass/ml/ml-ctrl/returned && grep -q 'came back' /home/itpadmin/Mailbox")
}

func (p *itpassRun) f4() {
	// Since its boot in D4 nobody has started anything.
	p.new.stands("active", "enabled", "qmail", "tcpserver", "inetd", "apache2", "bind")
	p.client.sh("for port in 25 80 110 443; do timeout 5 bash -c \"exec 3<>/dev/tcp/" + itpass.ServiceAddress + "/$port\"; done; dig +short @" + itpass.ServiceAddress + " itpass." + itpass.Domain + " | grep -qx " + itpass.ServiceAddress)
}

func (p *itpassRun) g1() {
	site := "http://itpass." + itpass.Domain
	p.client.sh("curl -sf " + site + "/wiki/FrontPage | grep -q 'of years'; curl -sf --data-binary 'written there' " + site + "/wiki/Written >/dev/null; curl -sf " + site + "/wiki/Written | grep -q 'written there'; curl -sfk https://itpass." + itpass.Domain + "/ | grep -q 'on the web'")
	got := p.client.sh("for word in one two; do curl -sf -d name=ana -d word=$word " + site + "/gate; done; curl -sf " + site + "/gate?known")
	if want := itpass.Ika + ": ana registered as one\n" + itpass.Ika + ": ana changed to two\n" + itpass.Ika + ": known is seen on new\n"; got != want {
		p.t.Errorf("gate says %q, want %q", got, want)
	}
	p.new.sh("grep -q 'written there' /home/wiki/pages/Written")
}

// fetch is what a user gets by APOP from the client's host: the subjects.
func (p *itpassRun) fetch(user string) string {
	p.t.Helper()
	return p.client.sh(`python3 - <<'END'
import poplib
box = poplib.POP3("` + itpass.ServiceAddress + `", timeout=20)
box.apop("` + user + `", "` + itpass.Password(user) + `")
for n in range(1, box.stat()[0] + 1):
    for line in box.top(n, 0)[1]:
        if line.lower().startswith((b"subject:", b"message-id:")):
            print(line.split(b":", 1)[1].strip().decode())
box.quit()
END`)
}

// delivered waits until a user's mailbox on new has a subject, and fetches it by POP.
func (p *itpassRun) delivered(user, subject string) {
	p.t.Helper()
	p.new.await(30*time.Second, "grep -q 'Subject: "+subject+"' /home/"+user+"/Mailbox")
	if got := p.fetch(user); !strings.Contains(got, subject+"\n") {
		p.t.Errorf("POP gives %s not %q: %q", user, subject, got)
	}
}

func (p *itpassRun) g2() {
	for n := 1; n <= 6; n++ {
		user := itpass.UserName(n)
		p.new.sh("test -s /home/" + user + "/.qmail; test -f /home/" + user + "/Mailbox; grep -q '^" + user + ":' /usr/local/qpopper/pop.auth")
		p.fetch(user)
	}
	p.client.sh("swaks --server itpass." + itpass.Domain + " --from friend@" + itpass.OutsideDomain + " --to " + itpass.Users(2)[1] + " --h-Subject 'to be fetched' --silent 2")
	p.delivered(itpass.UserName(2), "to be fetched")
}

func (p *itpassRun) g3() {
	p.new.sh(`printf 'From: itp01@` + itpass.MailDomain + `\nTo: friend@` + itpass.OutsideDomain + `\nSubject: from new\n\nx\n' | /var/qmail/bin/qmail-inject`)
	p.client.await(30*time.Second, "grep -q 'Subject: from new' /home/friend/Mailbox && grep -q '^Received: from "+itpass.Ika+"' /home/friend/Mailbox")
	// By its own way: MX, then SMTP.
	p.client.sh(`printf 'From: friend@` + itpass.OutsideDomain + `\nTo: ` + itpass.Users(3)[2] + `\nSubject: from outside\n\nx\n' | sendmail -t`)
	p.delivered(itpass.UserName(3), "from outside")
	p.client.sh("! swaks --server " + itpass.ServiceAddress + " --from friend@" + itpass.OutsideDomain + " --to a@elsewhere.example --quit-after RCPT --silent 3")
}

func (p *itpassRun) g4() {
	p.client.sh("swaks --server " + itpass.ServiceAddress + " --from friend@" + itpass.OutsideDomain + " --to itpass-ml@" + itpass.MailDomain + " --h-Subject 'to the list' --silent 2")
	p.client.await(30*time.Second, "grep -q 'Subject: to the list' /home/friend/Mailbox")
	p.delivered(itpass.UserName(1), "to the list")
}

func (p *itpassRun) g6() {
	p.dns(itpass.OtherAddress, itpass.ServiceAddress, itpass.NSAddress, itpass.ServiceAddress)
}

// dns asks servers, from outside.
func (p *itpassRun) dns(old, fresh string, servers ...string) {
	p.t.Helper()
	for _, server := range servers {
		for name, want := range map[string]string{"itpass": itpass.ServiceAddress, "old-itpass": old, "new-itpass": fresh} {
			p.client.await(20*time.Second, "dig +short +tries=1 +time=2 @"+server+" "+name+"."+itpass.Domain+" A | grep -qx "+want)
		}
	}
}

func (p *itpassRun) g7() {
	var checks struct {
		Results map[string]struct {
			OK     bool   `json:"ok"`
			Detail string `json:"detail"`
		} `json:"results"`
	}
	if !p.read("module.itpass.data.mail_checks.backup[0]", &checks) || len(checks.Results) != 2 {
		p.t.Fatalf("backups: %+v", checks)
	}
	for name, result := range checks.Results {
		if !result.OK {
			p.t.Errorf("backup of %s: %s", name, result.Detail)
		}
		p.client.sh("cd /home/itpass/log; grep -q 'DRY RUN' " + name + ".log; grep -q '\\.qmail-ml' " + name + ".log; ! grep -qE '^(rsync|ssh|Permission)' " + name + ".log; test ! -e ../backup/" + name + "/ml")
	}
}
