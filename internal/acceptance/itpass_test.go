//go:build lab

package acceptance_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itpass"
)

// TestITPASS walks through the whole procedure with the module: the day before, the day, which waits once in the middle for a look and a reboot, what is
// checked then, a way back and the exchange again, and what is done a week later. Its sub-tests bear the names of the procedure's steps and look at what each
// brought about on the hosts. From outside mail comes all the time.
func TestITPASS(t *testing.T) {
	l := freshITPASS(t)
	p := &itpassRun{roles: newRoles(t, l), itpassMemory: &itpassMemory{book: filepath.Join(t.TempDir(), "book")}}
	dialer, err := l.Dialer(itpass.Client)
	p.must(err)
	p.service = client.Target{Address: itpass.ServiceAddress, Users: itpass.Users(6), Password: itpass.Password, Dialer: dialer}
	t.Cleanup(p.rest)
	proved := &proof{procedure: "ITPASS"}
	defer func() { p.must(proved.tell()) }()
	steps := itpassSteps()
	for i, step := range steps {
		ok := proved.note(step.name, t.Run(step.name, func(t *testing.T) { step.run(&itpassRun{roles: p.roles.in(t), itpassMemory: p.itpassMemory}) }))
		if !ok && slices.Contains([]string{"A3_homes_copied", "frozen", "exchange", "back_out", "again", "finalize"}, step.name) {
			for _, left := range steps[i+1:] {
				proved.note(left.name, false)
			}
			t.Fatalf("nothing after %q can be told without it", step.name)
		}
	}
}

type itpassStep struct {
	name string
	run  func(*itpassRun)
}

func itpassSteps() []itpassStep {
	return slices.Concat(itpassBefore(), itpassDay(), itpassAfter())
}

func itpassBefore() []itpassStep {
	return []itpassStep{
		{"A1_root_comes_in_on_new", (*itpassRun).a1},
		{"A2_rehearsed_with_deletions_shown", (*itpassRun).a2},
		{"B1_resolver_of_new", (*itpassRun).b1},
		{"A3_homes_copied", (*itpassRun).a3},
		{"A4_homes_are_there", (*itpassRun).a4},
		{"A5_sshd_as_it_was", (*itpassRun).a5},
		{"B0_ttl_low_serial_raised", (*itpassRun).b0},
		{"F1_locals_and_rcpthosts", (*itpassRun).f1},
	}
}

func itpassDay() []itpassStep {
	return []itpassStep{
		{"C1_root_comes_in_again", (*itpassRun).c1},
		{"frozen", (*itpassRun).freeze},
		{"B2_web_stopped", (*itpassRun).b2},
		{"B3_mail_stopped_over_a_reboot", (*itpassRun).b3},
		{"C2_crontabs", (*itpassRun).c2},
		{"C3_accounts", (*itpassRun).c3},
		{"C4_homes_copied_again", (*itpassRun).c4},
		{"C6_popauth", (*itpassRun).c6},
		{"exchange", (*itpassRun).exchange},
		{"nothing_left_to_do", (*itpassRun).done},
		{"C5_root_is_refused", (*itpassRun).c5},
		{"D1_host_names", (*itpassRun).d1},
		{"D2_leftovers_told", (*itpassRun).d2},
		{"D3_addresses", (*itpassRun).d3},
		{"D4_network_over_a_reboot_of_new", (*itpassRun).d4},
	}
}

func itpassAfter() []itpassStep {
	return []itpassStep{
		{"E1_namedb_kept_bind_at_boot", (*itpassRun).e1},
		{"E3_web_and_inetd_not_at_boot", (*itpassRun).e3},
		{"E4_reboot_of_old", (*itpassRun).e4},
		{"F2_qmail_runs", (*itpassRun).f2},
		{"F3_bouncer", (*itpassRun).f3},
		{"F4_services_at_boot", (*itpassRun).f4},
		{"G1_web_wiki_gate", (*itpassRun).g1},
		{"G2_pop_by_apop", (*itpassRun).g2},
		{"G3_smtp_out_and_in", (*itpassRun).g3},
		{"G4_list_delivers", (*itpassRun).g4},
		{"G6_dns_of_both", (*itpassRun).g6},
		{"G7_backups_rehearsed", (*itpassRun).g7},
		{"back_out", (*itpassRun).backOut},
		{"again", (*itpassRun).again},
		{"finalize", (*itpassRun).finalize},
		{"E2_old_receives_nothing", (*itpassRun).e2},
		{"G5_old_refuses_and_submits", (*itpassRun).g5},
		{"H1_copies_removed", (*itpassRun).h1},
		{"H2_ttl_back", (*itpassRun).h2},
		{"H3_temporary_accounts_removed", (*itpassRun).h3},
		{"ledger", (*itpassRun).ledger},
	}
}

