//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// TestOperations takes every kind of operation that has an undo through state,
// do, do again, undo: the hosts' state is then what it was. A kind that this
// package does not know fails the test.
func TestOperations(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	program, err := operation.Program()
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := operation.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	hosts := &migration{workspace: newWorkspace(t, l), old: on(t, l, bluemind.Old), new: on(t, l, bluemind.New)}
	standing(hosts)
	for kind, s := range specimens() {
		if strings.HasSuffix(kind, again) {
			t.Run(kind, func(t *testing.T) { roundTrip(t, hosts.in(t), kind, s) })
		}
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			s, known := specimens()[kind]
			switch undo := strings.Contains(program.Text, "\n"+kind+"_undo() {"); {
			case !known:
				t.Fatalf("this test does not know the kind %s", kind)
			case s.make == nil && undo:
				t.Fatalf("%s has an undo that is not tested", kind)
			case s.make == nil:
				return // nothing to undo: why is told in the table
			case !undo:
				t.Fatalf("%s has no undo in the host-side program", kind)
			}
			roundTrip(t, hosts.in(t), kind, s)
		})
	}
}

// standing makes what the specimens work on.
func standing(m *migration) {
	m.t.Helper()
	m.old.sh(`mkdir -p /srv/ops/sub; cd /srv/ops
printf new >both; printf 'only here' >"odd \"name"; printf x >sub/x; ln both sub/linked; chown mail:mail both; chmod 640 both
echo 'value = old' >/etc/ops.conf; chmod 640 /etc/ops.conf; chown root:mail /etc/ops.conf; echo more >/etc/ops-new.conf
useradd -M -u 41001 ops-ana; useradd -M -u 41002 -G mail,ops-ana ops-bo; echo 'ops-ana:hash' | chpasswd -e
postfix stop >/dev/null 2>&1; systemctl stop postfix; printf 'Subject: waits\n\nbody\n' | sendmail -f a@lab.test nobody@elsewhere.test`)
	m.new.sh(`mkdir -p /srv/ops/sub; cd /srv/ops
printf old-content >both; printf gone >only-there; printf y >sub/x; printf z >"odd \"name"; printf l >sub/linked; chmod 600 both
echo 'value = new' >/etc/ops.conf; chmod 600 /etc/ops.conf
systemctl stop postfix`)
}

// state is what an undo must bring back, of one host.
func (m machine) state() map[string]string {
	m.t.Helper()
	out := map[string]string{}
	for topic, script := range map[string]string{
		"services":  "systemctl is-active postfix cyrus-imapd bm-core || true; systemctl is-enabled postfix cyrus-imapd bm-core || true",
		"units":     "find /etc/systemd/system \\( -type f -printf '%p %m %u:%g ' -exec sha256sum {} \\; \\) -o -type l -printf '%p %l\\n' | sort; systemctl list-units --all --no-legend 'terraform-provider-mail*'",
		"addresses": "ip -o addr show scope global | awk '{ print $2, $4 }' | sort",
		"boot":      "find /etc/systemd/network -type f -printf '%p %m %u:%g ' -exec sha256sum {} \\;",
		"names":     "uname -n; cat /etc/hostname",
		"fence":     "nft list ruleset",
		"accounts":  "cat /etc/passwd /etc/group /etc/shadow /etc/gshadow",
		"access":    "stat -c '%a %U' /root/.ssh/authorized_keys; cat /root/.ssh/authorized_keys",
		"files":     "find /srv/ops /etc/ops* -printf '%p %y %m %u:%g ' \\( -type f -exec sha256sum {} \\; -o -print \\) | sort",
		"databases": "runuser -u postgres -- psql -AtXc \"SELECT oid, datname, pg_get_userbyid(datdba), datconnlimit FROM pg_database ORDER BY 2\"; runuser -u postgres -- psql -AtXc 'SELECT rolname, rolsuper, rolcanlogin FROM pg_roles ORDER BY 1'",
		"queue":     "cd /var/spool/postfix; echo $(find hold -type f | wc -l) held; echo $(find incoming active deferred maildrop -type f | wc -l) waiting",
		"mounts":    "findmnt -rno TARGET,FSTYPE,VFS-OPTIONS | grep -v '^/\\(proc\\|sys\\|dev\\|run\\)' | sort; sha256sum /etc/fstab; stat -c '%a %U' /etc/fstab",
		"backups":   "find /srv/backups -printf '%P %y %m %U %s %T@\\n' 2>/dev/null | sort; ls /srv",
		"hold":      "ls " + journalDir + "/hold 2>/dev/null || true",
		"marks":     "ls " + journalDir + "/marks 2>/dev/null || true",
		"keys":      "find " + journalDir + "/runs -name 'ask.key*' 2>/dev/null || true",
	} {
		out[topic] = m.sh(script)
	}
	return out
}

