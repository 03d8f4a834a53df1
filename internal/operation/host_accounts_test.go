package operation_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// accountsStub lets the two sides be folders below the journal's, and vipw do what the real one does: edit a copy, and put it in place if its time changed.
const accountsStub = `
accounts_file() { printf '%s/new/%s\n' "$J" "$1"; }
pull_open() { :; }
pull() { (accounts_file() { printf '%s/old/%s\n' "$J" "$1"; }; gate_accounts "${1#accounts }"); }
stub_edit() {
	[ ! -e "$J/locked.$1" ] || { echo "cannot lock" >&2; return 1; }
	_f=$J/new/$1
	echo "$1" >>"$J/edits"
	cp -p "$_f" "$_f.edit"
	_was=$(stat -c %Y "$_f.edit")
	if ! sh -c "$EDITOR $_f.edit"; then rm "$_f.edit"; return 1; fi
	if [ "$(stat -c %Y "$_f.edit")" = "$_was" ]; then rm "$_f.edit"; else mv "$_f.edit" "$_f"; fi
}
vipw() { if [ "${1:-}" = -s ]; then stub_edit shadow; else stub_edit passwd; fi; }
vigr() { if [ "${1:-}" = -s ]; then stub_edit gshadow; else stub_edit group; fi; }
`

// movingAccounts are two hosts whose accounts are files.
type movingAccounts struct {
	t   *testing.T
	dir string
}

func newAccounts(t *testing.T) movingAccounts {
	t.Helper()
	m := movingAccounts{t, t.TempDir()}
	for name, text := range map[string]string{
		"old/passwd": "root:x:0:0:root:/root:/bin/sh\nmail:x:8:8::/var/mail:/bin/false\nana:x:61001:61001:Ana,1:/home/ana:/bin/bash\nbo:x:61002:100::/home/bo:/bin/sh\n" +
			"gate:x:61003:61003::/home/gate:/bin/sh\nchikuwa1:x:61004:61004::/:/bin/sh\nlow:x:500:500::/:/bin/sh\nold:oldhash:61005:61001::/home/old:\n+::::::\n",
		"old/group": "root:x:0:\nusers:x:100:\nana:x:61001:bo,gate\nzlist:x:61050:bo,root\nzstaff:x:50:ana\nlocal:x:499:bo\ngate:x:61003:\nchikuwa1:x:61004:\nunused:x:61099:\n",
		"old/shadow": "root:$6$root:1:0:99999:7:::\nana:$6$ana'\"$HOME`id`\\:19000:0:99999:7:::\nbo:!:19000:1:2:3:4:5:6\n" +
			"gate:$6$gate:1::::::\nchikuwa1:$6$chikuwa:1::::::\nlow:$6$low:1::::::\n",
		"new/passwd": "root:x:0:0:root:/root:/bin/sh\nown:x:61500:61500::/home/own:/bin/sh\n", "new/group": "root:x:0:\nusers:x:100:own\nzstaff:x:51:\nown:x:61500:\n",
		"new/shadow": "root:$6$newroot:1:0:99999:7:::\nown:$6$own:1:0:99999:7:::\n", "new/gshadow": "root:*::\nusers:*::own\nzstaff:*::\nown:!::\n",
		"runs/r/gate.accounts": "other range 1 2\nacc range 61000 61999\nacc stays gate\nacc stays chikuwa*\nother stays ana\n",
	} {
		file(t, m.dir, name, text)
	}
	return m
}

func (m movingAccounts) run(lines string) answer {
	m.t.Helper()
	return functions(m.t, m.dir, accountsStub+"set -eu\n"+lines)
}

func (m movingAccounts) good(lines string) {
	m.t.Helper()
	if got := m.run(lines); got.exit != 0 {
		m.t.Fatalf("%s: %+v", lines, got)
	}
}

const (
	bringAccounts = "copy_accounts_do acc 61000 61999\ncopy_accounts_verify acc 61000 61999"
	dropAccounts  = "copy_accounts_undo acc 61000 61999\nrm -rf \"$B\"\nmkdir \"$B\""
)

// here is what the target's files hold.
func (m movingAccounts) here() map[string]string {
	m.t.Helper()
	all := map[string]string{}
	for _, name := range []string{"passwd", "group", "shadow", "gshadow"} {
		all[name] = read(m.t, filepath.Join(m.dir, "new", name))
	}
	return all
}

