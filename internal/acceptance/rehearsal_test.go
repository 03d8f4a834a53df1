//go:build lab

package acceptance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestRehearsal makes the checks of a move before the move, from several places, and finds what only shows once the target runs.
func TestRehearsal(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	r := &rehearsal{migration: newMigration(t, l), client: on(t, l, bluemind.Client)}
	r.checked()
	for _, step := range []struct {
		name string
		run  func(*rehearsal)
	}{
		{"finds_what_only_shows_on_start", (*rehearsal).planted},
		{"of_what_is_whole", (*rehearsal).whole},
		{"leaves_no_probe_in_what_will_serve", (*rehearsal).clean},
		{"behind_translated_addresses", (*rehearsal).translated},
		{"power_cut_of_new", (*rehearsal).powerCut},
		{"killed", (*rehearsal).killed},
		{"move_checked_from_a_third_host", (*rehearsal).move},
		{"back_over_a_jump_host", (*rehearsal).back},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(r.in(t)) }) {
			t.Fatalf("nothing after %q can be told without it", step.name)
		}
	}
}

type rehearsal struct {
	*migration
	client machine
}

func (r *rehearsal) in(t *testing.T) *rehearsal {
	t.Helper()
	copied := *r
	copied.migration = r.migration.in(t)
	copied.client.t = t
	return &copied
}

// checks are of every kind that the lab can answer, from this machine, from a third host, from the source and from the target.
const checks = `{
    smtp     = { kind = "smtp", address = "%[1]s:25", expect = "u01@lab.test" }
    stranger = { kind = "smtp", address = "%[1]s:25", expect = "nobody@elsewhere.test", from = mail_host.client.id, refused = true }
    login    = { kind = "imap", address = "%[1]s:143", expect = "u01@lab.test" }
    pop      = { kind = "pop3", address = "%[1]s:110", expect = "u01@lab.test", from = mail_host.old.id }
    probe    = { kind = "deliver", address = "%[1]s:25", expect = "u01@lab.test", from = mail_host.client.id }
    own      = { kind = "deliver", address = "%[1]s:25", expect = "u02@lab.test", from = mail_host.new.id }
    core     = { kind = "http", address = "http://%[1]s:8080/", expect = "200 external_url" }
    sieve    = { kind = "tcp", address = "%[1]s:4190", from = mail_host.client.id }
    telnet   = { kind = "tcp", address = "%[1]s:23", refused = true }
    name     = { kind = "dns", address = "%[2]s:53", expect = "mail.lab.test A %[1]s" }
    curl     = { kind = "command", from = mail_host.client.id, command = ["python3", "-c", "import imaplib; print(imaplib.IMAP4('%[1]s').welcome)"], expect = "OK" }
    gone     = { kind = "tcp", address = var.active == "target" ? "%[3]s:143" : "%[4]s:143", refused = true }
  }
  passwords_wo = { "u01@lab.test" = "pw-u01", "u02@lab.test" = "pw-u02" }
  passwords_wo_version = 1`

// checked puts the checks into the module, with the third host.
func (r *rehearsal) checked() {
	r.t.Helper()
	file := r.dir + "/bluemind/main.tf"
	text := string(mustRead(r.t, file))
	list := fmt.Sprintf(checks, bluemind.ServiceAddress, bluemind.NSAddress, bluemind.OldAddress, bluemind.NewAddress)
	text = strings.Replace(text, "checks = local.checks", "checks = "+list, 1)
	text += fmt.Sprintf("\nresource \"mail_host\" \"client\" {\n  addresses = [%q]\n  host_key  = %q\n}\n", bluemind.ClientAddress, r.keys[bluemind.Client])
	r.file("bluemind/main.tf", text)
	r.declare("rehearse", "true")
}

// rested asserts that a rehearsal left the target stopped and open to nobody, and no way in.
func (r *rehearsal) rested() {
	r.t.Helper()
	for _, unit := range units() {
		r.new.is("inactive", "systemctl", "is-active", unit)
	}
	for _, host := range []machine{r.old, r.new, r.client} {
		if rules := host.sh("nft list ruleset"); rules != "" {
			r.t.Errorf("rules are left on %s: %s", host.Name(), rules)
		}
	}
	r.old.serves()
	if got := r.new.sh("cd /var/spool/postfix; find maildrop -type f | wc -l; find incoming active deferred hold -type f | wc -l"); got != "1\n0\n" {
		r.t.Errorf("the queue of new, with one message that had waited there: %q", got)
	}
}

func (r *rehearsal) planted() {
	// It had waited on new before, and nobody may send it on.
	r.new.sh(`postfix stop; systemctl stop postfix; printf 'Subject: waits\n\nbody\n' | sendmail -f a@lab.test waits@elsewhere.test; chown root:root /etc/sasldb2; chmod 600 /etc/sasldb2`)
	s := r.apply()
	r.new.sh("chown cyrus:sasl /etc/sasldb2; chmod 640 /etc/sasldb2")
	s.refused("", "backed-out")
	s.told("warning", "", "check login: imap", "LOGIN: refused", "check probe: deliver", "mailbox u01@lab.test at "+bluemind.NewAddress+":143", "check pop: pop3", "PASS: refused")
	for _, step := range r.cutover().LastRun.Steps {
		failed := slices.Contains([]string{"login", "pop", "probe", "own"}, strings.TrimPrefix(step.ID, "check_service.controller."))
		if failed != (step.Error != "") {
			r.t.Errorf("%s: %q", step.ID, step.Error)
		}
	}
	r.rested()
}