// itpassRun is one run of the module with what is remembered from step to step.
type itpassRun struct {
	*roles
	*itpassMemory
}

type itpassMemory struct {
	service  client.Target
	book     string
	sshd     string // of new, as it was found
	held     *begun // the exchange, which waits
	stopLoad func() error
}

const sshdShows = "cat /etc/ssh/sshd_config; ls /etc/ssh/sshd_config.d; sshd -T -C user=root,host=x,addr=" + itpass.ServiceAddress + ",laddr=127.0.0.1,lport=22 | grep ^permitrootlogin"

func (p *itpassRun) a1() {
	p.sshd = p.new.sh(sshdShows)
	p.new.sh("sshd -T | grep -qx 'permitrootlogin no'")
	p.declare("login", `"4h"`)
	p.apply("-target=module.itpass.mail_ssh_access.home").good()
	p.loginOpen()
}

// loginOpen: root may come in on new, and old's key may run rsync below /home there, and nothing else.
func (p *itpassRun) loginOpen() {
	p.t.Helper()
	p.new.sh("sshd -T -C user=root,host=x,addr=" + itpass.ServiceAddress + ",laddr=127.0.0.1,lport=22 | grep -qx 'permitrootlogin yes'")
	var access struct {
		KeyFile string `json:"key_file"`
		State   string `json:"state"`
	}
	if !p.read("module.itpass.mail_ssh_access.home[0]", &access) || access.State != "open" {
		p.t.Fatalf("the login is %+v", access)
	}
	ssh := "ssh -i " + access.KeyFile + " -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=accept-new"
	there := itpass.Mover + "@" + itpass.OtherAddress
	p.old.sh("rsync -n -a -e '" + ssh + "' " + there + ":/home/ /tmp/homes/ >/dev/null; ! " + ssh + " " + there + " id </dev/null 2>/dev/null; ! rsync -n -a -e '" + ssh + "' " + there + ":/etc/ /tmp/etc/ 2>/dev/null")
}

func (p *itpassRun) a2() {
	p.new.sh("mkdir /home/newown/kept; echo kept >/home/newown/kept/notes")
	before := p.new.sh("find /home | sort")
	preview := p.previewed()
	for _, want := range []string{"newown", "itp01/"} {
		if !strings.Contains(preview, want) {
			p.t.Errorf("the rehearsal does not show %q: %s", want, preview)
		}
	}
	for _, not := range []string{"chikuwa", "aquota.user", "gate", "scratch/"} {
		if strings.Contains(preview, not) {
			p.t.Errorf("the rehearsal shows %q, which stays out: %s", not, preview)
		}
	}
	p.declare("exclude", `["newown"]`)
	if preview = p.previewed(); strings.Contains(preview, "newown") {
		p.t.Errorf("what was excluded is shown still: %s", preview)
	}
	same(p.t, "homes on new after rehearsals", diffLines(before, p.new.sh("find /home | sort")))
}

// previewed is what a plan shows of the pass over /home.
func (p *itpassRun) previewed() string {
	p.t.Helper()
	for _, d := range p.plan().changes().Diagnostics {
		if d.Severity == "warning" && strings.Contains(d.Summary, "Preview") && strings.Contains(d.Detail, "/home/") {
			return d.Detail
		}
	}
	p.t.Fatal("the plan shows no preview of /home")
	return ""
}