func differs(before, after map[string]map[string]string) []string {
	var all []string
	for _, host := range sides() {
		for _, topic := range sortedNames(before[host]) {
			for _, line := range diffLines(before[host][topic], after[host][topic]) {
				all = append(all, host+" "+topic+" "+line)
			}
		}
	}
	return all
}

func (m *migration) states() map[string]map[string]string {
	m.t.Helper()
	return map[string]map[string]string{m.old.Name(): m.old.state(), m.new.Name(): m.new.state()}
}

func roundTrip(t *testing.T, m *migration, kind string, s specimen) {
	t.Helper()
	if s.before != "" {
		m.new.sh(s.before)
	}
	before := m.states()
	operate(t, m.lab, kind, "do")
	once := m.states()
	if changed := differs(before, once); len(changed) == 0 && !s.silent {
		t.Errorf("%s changed nothing that this test sees", kind)
	}
	operate(t, m.lab, kind, "do")
	again := m.states()
	if !s.anew {
		same(t, "done again", differs(once, again))
	}
	operate(t, m.lab, kind, "undo")
	same(t, "undone", differs(before, m.states()))
	operate(t, m.lab, kind, "undo") // may be repeated
	same(t, "undone again", differs(before, m.states()))
	if s.after != "" {
		m.new.sh(s.after)
	}
}

// operate starts this binary in the controller's network to do or undo one kind.
func operate(t *testing.T, l *lab.Lab, kind, action string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := l.Controller(ctx, self)
	cmd.Env = append(os.Environ(), role+"="+roleOperate, "MAIL_ACCEPTANCE_KIND="+kind, "MAIL_ACCEPTANCE_ACTION="+action)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", action, kind, err, out.String())
	}
}

// operateInside is the other side of operate.
func operateInside() int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := carryOut(ctx, os.Getenv("MAIL_ACCEPTANCE_KIND"), os.Getenv("MAIL_ACCEPTANCE_ACTION")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func carryOut(ctx context.Context, kind, action string) error {
	l, err := lab.Open(labName(), "")
	if err != nil {
		return err
	}
	config := remote.Config{IdentityFiles: []string{l.SSHKey()}, KnownHostsFiles: []string{l.KnownHosts()}}
	c, err := executor.NewController(executor.Config{Remote: config})
	if err != nil {
		return err
	}
	var ids []string
	for _, address := range []string{bluemind.OldAddress, bluemind.NewAddress} {
		ep := remote.Endpoint{Addresses: []string{address}}
		id, key, err := remote.ResolveID(config, ep)
		if err != nil {
			return errors.Join(err, c.Close())
		}
		ep.ID, ep.HostKey = id, key
		c.Register(ep)
		ids = append(ids, id)
	}
	source, target := operation.Party{ID: ids[0], Role: "source"}, operation.Party{ID: ids[1], Role: "target"}
	book := runbook.Runbook{Name: "acceptance." + kind, Version: runbook.FormatVersion, Operations: specimens()[kind].make(source, target)}
	for i := range book.Operations {
		book.Operations[i].Keep = false
		if i > 0 {
			book.Operations[i].Needs = append(book.Operations[i].Needs, book.Operations[i-1].ID)
		}
	}
	options := executor.Options{Resource: "acceptance." + kind, OnFailure: "halt"}
	if action == "undo" {
		_, err = c.Undo(ctx, book, book.Name, options)
		return errors.Join(err, c.Close())
	}
	outcome, err := c.Run(ctx, book, options)
	if err == nil && outcome.Status != executor.Settled {
		err = fmt.Errorf("status %s: %v", outcome.Status, outcome.Remains)
	}
	return errors.Join(err, c.Close())
}
