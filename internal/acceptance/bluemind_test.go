//go:build lab

package acceptance_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// TestBLUEMIND walks through the whole procedure with the module: rehearsal,
// move, boots, back-out, second move, end. Its sub-tests bear the names of the
// procedure's steps and look at what each brought about on the hosts.
func TestBLUEMIND(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	p := &procedure{migration: m, memory: &memory{records: filepath.Join(t.TempDir(), "client")}, service: users(t, l, bluemind.ServiceAddress)}
	t.Cleanup(p.rest)
	p.before = snapshot(t, p.service)
	p.beforeNew = snapshot(t, users(t, l, bluemind.NewAddress))
	proved := &proof{procedure: "BLUEMIND"}
	defer func() { m.must(proved.tell()) }()
	for _, step := range []struct {
		name string
		run  func(*procedure)
	}{
		{"A1_same_version", (*procedure).a1},
		{"A2_same_external_url", (*procedure).a2},
		{"A3_set_up_and_subscription", (*procedure).a3},
		{"A5_rsync_on_both", (*procedure).a5},
		{"rehearsal", (*procedure).rehearse},
		{"A4_login_by_a_key_that_is_lent", (*procedure).a4},
		{"B1_target_stopped_source_serves", (*procedure).b1},
		{"B2_trees_mirrored_with_deletions", (*procedure).b2},
		{"B3_second_pass_is_quicker", (*procedure).b3},
		{"move", (*procedure).move},
		{"C1_stopped_on_both_before_the_cold_pass", (*procedure).c1},
		{"C2_trees_mirrored_again", (*procedure).c2},
		{"C3_databases_dumped_without_traces", (*procedure).c3},
		{"C4_files_with_owner_and_mode", (*procedure).c4},
		{"C5_databases_restored_beside_compared_and_swapped", (*procedure).c5},
		{"D1_source_stands", (*procedure).d1},
		{"D2_target_has_the_address", (*procedure).d2},
		{"E1_firewall_saved", (*procedure).e1},
		{"E2_mail_maintenance_run", (*procedure).e2},
		{"E3_my_networks_replaced", (*procedure).e3},
		{"users_see_what_they_had", (*procedure).preserved},
		{"D3_target_boots_in_the_sources_place", (*procedure).d3},
		{"back_out", (*procedure).backOut},
		{"second_move", (*procedure).again},
		{"finalize", (*procedure).finalize},
		{"ledger", (*procedure).ledger},
		{"destroy_forgets", (*procedure).forget},
	} {
		ok := proved.note(step.name, t.Run(step.name, func(t *testing.T) { step.run(p.at(t)) }))
		if !ok && slices.Contains([]string{"rehearsal", "move", "D3_target_boots_in_the_sources_place", "back_out", "second_move"}, step.name) {
			t.Fatalf("nothing after %q can be told without it", step.name)
		}
	}
}

// procedure is one run of the module with what is remembered from step to step.
type procedure struct {
	*migration
	*memory
	service client.Target
}

type memory struct {
	before, beforeNew client.Snapshot
	first             pass
	sourceRows        []client.Rows
	working           *client.Running
	records           string
	rested            bool
}

func (p *procedure) at(t *testing.T) *procedure {
	t.Helper()
	return &procedure{migration: p.migration.in(t), memory: p.memory, service: p.service}
}

// pass is what a hot pass measured.
type pass struct {
	At      string  `json:"at"`
	Seconds float64 `json:"seconds"`
	Files   int     `json:"files"`
	Bytes   int     `json:"bytes"`
}

func (p *procedure) lastPass() pass {
	p.t.Helper()
	var sync struct {
		LastPass pass   `json:"last_pass"`
		Status   string `json:"status"`
	}
	if !p.read("module.bluemind.mail_sync.store", &sync) || sync.Status != "settled" {
		p.t.Fatalf("mail_sync.store is %q", sync.Status)
	}
	return sync.LastPass
}

// without changes a host for the time of one plan, which must be refused.
func (p *procedure) without(host machine, change, back string, texts ...string) {
	p.t.Helper()
	before := p.prints()
	host.sh(change)
	s := p.plan()
	host.sh(back)
	s.refused("active", texts...)
	p.untouched(before)
}

func (p *procedure) a1() {
	p.without(p.new, "cp -p /etc/bm/version /root/version; echo 4.0.6 >/etc/bm/version", "mv /root/version /etc/bm/version",
		"versions differ", "4.0.5", "4.0.6")
}

func (p *procedure) a2() {
	p.without(p.new, "cp -p /etc/bm/bm.ini /root/bm.ini; sed -i s,^external-url=.*,external-url=https://other.lab.test, /etc/bm/bm.ini", "mv /root/bm.ini /etc/bm/bm.ini",
		"external URLs differ", "https://mail.lab.test", "https://other.lab.test")
}