func (p *itpassRun) b1() {
	for _, line := range []string{"nameserver 133.30.8.2", "search " + itpass.Domain} {
		p.new.sh("cp -p /etc/resolv.conf /root/resolv.conf; sed -i '/" + line + "/d' /etc/resolv.conf")
		s := p.plan()
		p.new.sh("mv /root/resolv.conf /etc/resolv.conf")
		s.refused("", "/etc/resolv.conf on new lacks", line)
	}
	p.plan().changes()
}

func (p *itpassRun) a3() {
	p.old.sh("mkdir -p /home/itp02/deep; printf 'a file\n' >/home/itp02/deep/file; chmod 604 /home/itp02/deep/file; ln -s deep/file /home/itp02/link; chown -hR itp02: /home/itp02; echo other >/home/scratch/other; rm -f /home/itp03/.profile")
	p.new.sh("mkdir -p /home/itpass; echo stray >/home/itpass/stray")
	p.apply().good()
	p.cutover("source", "settled")
	p.done()
}

// homes lists what is below /home, as far as it travels.
const homes = `cd /home && find . -xdev -mindepth 1 \( -name 'chikuwa*' -o -name aquota.user -o -name gate -o -name newown -o -path ./scratch \) -prune -o -printf '%P %y %m %u:%g %l ' \( -type f -exec sh -c 'echo $(sha256sum <"$1") $(stat -c %Y "$1")' sh {} \; -o -print \) | sort`

func (p *itpassRun) a4() {
	same(p.t, "homes", diffLines(p.old.sh(homes), p.new.sh(homes)))
	p.new.sh("test ! -e /home/itpass/stray; test ! -e /home/scratch/other; test -d /home/chikuwa1; grep -q 'of new' /home/aquota.user; grep -q 'on new' /home/gate/accounts/known; grep -q kept /home/newown/kept/notes")
}

func (p *itpassRun) a5() {
	p.declare("login", "null")
	p.apply().good()
	same(p.t, "sshd of new", diffLines(p.sshd, p.new.sh(sshdShows)))
	p.new.sh("! grep -q terraform-provider-mail-access /var/lib/" + itpass.Mover + "/.ssh/authorized_keys")
	p.done()
}

const localZones = `for zone in localhost 0.0.127.in-addr.arpa; do dig +noall +answer @127.0.0.1 $zone SOA | awk '{ print $2, $7 }'; done`

func (p *itpassRun) b0() {
	p.new.sh(`cd /usr/local/bind/etc/namedb; grep -qx '$TTL 300' localhost.zone; grep -qx '$TTL 300' localhost.rev; grep -q '; serial' localhost.zone`)
	for _, line := range lines(p.new.sh(localZones)) {
		ttl, serial, _ := strings.Cut(line, " ")
		if ttl != "300" || serial <= "2009102301" {
			p.t.Errorf("BIND on new answers with TTL and serial %q", line)
		}
	}
}

func (p *itpassRun) f1() {
	for _, file := range []string{"locals", "rcpthosts"} {
		for _, name := range []string{"localhost", itpass.Ika, itpass.MailDomain, "epa." + itpass.Domain, "aoe." + itpass.Domain, "cps." + itpass.Domain} {
			p.new.sh("test \"$(grep -cFx " + name + " /var/qmail/control/" + file + ")\" = 1; /var/qmail/bin/qmail-showctl | grep '^" + file + ":' | grep -q ' " + name + "$'")
		}
	}
}

func (p *itpassRun) c1() {
	p.declare("login", `"1h"`)
	p.apply().good()
	p.loginOpen()
	p.declare("login", "null") // closed by the same apply that moves (C5)
	p.load()
}

// freeze begins the exchange, which waits when all is copied and nothing serves.
func (p *itpassRun) freeze() {
	p.old.sh("runuser -u itp03 -- sh -c 'cd; exec setsid sleep 3600' >/dev/null 2>&1 </dev/null & sleep 0.3; pgrep -u itp03 sleep >/dev/null; echo later >/home/itp02/later; chown itp02: /home/itp02/later")
	for _, host := range []machine{p.old, p.new} {
		host.sh("echo '" + itpass.Ika + " has " + itpass.ServiceAddress + ", " + itpass.Tako + " " + itpass.OtherAddress + "' >/etc/notes") // nobody has named it
	}
	p.declare("active", `"target"`, "hold_before", `"identity"`)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), callPatience)
	p.held = p.begin(ctx, "apply", "-json", "-auto-approve")
	go func() {
		<-p.held.over
		cancel()
	}()
	waits, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	if err := p.new.Await(waits, "sh", "-c", "cd "+journalDir+"/runs && test -e $(ls -dt itpass.* | head -n 1)/waits"); err != nil {
		cancel()
		p.t.Fatalf("it does not wait: %v: %s", err, p.held.wait().explain())
	}
}