func (m movingAccounts) same(what string, want map[string]string) {
	m.t.Helper()
	if diff := cmp.Diff(want, m.here()); diff != "" {
		m.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (m movingAccounts) change(name, from, to string) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	text := read(m.t, path)
	if !strings.Contains(text, from) {
		m.t.Fatalf("%s has no %q", name, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, from, to, 1)), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func TestAccountsCome(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	first := m.here()
	m.good(bringAccounts)
	brought := map[string]string{
		"passwd":  first["passwd"] + "ana:x:61001:61001:Ana,1:/home/ana:/bin/bash\nbo:x:61002:100::/home/bo:/bin/sh\nold:x:61005:61001::/home/old:\n",
		"group":   "root:x:0:\nusers:x:100:own\nzstaff:x:51:ana\nown:x:61500:\nana:x:61001:bo\nzlist:x:61050:bo\nlocal:x:499:bo\n",
		"shadow":  first["shadow"] + "old:oldhash:::::::\nana:$6$ana'\"$HOME`id`\\:19000:0:99999:7:::\nbo:!:19000:1:2:3:4:5:6\n",
		"gshadow": "root:*::\nusers:*::own\nzstaff:*::ana\nown:!::\nana:!::bo\nzlist:!::bo\nlocal:!::bo\n",
	}
	m.same("brought", brought)
	edits := read(t, filepath.Join(m.dir, "edits"))
	m.good(bringAccounts + "\n: >\"$OD/result\"\ncopy_accounts_holds acc 61000 61999")
	m.same("brought again", brought)
	if again := read(t, filepath.Join(m.dir, "edits")); again != edits || edits != "group\ngshadow\npasswd\nshadow\n" {
		t.Errorf("edited %q, then %q", edits, again)
	}
	m.good(dropAccounts + "\n" + dropAccounts)
	m.same("undone", first)
	if _, err := os.Stat(filepath.Join(m.dir, "accounts/acc")); !os.IsNotExist(err) {
		t.Errorf("the record is there still: %v", err)
	}
}

// No password is in any file but shadow.
func TestAccountsSecrets(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	m.good(bringAccounts)
	got := m.run("grep -rl -e '\\$6\\$' -e oldhash \"$J\" | grep -v '/script$' | sort")
	want := []string{"new/shadow", "old/passwd", "old/shadow"}
	for i, name := range want {
		want[i] = filepath.Join(m.dir, name)
	}
	if diff := cmp.Diff(want, strings.Fields(got.out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// All that collides is told at once, and nothing is changed.
func TestAccountsCollide(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	m.change("new/passwd", "own:x:61500", "bo:x:61700:61700::/:/bin/sh\nother:x:61001:61001::/:/bin/sh\nown:x:61500")
	m.change("new/group", "own:x:61500:\n", "own:x:61500:\nana:x:61501:\nelse:x:61050:\nown2:x:499:\n")
	first := m.here()
	got := m.run(bringAccounts)
	_, told, _ := strings.Cut(got.err, "accounts collide (5), and none was changed:\n")
	want := []string{
		"GID 499 is group local on the source and group own2 on the target",
		"GID 61050 is group zlist on the source and group else on the target",
		"UID 61001 is user ana on the source and user other on the target",
		"group ana has GID 61001 on the source and GID 61501 on the target",
		"user bo has UID 61002 on the source and UID 61700 on the target",
	}
	lines := strings.Split(strings.TrimSpace(told), "\n")
	slices.Sort(lines)
	if diff := cmp.Diff(want, lines); diff != "" || got.exit != 1 {
		t.Errorf("exit %d (-want +got):\n%s\n%s", got.exit, diff, got.err)
	}
	m.same("after it", first)
	m.good(dropAccounts)
	m.same("undone", first)
}

// Many collisions come through whole.
func TestManyAccountsCollide(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	var old, here strings.Builder
	for i := range 200 {
		fmt.Fprintf(&old, "u%d:x:%d:100::/:/bin/sh\n", i, 61100+i)
		fmt.Fprintf(&here, "u%d:x:%d:100::/:/bin/sh\n", i, 61600+i)
	}
	m.change("old/passwd", "root:", old.String()+"root:")
	m.change("new/passwd", "own:", here.String()+"own:")
	if got := m.run(bringAccounts); strings.Count(got.err, "\nuser u") != 200 || len(got.err) > 16000 {
		t.Errorf("%d are told, in %d bytes", strings.Count(got.err, "\nuser u"), len(got.err))
	}
}

// The target's own accounts stay as they are, even those that the source has too.
func TestAccountsStay(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	m.change("new/passwd", "own:", "bo:x:61002:61500:Own Bo:/elsewhere:/bin/zsh\nown:")
	m.change("new/shadow", "own:", "bo:$6$ownbo:19999::::::\nown:")
	first := m.here()
	m.good(bringAccounts)
	if here := m.here(); !strings.Contains(here["passwd"], "bo:x:61002:61500:Own Bo:/elsewhere:/bin/zsh\n") || strings.Contains(here["shadow"], "bo:!") || strings.Contains(here["group"], "61001:bo") {
		t.Errorf("the target's own is not as it was: %v", here)
	}
	m.good(bringAccounts + "\n" + dropAccounts)
	m.same("undone", first)
}

// Ours follow the source; of two passwords the one that was changed last counts.
func TestAccountsFollow(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	first := m.here()
	m.good(bringAccounts)
	m.change("old/passwd", "/home/ana:/bin/bash", "/home/ana:/bin/zsh")
	m.change("old/shadow", "ana:$6$ana'\"$HOME`id`\\:19000", "ana:$6$newer:19001")
	m.change("new/shadow", "bo:!:19000", "bo:$6$own:19002")
	m.good(bringAccounts)
	here := m.here()
	for name, want := range map[string]string{"passwd": "ana:x:61001:61001:Ana,1:/home/ana:/bin/zsh\n", "shadow": "ana:$6$newer:19001:0:99999:7:::\nbo:$6$own:19002:"} {
		if !strings.Contains(here[name], want) {
			t.Errorf("%s: %q is not there: %s", name, want, here[name])
		}
	}
	m.good(dropAccounts)
	m.same("undone", first)
}

// Another run, as a cutover's, changes what an earlier one brought: taking it back brings the earlier state, but for passwords.
func TestAccountsOfTwoRuns(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	m.good(bringAccounts)
	before := m.here()
	m.change("old/passwd", "/home/ana:/bin/bash", "/home/ana:/bin/zsh")
	m.change("old/passwd", "low:", "cy:x:61007:61001::/:/bin/sh\nlow:")
	m.change("old/group", "zlist:x:61050:bo", "zlist:x:61050:bo,ana,cy")
	m.good("use_run other\nuse_op op\nmkdir -p \"$OD\" \"$B\"\ncp \"$J/runs/r/gate.accounts\" \"$RD/\"\n" + bringAccounts)
	if here := m.here(); !strings.Contains(here["passwd"], "/bin/zsh\ncy") && !strings.Contains(here["group"], "zlist:x:61050:bo,ana,cy\n") {
		t.Errorf("%v", here)
	}
	m.good("use_run other\nuse_op op\nmkdir -p \"$OD\"\n" + dropAccounts)
	m.same("the other one undone", before)
	m.good(": >\"$OD/result\"\ncopy_accounts_holds acc 61000 61999")
}

func TestAccountsDrift(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, from, to, want string }{
		"gone":           {"new/passwd", "ana:x:61001:61001:Ana,1:/home/ana:/bin/bash\n", "", "account ana is gone"},
		"another shell":  {"new/passwd", "/home/ana:/bin/bash", "/home/ana:/bin/false", "account ana has shell /bin/false instead of /bin/bash"},
		"another number": {"new/passwd", "ana:x:61001", "ana:x:61901", "account ana has UID 61901 instead of 61001"},
		"no password":    {"new/shadow", "bo:!:19000:1:2:3:4:5:6\n", "", "account bo has no password entry"},
		"another one":    {"new/shadow", "bo:!:", "bo:$6$x:", ""},
		"group gone":     {"new/group", "zlist:x:61050:bo\n", "", "group zlist is gone"},
		"group number":   {"new/group", "zlist:x:61050", "zlist:x:61051", "group zlist has GID 61051 instead of 61050"},
		"one of its own": {"new/passwd", "own:x:61500", "own:x:61501", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newAccounts(t)
			m.good(bringAccounts)
			m.change(test.file, test.from, test.to)
			got := m.run(": >\"$OD/result\"\ncopy_accounts_holds acc 61000 61999 || cut -d= -f2- \"$OD/result\"")
			if strings.TrimSpace(got.out) != test.want {
				t.Errorf("%+v, want %q", got, test.want)
			}
		})
	}
}

// Undo takes back what came, and never what somebody made since.
func TestAccountsUndoSpares(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	m.good(bringAccounts)
	m.change("new/passwd", "ana:x:61001", "ana:x:61901")
	m.change("new/passwd", "own:x:61500:61500", "own:x:61500:61050")
	m.good(dropAccounts)
	here := m.here()
	for _, line := range []string{"ana:x:61901:", "own:x:61500:61050:"} {
		if !strings.Contains(here["passwd"], line) {
			t.Errorf("%s is gone: %s", line, here["passwd"])
		}
	}
	for _, line := range []string{"bo:", "old:"} {
		if strings.Contains(here["passwd"], line) {
			t.Errorf("%s is there still: %s", line, here["passwd"])
		}
	}
	if !strings.Contains(here["group"], "ana:x:61001:\n") || !strings.Contains(here["group"], "zlist:x:61050:\n") || strings.Contains(here["group"], "local:") {
		t.Errorf("groups: %s", here["group"])
	}
}

// A lock of somebody else stops it, with a word; what this one had done by then goes, and what an earlier one brought stays.
func TestAccountsLocked(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"group", "gshadow", "passwd", "shadow"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newAccounts(t)
			m.good(bringAccounts)
			before, record := m.here(), read(t, filepath.Join(m.dir, "accounts/acc/users"))
			m.change("old/passwd", "/home/bo:/bin/sh\n", "/home/bo:/bin/zsh\ncy:x:61007:61007::/:/bin/sh\n")
			m.change("old/group", "zlist:", "cy:x:61007:\nzlist:")
			lock := file(t, m.dir, "locked."+name, "")
			got := m.run(bringAccounts)
			if got.exit != 1 || !strings.Contains(got.err, "new/"+name+" cannot be changed: another program may have locked it") ||
				!strings.Contains(got.err, "all is as it was before") {
				t.Errorf("%+v", got)
			}
			m.same("after it", before)
			if now := read(t, filepath.Join(m.dir, "accounts/acc/users")); now != record {
				t.Errorf("the record is %q", now)
			}
			if err := os.Remove(lock); err != nil {
				t.Fatal(err)
			}
			m.good(bringAccounts)
			if here := m.here(); !strings.Contains(here["passwd"], "bo:x:61002:100::/home/bo:/bin/zsh\n") || !strings.Contains(here["shadow"], "cy:!:") {
				t.Errorf("unlocked: %v", here)
			}
		})
	}
}

