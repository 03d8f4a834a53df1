//go:build lab

package acceptance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// rot changes a file's content and nothing that a look at it shows.
const rot = `rot() { t=$(stat -c %y "$1"); n=$(stat -c %s "$1"); printf x >"$1.rot"; tail -c +2 "$1" >>"$1.rot"; cat "$1.rot" >"$1"; rm "$1.rot"; truncate -s "$n" "$1"; touch -d "$t" "$1"; }
`

// TestContents lets files rot on the target, unseen by size and time. What rots before the freeze is copied again, and told; what rots in the
// cold pass is found after the commit, named in drift, and mended by the next apply. What users have changed meanwhile stays theirs.
func TestContents(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	m.apply().good()
	file := func(tree string) string {
		return strings.TrimSpace(m.old.sh("find " + tree + " -type f -size +10c | sort | head -n 1"))
	}
	early, late, theirs := file("/var/spool/bm-docs"), file("/var/spool/bm-hsm"), file("/var/spool/bm-filehosting")
	m.new.sh(rot + "rot '" + early + "'")
	// The cold pass is the one behind the fence; something is left to it in both trees. What the users change is changed when the target starts.
	instead(m.old, "bmctl", `[ "$1" != stop ] || { echo last >/var/spool/bm-hsm/last; echo last >/var/spool/bm-filehosting/last; }
exec /usr/bin/bmctl "$@"
`)
	instead(m.new, "rsync", rot+`/usr/bin/rsync "$@" || exit
nft list table inet terraform_provider_mail >/dev/null 2>&1 || exit 0
case "$*" in *bm-hsm*) rot '`+late+`' ;; *bm-filehosting*) rot '`+theirs+`' ;; esac
`)
	instead(m.new, "bmctl", `[ "$1" != mail-maintenance ] || echo mine >'`+theirs+`'
exec /usr/bin/bmctl "$@"
`)
	m.declare("active", `"target"`)
	s := m.apply()
	s.refused("", "something is left to do", strings.TrimPrefix(late, "/var/spool/bm-hsm/"), "copied again", strings.TrimPrefix(early, "/var/spool/bm-docs/"))
	m.status("target", "unsettled")
	if drift := m.cutover().Drift; !slices.ContainsFunc(drift, func(line string) bool { return strings.Contains(line, "/var/spool/bm-hsm/") }) {
		t.Errorf("drift does not name the tree: %q", drift)
	}
	m.new.serves()
	plan := m.plan().changes()
	var planned cutover
	if !m.read(cutoverAddress, &planned, planFile) {
		t.Fatal("the cutover is not in the plan")
	}
	if book := strings.Join(planned.Runbook, "\n"); !strings.Contains(book, "copy from the source what differs in /var/spool/bm-hsm/") || strings.Contains(book, "bm-filehosting") {
		t.Errorf("the plan does not mend the tree, or others: %s\n%s", book, plan.explain())
	}
	m.apply().good()
	m.status("target", "settled")
	for _, path := range []string{early, late} {
		if old, arrived := m.old.sh("sha256sum '"+path+"'"), m.new.sh("sha256sum '"+path+"'"); old != arrived {
			t.Errorf("%s is not what it was: %s, %s", path, old, arrived)
		}
	}
	m.old.sh("rm /usr/local/bin/bmctl")
	m.new.sh("rm /usr/local/bin/bmctl /usr/local/bin/rsync")
	m.new.is("mine", "cat", theirs)
	m.empty()
}

// instead puts another program before the real one on a host.
func instead(m machine, name, script string) {
	m.t.Helper()
	if err := m.WriteFile(m.t.Context(), "/usr/local/bin/"+name, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		m.t.Fatal(err)
	}
}