func (p *procedure) a3() {
	p.without(p.new, "mv /var/lib/bm/set-up-done /root/", "mv /root/set-up-done /var/lib/bm/", "first set-up has not been run on the target")
	p.without(p.new, "mv /var/lib/bm/subscription /root/", "mv /root/subscription /var/lib/bm/", "subscription", "target")
}

func (p *procedure) a5() {
	for _, host := range []struct {
		machine machine
		role    string
	}{{p.old, "source"}, {p.new, "target"}} {
		p.without(host.machine, "mv /usr/bin/rsync /root/", "mv /root/rsync /usr/bin/", "rsync is not on the "+host.role)
	}
}

func (p *procedure) rehearse() {
	s := p.plan().changes()
	s.t.Logf("plan: %d diagnostics", len(s.Diagnostics))
	p.apply().good()
	p.first = p.lastPass()
	p.status("source", "settled")
	p.empty()
}

func (p *procedure) a4() {
	for _, host := range []machine{p.old, p.new} {
		if keys := host.sh("cat /root/.ssh/authorized_keys"); strings.Contains(keys, "terraform-provider-mail") || len(lines(keys)) != 1 {
			p.t.Errorf("a key is left open on %s: %s", host.Name(), keys)
		}
	}
	if found := p.new.sh("find / -xdev \\( -name 'id_*' -o -name '*.key' \\) -newer /etc/machine-id -path '*root*' -type f 2>/dev/null || true"); found != "" {
		p.t.Errorf("a private key is left on new: %s", found)
	}
}

func (p *procedure) b1() {
	for _, unit := range units() {
		p.new.is("inactive", "systemctl", "is-active", unit)
	}
	p.old.serves()
}

func (p *procedure) b2() {
	p.new.sh("echo stray >/var/spool/bm-docs/stray; mkdir '/var/spool/bm-docs/stray folder'; chown 99:99 /var/spool/bm-docs/stray")
	p.old.sh("f=$(find /var/spool/bm-filehosting -type f | sort | head -n 1); chmod 604 \"$f\"; ln \"$f\" /var/spool/bm-filehosting/linked-again; printf later >/var/spool/bm-hsm/later")
	p.apply("-replace=module.bluemind.mail_sync.store").good()
	for _, tree := range stillTrees() {
		same(p.t, tree, diffLines(p.old.listing(tree), p.new.listing(tree)))
	}
	if got := p.new.sh("cd /var/spool/cyrus && find . -name '[0-9]*.' -type f | wc -l"); got != p.old.sh("cd /var/spool/cyrus && find . -name '[0-9]*.' -type f | wc -l") {
		p.t.Errorf("new has %s messages", got)
	}
}

func (p *procedure) b3() {
	second := p.lastPass()
	if second.Files >= p.first.Files || second.Bytes >= p.first.Bytes {
		p.t.Errorf("the second pass moved %d files, %d bytes; the first %d, %d", second.Files, second.Bytes, p.first.Files, p.first.Bytes)
	}
}

func (p *procedure) move() {
	p.work()
	p.declare("active", `"target"`)
	p.plan().changes()
	var planned cutover
	if !p.read(cutoverAddress, &planned, planFile) {
		p.t.Fatal("the cutover is not in the plan")
	}
	if planned.PredictedOutage == "" || planned.Digest == "" || len(planned.Runbook) < 20 {
		p.t.Errorf("the plan predicts %q, has digest %q and a runbook of %d lines", planned.PredictedOutage, planned.Digest, len(planned.Runbook))
	}
	p.call("apply", "-json", planFile).good()
	c := p.status("target", "settled")
	if c.Digest != planned.Digest || c.Outage == "" || len(c.Ledger) == 0 || c.ActiveAddress != bluemind.ServiceAddress {
		p.t.Errorf("after the move: digest %q (planned %q), outage %q, ledger %v, address %q", c.Digest, planned.Digest, c.Outage, c.Ledger, c.ActiveAddress)
	}
	p.sourceRows = p.old.rows()
	p.empty()
}

func (p *procedure) c1() {
	text := p.old.sh("cat " + journalDir + "/runs/bluemind.*/journal")
	if at(text, `"op":"prove_quiet`, `"event":"end"`) < 0 {
		p.t.Errorf("old was not proved quiet: %s", text)
	}
	for _, op := range []string{"stop_service.source.postfix", "stop_service.source.bm"} {
		if end, quiet := at(text, op, `"event":"end"`), at(text, `"op":"prove_quiet`, `"event":"begin"`); end < 0 || end > quiet {
			p.t.Errorf("%s did not end before old was proved quiet", op)
		}
	}
}