func (r *rehearsal) whole() {
	r.apply().good()
	c := r.status("source", "settled")
	var made []string
	for _, step := range c.LastRun.Steps {
		if name, is := strings.CutPrefix(step.ID, "check_service.controller."); is {
			made = append(made, name)
		}
	}
	slices.Sort(made)
	if want := []string{"core", "curl", "login", "name", "own", "pop", "probe", "sieve", "smtp", "stranger", "telnet"}; !slices.Equal(made, want) {
		r.t.Errorf("checks %q were made, want %q: what can only be true after the move is left out", made, want)
	}
	r.rested()
	r.empty()
}

// probes lists the messages of checks in a host's mailboxes, as files.
const probes = "grep -rl 'Subject: Mail check check-' /var/spool/cyrus | sort"

func (r *rehearsal) clean() {
	if r.new.sh(probes) == "" {
		r.t.Error("the rehearsal left no message on new's disk: nothing can be told")
	}
	if found := r.old.sh(probes + " || true"); found != "" {
		r.t.Errorf("the rehearsal's messages are on old: %s", found)
	}
	r.apply("-replace=module.bluemind.mail_sync.store").good()
	if found := r.new.sh(probes + " || true"); found != "" {
		r.t.Errorf("still on new after the next pass: %s", found)
	}
	list := "cd /var/spool/cyrus && find . -type f -printf '%P %s %m %u:%g\n' | sort"
	same(r.t, "/var/spool/cyrus", diffLines(r.old.sh(list), r.new.sh(list)))
}

func (r *rehearsal) controller(argv ...string) {
	r.t.Helper()
	if out, err := r.lab.Controller(r.t.Context(), argv...).CombinedOutput(); err != nil {
		r.t.Fatalf("%v: %v: %s", argv, err, out)
	}
}

// translated: connections of the controller reach the hosts from ports that are not its own.
func (r *rehearsal) translated() {
	r.controller("nft", "add table inet nat; add chain inet nat out { type nat hook postrouting priority srcnat; }; add rule inet nat out meta l4proto tcp masquerade to :20000-30000")
	defer r.controller("nft", "delete", "table", "inet", "nat")
	r.declare("rehearse", "false")
	r.apply().good()
	r.declare("rehearse", "true")
	r.apply().good()
	r.status("source", "settled")
	r.rested()
}

// powerCut: a boot takes the fence of a rehearsal away. What it kept clients from does not start with the host, though it did before, and will again.
func (r *rehearsal) powerCut() {
	r.new.sh("systemctl enable cyrus-imapd") // no mail_service keeps it from starting at boot
	r.leave()
	for _, act := range []func(context.Context, string) error{r.lab.Kill, r.lab.Boot} {
		if err := act(r.t.Context(), bluemind.New); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, unit := range units() {
		r.new.is("inactive", "systemctl", "is-active", unit)
		r.new.is("disabled", "systemctl", "is-enabled", unit)
	}
	r.old.serves()
	r.apply().good()
	r.status("source", "settled")
	r.rested()
	r.new.is("enabled", "systemctl", "is-enabled", "cyrus-imapd")
}

// killed leaves a rehearsal in the middle. The move that follows waits for its lock, and takes all of it back; nothing else has anything to do meanwhile.
func (r *rehearsal) killed() {
	r.leave()
	r.new.sh("test -d " + journalDir + "/lock && test -d " + journalDir + "/hold/bluemind && nft list table inet terraform_provider_mail && systemctl is-active cyrus-imapd")
	r.old.serves()
}

// leave begins a rehearsal and kills its provider in the middle: it is locked, with the target's services behind their fence.
func (r *rehearsal) leave() {
	r.t.Helper()
	r.declare("rehearse", "false")
	r.apply().good()
	r.declare("rehearse", "true")
	ctx, cancel := context.WithTimeout(r.t.Context(), callPatience)
	defer cancel()
	b := r.begin(ctx, "apply", "-json", "-auto-approve")
	r.new.await(2*time.Minute, "nft list table inet terraform_provider_mail && systemctl is-active cyrus-imapd")
	for _, pid := range childrenNamed(r.t, b.cmd.Process.Pid, "terraform-provider-mail") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			r.t.Error(err)
		}
	}
	b.wait()
}

func (r *rehearsal) move() {
	r.declare("active", `"target"`)
	r.apply().good()
	r.status("target", "settled")
	r.new.serves()
	r.old.passive()
	for _, host := range []machine{r.old, r.new, r.client} {
		if rules := host.sh("nft list ruleset"); rules != "" {
			r.t.Errorf("rules are left on %s: %s", host.Name(), rules)
		}
	}
	r.empty()
}

func (r *rehearsal) back() {
	jump := fmt.Sprintf("%q", "ssh://root@"+bluemind.ClientAddress)
	for name, address := range map[string]string{"old": bluemind.OldAddress, "new": bluemind.NewAddress} {
		r.declare(name, fmt.Sprintf("{ addresses = [%q], host_key = %q, jump = %s }", address, r.keys[name], jump))
	}
	r.apply().good()
	r.declare("active", `"source"`)
	r.apply().good()
	r.status("source", "settled")
	r.old.serves()
	r.new.passive()
}