// The key that is lent opens the accounts that were lent, and no others.
func TestGateAccounts(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	got := m.run("pull 'accounts acc'")
	for _, forbidden := range []string{"root:", "gate:", "chikuwa", "low:", "unused:", "mail:"} {
		if strings.Contains(got.out, " "+forbidden) {
			t.Errorf("%s is told: %s", forbidden, got.out)
		}
	}
	if err := os.Remove(filepath.Join(m.dir, "runs/r/gate.accounts")); err != nil {
		t.Fatal(err)
	}
	if got := m.run("pull 'accounts acc'"); got.exit != 78 || got.out != "" || !strings.Contains(got.err, "accounts acc are not lent") {
		t.Errorf("%+v", got)
	}
}

// On a way back only those travel who came to be since: whom the host had before for itself stays there.
func TestAccountsOnTheWayBack(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	m.good(bringAccounts)
	m.change("new/passwd", "own:", "late:x:61600:100::/home/late:/bin/sh\nown:")
	got := m.run("pull() { gate_accounts acc; }\npull")
	if !strings.Contains(got.out, "passwd late:x:61600:") || !strings.Contains(got.out, "passwd ana:") || strings.Contains(got.out, "own:") {
		t.Errorf("%+v", got)
	}
}

// An entry of the old NIS kind stays the last one.
func TestAccountsBeforeNIS(t *testing.T) {
	t.Parallel()
	m := newAccounts(t)
	for _, name := range []string{"passwd", "group"} {
		m.change("new/"+name, "root:", "+:::\nroot:")
	}
	first := m.here()
	m.good(bringAccounts)
	here := m.here()
	if !strings.HasPrefix(here["passwd"], "ana:x:") || !strings.HasPrefix(here["group"], "ana:x:61001:bo\n") || !strings.Contains(here["group"], "\n+:::\nroot:") {
		t.Errorf("%v", here)
	}
	m.good(dropAccounts)
	m.same("undone", maps.Clone(first))
}