func (p *procedure) c2() {
	for _, tree := range stillTrees() {
		same(p.t, tree, diffLines(p.old.listing(tree), p.new.listing(tree)))
	}
	old := "cd /var/spool/cyrus && find . -name '[0-9]*.' -type f -printf '%p %s %m %u:%g %T@\\n' | sort"
	same(p.t, "messages", missing(p.old.sh(old), p.new.sh(old)))
}

func (p *procedure) c3() {
	for _, host := range []machine{p.old, p.new} {
		if left := host.sh("find /tmp /var/tmp /root /dev/shm -type f -newer /etc/machine-id | grep -E 'dump|sql|bj|tpm' || true"); left != "" {
			p.t.Errorf("left on %s: %s", host.Name(), left)
		}
	}
	same(p.t, "rows", client.DiffRows(p.sourceRows, p.new.rows()))
}

func (p *procedure) c4() {
	list := "find /etc/bm /etc/bm-hps /var/lib/bm-ca /usr/share/bm-elasticsearch/config/elasticsearch.yml /etc/ssl/certs/bm_cert.pem /etc/imapd* /etc/cyrus* " +
		"/etc/bm-webmail/*.* /etc/postfix/master.cf ! -name firewall.rules ! -path /etc/bm -printf '%p %y %m %u:%g %s %l ' \\( -type f -exec sh -c 'echo $(sha256sum <\"$1\") $(stat -c %y \"$1\")' sh {} \\; -o -print \\)"
	same(p.t, "configuration", missing(p.old.sh(list), p.new.sh(list))) // what only new has stays
	p.new.is("own = new", "cat", "/etc/bm-webmail/local/own.conf")      // not recursive
	p.new.is("-Xmx512m", "cat", "/usr/share/bm-elasticsearch/config/jvm.options")
}

func (p *procedure) c5() {
	list := "runuser -u postgres -- psql -AtXc \"SELECT datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname LIKE 'bj%' ORDER BY 1\""
	for _, line := range []string{"bj|bj|", "bj-data|bj|", "bj__before|bj|", "bj-data__before|bj|"} {
		if found := p.new.sh(list); !strings.Contains("\n"+found, "\n"+line) {
			p.t.Errorf("no database %q on new: %s", line, found)
		}
	}
	if found := p.new.sh(list); strings.Contains(found, "__next") {
		p.t.Errorf("a half-restored database is left: %s", found)
	}
	p.new.is("0", "runuser", "-u", "postgres", "--", "psql", "-AtX", "-d", "bj-data__before", "-c", "SELECT count(*) FROM item")
}

func (p *procedure) d1() { p.old.passive() }

func (p *procedure) d2() {
	p.new.serves()
	from := on(p.t, p.lab, bluemind.Client)
	mac := strings.TrimSpace(p.new.sh("ip -o link show eth0 | sed 's/.*ether \\([^ ]*\\) .*/\\1/'"))
	if near := from.sh("ping -q -c 1 -W 2 " + bluemind.ServiceAddress + " >/dev/null && ip neigh show " + bluemind.ServiceAddress); !strings.Contains(near, mac) {
		p.t.Errorf("the client knows the address as %q, new is %s", near, mac)
	}
}

func (p *procedure) e1() {
	rules := p.new.sh("cat /etc/bm/firewall.rules")
	for _, address := range []string{bluemind.ServiceAddress, bluemind.NewAddress} {
		if !strings.Contains(rules, "accept tcp "+address+" 25\n") {
			p.t.Errorf("firewall rules do not know %s: %s", address, rules)
		}
	}
	if strings.Contains(rules, bluemind.OldAddress+" ") {
		p.t.Errorf("firewall rules still know old: %s", rules)
	}
}

func (p *procedure) e2() {
	p.new.sh("test /etc/postfix/virtual_mailbox.db -nt " + journalDir + "/runs/bluemind.*/fence || test -n \"$(find /etc/postfix/virtual_mailbox.db -mmin -5)\"")
	user := bluemind.Users(1)[0]
	if said := p.new.sh("postmap -q " + user + " hash:/etc/postfix/virtual_mailbox"); strings.TrimSpace(said) == "" {
		p.t.Errorf("Postfix on new does not know %s", user)
	}
}

func (p *procedure) e3() { p.trusts(p.new, bluemind.NewAddress, bluemind.OldAddress) }

// trusts asserts which host's network the product on a host trusts.
func (p *procedure) trusts(host machine, address, not string) {
	p.t.Helper()
	for what, said := range map[string]string{
		"Postfix":      host.sh("postconf -h mynetworks"),
		"the database": host.sh("runuser -u postgres -- psql -AtX -d bj -c \"SELECT value FROM setting WHERE key = 'my_networks'\""),
	} {
		if !strings.Contains(said, address+"/32") || strings.Contains(said, not+"/32") {
			p.t.Errorf("%s on %s trusts %s", what, host.Name(), said)
		}
	}
}