// stands asserts which of a host's services run and start at boot.
func (m machine) stands(active, enabled string, services ...string) {
	m.t.Helper()
	for _, s := range services {
		m.is(active, "systemctl", "is-active", s)
		m.is(enabled, "sh", "-c", "systemctl is-enabled "+s+" 2>/dev/null")
	}
}

func (p *itpassRun) b2() { p.old.stands("inactive", "disabled", "apache2") }

func (p *itpassRun) b3() {
	p.old.sh("! pgrep -u itp03")
	stopped := []string{"qmail", "tcpserver", "inetd", "apache2"}
	p.old.stands("inactive", "disabled", stopped...)
	p.reboots(itpass.Old)
	p.old.stands("inactive", "disabled", stopped...)
	p.old.sh("! ss -Htln | grep -E ':(25|80|110|443) '")
}

func (p *itpassRun) c2() {
	const shows = "cd /var/spool/cron/crontabs && stat -c '%n %a %U:%G %Y' itp* && sha256sum itp*"
	same(p.t, "crontabs", diffLines(p.old.sh(shows), p.new.sh(shows)))
	p.new.sh("grep -q 'of newown' /var/spool/cron/crontabs/newown; crontab -u itp01 -l | grep -q 'of itp01'")
}

func (p *itpassRun) c3() {
	const shows = "grep -hE '^itp[0-9]+:' /etc/passwd /etc/shadow /etc/group | sort"
	same(p.t, "accounts", diffLines(p.old.sh(shows), p.new.sh(shows)))
	p.new.sh(`grep -q '^itpass:$6$of.new$itpass:' /etc/shadow; grep -q '^newown:' /etc/passwd; grep -q '^gate:$6$of.new$gate:' /etc/shadow; ! grep -q '^itp01:' /etc/shadow~; grep -q '^newown:' /etc/shadow~; test "$(stat -c '%a %U:%G' /etc/shadow~)" = "640 root:shadow"`)
	p.old.sh("! grep -qE '^(newown|chikuwa)' /etc/passwd")
}

func (p *itpassRun) c4() {
	same(p.t, "homes", diffLines(p.old.sh(homes), p.new.sh(homes)))
	p.new.sh("test -e /home/itp02/later; test -d /home/chikuwa1; grep -q 'on new' /home/gate/accounts/known")
}

func (p *itpassRun) c6() {
	const file = "/usr/local/qpopper/pop.auth"
	const shows = "stat -c '%a %U:%G' " + file + "; sha256sum <" + file
	same(p.t, "pop.auth", diffLines(p.old.sh(shows), p.new.sh(shows)))
	p.new.sh("test \"$(cat " + file + "~)\" = newown:pw-newown; test \"$(stat -c %U:%G " + file + ")\" = pop:mail; ! find / -xdev -name '*pop.auth*' ! -path '/proc/*' ! -path '" + journalDir + "/*' ! -path '" + file + "*' | grep .")
	p.old.sh("grep -q itp06:pw-itp06 " + file)
}

func (p *itpassRun) exchange() {
	code, said := p.rescue("continue", "-user", itpass.Mover, "-become", "sudo", itpass.OtherAddress)
	if code != 0 || !strings.Contains(said, "goes on") {
		p.t.Errorf("rescue continue: %d %s", code, said)
	}
	p.held.w = p.workspace // what fails now is this step's
	p.held.wait().good()
	c := p.cutover("target", "settled")
	if c.Outage == "" || len(c.Ledger) == 0 || c.ActiveAddress != itpass.ServiceAddress {
		p.t.Errorf("after the exchange: outage %q, ledger %v, address %q", c.Outage, c.Ledger, c.ActiveAddress)
	}
}