func (p *procedure) preserved() {
	same(p.t, "what users see", client.Diff(p.before, snapshot(p.t, p.service), true))
}

func (p *procedure) d3() {
	for _, host := range []machine{p.new, p.old} {
		if err := p.lab.Reboot(p.t.Context(), host.Name()); err != nil {
			p.t.Fatal(err)
		}
	}
	p.new.await(30*time.Second, "bmctl status && systemctl is-active postfix")
	p.new.serves()
	p.old.passive()
	p.preserved()
	p.empty()
}

func (p *procedure) backOut() {
	expectation := p.live("on new")
	p.declare("active", `"source"`)
	p.plan().changes()
	p.call("apply", "-json", planFile).good()
	p.status("source", "settled")
	p.old.serves()
	p.new.passive()
	differences, err := p.service.Verify(p.t.Context(), expectation, bluemind.SQL(p.old.Host))
	if err != nil {
		p.t.Fatal(err)
	}
	same(p.t, "what users did while new served", differences)
	p.trusts(p.old, bluemind.OldAddress, bluemind.NewAddress)
	// What new's product changed in the copied files while it served is refreshed, now that new is free again.
	p.apply().good()
	p.empty()
}

// live lets mail arrive and users work while new serves.
func (p *procedure) live(label string) client.Expectation {
	p.t.Helper()
	book, err := client.OpenBook(p.working.Mail())
	if err != nil {
		p.t.Fatal(err)
	}
	defer closed(p.t, book)
	if err := p.service.Send(p.t.Context(), client.Load{Run: "few", Workers: 2, Interval: 20 * time.Millisecond, Limit: 10}, book); err != nil {
		p.t.Fatal(err)
	}
	p.new.await(30*time.Second, `test -z "$(postqueue -j)"`)
	e, err := p.service.Mutate(p.t.Context(), client.Change{Label: label, Users: 2}, bluemind.SQL(p.new.Host), book)
	if err != nil {
		p.t.Fatal(err)
	}
	return e
}

func (p *procedure) again() {
	p.declare("active", `"target"`)
	p.apply().good()
	p.status("target", "settled")
	p.new.serves()
	p.old.passive()
	p.trusts(p.new, bluemind.NewAddress, bluemind.OldAddress)
	p.empty()
}

func (p *procedure) finalize() {
	p.declare("finalized", "true")
	p.apply().good()
	if c := p.status("target", "settled"); !strings.Contains(c.Reversible, "finalized") {
		p.t.Errorf("reversible is %q", c.Reversible)
	}
	p.empty()
	if left := p.new.sh("runuser -u postgres -- psql -AtXc \"SELECT datname FROM pg_database WHERE datname LIKE '%\\_\\_%'\""); left != "" {
		p.t.Errorf("before-images of databases are left: %s", left)
	}
}

// work begins the client's work, or goes on with it.
func (p *procedure) work() {
	p.t.Helper()
	load := client.Load{Run: time.Now().UTC().Format("150405"), Workers: 2, Interval: 300 * time.Millisecond}
	working, err := p.service.Start(p.lifetime(), p.records, load, client.Probes{Interval: 200 * time.Millisecond})
	if err != nil {
		p.t.Fatal(err)
	}
	p.working = working
}

// rest ends the client's work.
func (p *procedure) rest() {
	if p.working == nil || p.rested {
		return
	}
	p.rested = true
	if err := p.working.Stop(); err != nil {
		p.t.Error(err)
	}
}

func (p *procedure) ledger() {
	p.rest()
	p.new.await(time.Minute, `test -z "$(postqueue -j)"`)
	report, err := p.working.Report(p.t.Context(), p.service, 20*time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	r := report.Ledger
	p.must(lab.Tell("ledger: accepted=%d found=%d lost=%d doubled=%d unknown=%d", r.Accepted, r.Found, len(r.Lost), len(r.Doubled), len(r.Unknown)))
	p.explain(r)
	if !r.Whole() || r.Accepted < 50 || len(r.Permanent) > 0 {
		p.t.Errorf("accepted %d, found %d, lost %v, doubled %v, answered 5xx %v", r.Accepted, r.Found, r.Lost, r.Doubled, r.Permanent)
	}
}

// explain tells of messages that are there more than once what the client saw, and how each copy came.
func (p *procedure) explain(r client.Ledger) {
	p.t.Helper()
	attempts, err := p.working.Attempts()
	p.must(err)
	for _, token := range r.Doubled {
		for _, a := range attempts {
			if a.Token == token {
				p.t.Logf("%+v", a)
			}
		}
		for _, host := range []machine{p.old, p.new} {
			p.t.Logf("%s on %s:\n%s", token, host.Name(), host.copies(token))
		}
	}
}

func (p *procedure) forget() {
	before := p.prints()
	p.destroy().good()
	p.untouched(before)
	p.new.serves()
}