// done: there is nothing left to do, and if there is, what.
func (p *itpassRun) done() {
	p.t.Helper()
	s := p.plan()
	if s.Code == 0 {
		return
	}
	var planned cutover
	p.read("module.itpass.mail_cutover.itpass", &planned, planFile)
	p.t.Errorf("the plan is not empty (exit code %d): %s\nof the cutover: status %q, drift %q, runbook %q", s.Code, s.explain(), planned.Status, planned.Drift, planned.Runbook)
}

func (p *itpassRun) c5() {
	same(p.t, "sshd of new", diffLines(p.sshd, p.new.sh(sshdShows)))
	p.old.sh(`cd /root/.ssh; test ! -e authorized_keys; grep -q '^command="rsync --server -vlogDtpr --delete . /home/",no-pty,from="` + itpass.Ika + `",no-port-forwarding,no-X11-forwarding,no-agent-forwarding ssh-ed25519 ' authorized_keys.bk`)
	const ssh = "ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@"
	p.new.sh("! " + ssh + itpass.OtherAddress + " true 2>/run/said; grep -q 'Permission denied' /run/said")
	p.old.sh("! " + ssh + itpass.ServiceAddress + " true 2>/run/said; grep -q 'Permission denied' /run/said")
}

// named are the files that name their host.
const named = "/etc/mailname /etc/gate/gate.conf /etc/exim4/update-exim4.conf.conf /usr/local/bind/etc/namedb/localhost.zone /usr/local/bind/etc/namedb/localhost.rev /etc/hostname"

func (p *itpassRun) d1() {
	p.bears(p.new, itpass.Ika, itpass.Tako)
	p.bears(p.old, itpass.Tako, itpass.Ika)
}

// bears asserts a host's name, now and in its files.
func (p *itpassRun) bears(m machine, name, not string) {
	p.t.Helper()
	m.is(name, "uname", "-n")
	m.is(name, "hostname", "-f")
	m.sh("for file in " + named + "; do grep -q " + name + " $file; ! grep -q " + not + " $file; done; ! pgrep -x named >/dev/null || dig +short @127.0.0.1 localhost NS | grep -qx " + name + ".")
}

func (p *itpassRun) d2() {
	told := map[string]string{}
	for _, step := range p.cutover("target", "settled").LastRun.Steps {
		for _, text := range step.Result {
			told[step.ID] += text + "\n"
		}
	}
	for _, side := range []string{"source", "target"} {
		found := false
		for id, text := range told {
			found = found || strings.HasPrefix(id, "search_leftovers."+side) && strings.Contains(text, "/etc/notes: ")
		}
		if !found {
			p.t.Errorf("what is left on the %s is not told: %q", side, told)
		}
	}
}

func (p *itpassRun) d3() {
	for _, host := range []struct {
		machine
		address, not string
	}{{p.new, itpass.ServiceAddress, itpass.OtherAddress}, {p.old, itpass.OtherAddress, itpass.ServiceAddress}} {
		host.sh("ip -o -4 addr show dev eth0 | grep -q ' " + host.address + "/16 '; ! ip -o -4 addr show | grep -q ' " + host.not + "/'; grep -q '" + host.address + "' /etc/network/interfaces /etc/network/interfaces.d/* 2>/dev/null; ! grep -qs '" + host.not + "' /etc/network/interfaces /etc/network/interfaces.d/*; grep -q '^" + host.address + "[[:space:]].*itpass' /etc/hosts")
	}
}

func (p *itpassRun) d4() {
	p.reboots(itpass.New)
	p.d3()
	p.d1()
	p.new.await(30*time.Second, "for port in 25 80 110 443; do ss -Htln \"sport = :$port\" | grep -q . || exit 1; done")
	p.done()
}

// reboots reboots a host. On a busy machine the end of its shutdown takes as long as systemd-shutdown lets it: twice 90 s.
func (p *itpassRun) reboots(host string) {
	p.t.Helper()
	if err := p.lab.Reboot(p.t.Context(), host); err != nil {
		p.t.Logf("%v: it has more time", err)
		on(p.t, p.lab, host).await(2*time.Minute, "systemctl is-system-running | grep -qE 'running|degraded'")
	}
}
