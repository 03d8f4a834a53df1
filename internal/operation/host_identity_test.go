package operation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const shortPairs = "PAIRS='name\told\tnew\naddress\t10.0.0.2\t10.0.0.21'\n"

// exchanged gives text as identity_exchanged makes it, and as it is when that is done again.
func exchanged(t *testing.T, pairs, text string) (string, string) {
	t.Helper()
	dir := t.TempDir()
	file(t, dir, "text", text)
	good(t, dir, pairs+`identity_exchanged "$J/text"; cp "$OD/exchanged" "$J/once"; identity_exchanged "$J/once"; cp "$OD/exchanged" "$J/twice"`)
	return read(t, filepath.Join(dir, "once")), read(t, filepath.Join(dir, "twice"))
}

func TestHostIdentityExchanged(t *testing.T) {
	t.Parallel()
	const full = "PAIRS='name\told.example.org\tnew.example.org\naddress\t10.0.0.2\t10.0.0.21'\n"
	for name, test := range map[string]struct{ pairs, text, want string }{
		"both at once":          {shortPairs, "old new old\n", "new old new\n"},
		"hosts":                 {shortPairs, "10.0.0.2\told.example.org old\n10.0.0.21\tnew.example.org new\n", "10.0.0.21\tnew.example.org new\n10.0.0.2\told.example.org old\n"},
		"loopback":              {shortPairs, "127.0.1.1 old.example.org old\n", "127.0.1.1 new.example.org new\n"},
		"other words":           {shortPairs, "older old-x x-old old_x my.old bold\n", "older old-x x-old old_x my.old bold\n"},
		"other addresses":       {shortPairs, "10.0.0.20 110.0.0.2 10.0.0.2.5 10.0.0.211\n", "10.0.0.20 110.0.0.2 10.0.0.2.5 10.0.0.211\n"},
		"around":                {shortPairs, "root@old, old:25 (old) name=old; 'old' 10.0.0.2:25 10.0.0.2/24 old.\n", "root@new, new:25 (new) name=new; 'new' 10.0.0.21:25 10.0.0.21/24 new.\n"},
		"ends a sentence":       {shortPairs, "at 10.0.0.2.\n", "at 10.0.0.21.\n"},
		"file names":            {shortPairs, "/home/old /etc/old.conf http://old/x ../old\n", "/home/old /etc/old.conf http://new/x ../old\n"},
		"no end":                {shortPairs, "a\nold", "a\nnew"},
		"empty":                 {shortPairs, "", ""},
		"another case":          {shortPairs, "OLD Old\n", "OLD Old\n"},
		"domain":                {full, "old.example.org old old.example.org.\n", "new.example.org new new.example.org.\n"},
		"another domain":        {full, "old.example.org.uk old.example.net x.old.example.org\n", "old.example.org.uk old.example.net x.old.example.org\n"},
		"with a domain of bind": {full, "@ SOA old.example.org. root.old.example.org. (\n", "@ SOA new.example.org. root.old.example.org. (\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once, twice := exchanged(t, test.pairs, test.text)
			if diff := cmp.Diff(test.want, once); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.text, twice); diff != "" {
				t.Errorf("again (-text +got):\n%s", diff)
			}
		})
	}
}

// Law: exchanging twice changes no byte.
func TestHostIdentityLaw(t *testing.T) {
	t.Parallel()
	outside, run := t.TempDir(), 0
	words := []string{"old", "new", "10.0.0.2", "10.0.0.21", "older", "a", ".", "/", " ", "\t", "\n", "-", "_", ":", "@", "ö", "\\", "//"}
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 30).Draw(r, "text"), "")
		run++
		dir := filepath.Join(outside, fmt.Sprint(run))
		file(t, dir, "text", text)
		good(t, dir, shortPairs+`identity_exchanged "$J/text"; cp "$OD/exchanged" "$J/once"; identity_exchanged "$J/once"; cp "$OD/exchanged" "$J/twice"`)
		if got := read(t, filepath.Join(dir, "twice")); got != text {
			r.Fatalf("%q became %q, and then %q", text, read(t, filepath.Join(dir, "once")), got)
		}
	})
}

// rewriting runs lines with a rewriting of files below dir/etc as "again", and its undo as "back".
func rewriting(t *testing.T, dir, lines string) answer {
	t.Helper()
	return functions(t, dir, `flush() { :; }
INTERFACES="$J/etc/network/interfaces" NETPLAN_DIR="$J/etc/netplan" NETWORKD_DIR="$J/etc/systemd/network" HOSTNAME_FILE="$J/etc/hostname" SEARCHED="$J/etc"
set -- "$J/etc/hosts
$J/etc/*.conf
$J/named/**
$J/etc/network/interfaces
$J/etc/missing" "name	old	new
address	10.0.0.2	10.0.0.21" "$J/named/travelled" files
again() { (set -e; : >"$OD/result"; if ! rewrite_identity_probe; then rewrite_identity_do "$@"; rewrite_identity_verify; fi); }
back() { (set -e; rewrite_identity_undo "$@") && rm -rf "$B" && mkdir -p "$B"; }
`+lines)
}

// identityFiles are files with the names, below dir; it gives what they hold.
func identityFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{
		"etc/hosts": "10.0.0.2 old\n10.0.0.21 new\n127.0.1.1 old\n", "etc/a.conf": "name = old\n", "etc/b.conf": "nothing\n", "etc/copied.conf": "old\n",
		"etc/binary.conf": "old\x00\n", "etc/network/interfaces": "address 10.0.0.2\n", "etc/other": "old and 10.0.0.2, old\n",
		"named/db/zone": "@ A 10.0.0.2\n", "named/travelled/x": "old\n",
	}
	for name, text := range files {
		file(t, dir, name, text)
	}
	file(t, dir, "runs/r/files.files", strings.Repeat("0", 64)+"  "+strings.TrimPrefix(filepath.Join(dir, "etc/copied.conf"), "/")+"\n")
	return files
}

func TestHostRewriteIdentity(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines string
		want  map[string]string // that differ from what was there
	}{
		"done": {"again \"$@\"; cat \"$OD/result\"", map[string]string{"etc/hosts": "10.0.0.21 new\n10.0.0.2 old\n127.0.1.1 new\n", "etc/a.conf": "name = new\n", "named/db/zone": "@ A 10.0.0.21\n"}},
		"again after a loss": {
			`again "$@"; rm "$B/all"; again "$@"; cat "$OD/result"`,
			map[string]string{"etc/hosts": "10.0.0.21 new\n10.0.0.2 old\n127.0.1.1 new\n", "etc/a.conf": "name = new\n", "named/db/zone": "@ A 10.0.0.21\n"},
		},
		"lost before writing": {
			`again "$@"; rm "$B/all"; for p in "$B"/path.*; do cp "$B/image.${p##*.}" "$(cat "$p")"; done; again "$@"; cat "$OD/result"`,
			map[string]string{"etc/hosts": "10.0.0.21 new\n10.0.0.2 old\n127.0.1.1 new\n", "etc/a.conf": "name = new\n", "named/db/zone": "@ A 10.0.0.21\n"},
		},
		"undone":                {`again "$@"; back "$@"; back "$@"`, nil},
		"undone before writing": {`again "$@"; for p in "$B"/path.*; do cp "$B/image.${p##*.}" "$(cat "$p")"; done; back "$@"`, nil},
		"changed since":         {`again "$@"; echo "more new" >>"$J/etc/a.conf"; back "$@"`, map[string]string{"etc/a.conf": "name = old\nmore old\n"}},
		"removed since":         {`again "$@"; rm "$J/etc/a.conf"; back "$@"`, map[string]string{"etc/a.conf": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			want := identityFiles(t, dir)
			if err := os.Chmod(filepath.Join(dir, "etc/a.conf"), 0o640); err != nil {
				t.Fatal(err)
			}
			got := rewriting(t, dir, test.lines)
			if got.exit != 0 {
				t.Fatalf("%+v", got)
			}
			for name, text := range test.want {
				want[name] = text
			}
			have := map[string]string{}
			for name := range want {
				have[name] = read(t, filepath.Join(dir, name))
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, got.err)
			}
			if info, err := os.Stat(filepath.Join(dir, "etc/a.conf")); err == nil && info.Mode().Perm() != 0o640 {
				t.Errorf("mode %o", info.Mode())
			}
		})
	}
}

func TestHostRewriteIdentityRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	identityFiles(t, dir)
	if err := os.Link(filepath.Join(dir, "etc/a.conf"), filepath.Join(dir, "etc/linked")); err != nil {
		t.Fatal(err)
	}
	got := rewriting(t, dir, `again "$@" || exit 1`)
	if got.exit == 0 || !strings.Contains(got.err, "a.conf has several names") || read(t, filepath.Join(dir, "etc/linked")) != "name = old\n" {
		t.Errorf("%+v", got)
	}
}

func TestHostSearchLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	identityFiles(t, dir)
	got := rewriting(t, dir, `again "$@"; : >"$OD/result"; search_leftovers_do "$1" "$2" "old
10.0.0.2"; sed "s,$J,," "$OD/result"`)
	want := `left.0=/etc/copied.conf: old (1)
left.1=/etc/hosts: old (1), 10.0.0.2 (1)
left.2=/etc/network/interfaces: 10.0.0.2 (1)
left.3=/etc/other: old (2), 10.0.0.2 (1)
left.4=/named/travelled/x: old (1)
files=5
`
	if diff := cmp.Diff(want, got.out); diff != "" || got.exit != 0 {
		t.Errorf("(-want +got):\n%s\n%s", diff, got.err)
	}
	for i := range 60 {
		file(t, dir, "etc/many/"+string(rune('a'+i/26))+string(rune('a'+i%26)), "old\n")
	}
	got = rewriting(t, dir, `: >"$OD/result"; search_leftovers_do "$1" "$2" old; grep -c "^left" "$OD/result"; grep files "$OD/result"`)
	if got.out != "50\nfiles=64\n" {
		t.Errorf("many: %+v", got)
	}
}

// exchanging is a host that has 192.0.2.10 on eth0 and may get 192.0.2.50; others answer at what the file "taken" names.
func exchanging(t *testing.T, dir, first, lines string) answer {
	t.Helper()
	file(t, dir, "live", "2: eth0    inet 192.0.2.10/24 scope global eth0\n")
	return functions(t, dir, bootTables(t, dir)+`flush() { :; }
arping() { case $* in -V) echo "arping from iputils" ;; *-D*) ! grep -qFx "${9}" "$D/taken" 2>/dev/null ;; esac; }
await() { _tries=0; shift; until "$@"; do _tries=$((_tries + 1)); [ "$_tries" -lt 5 ] || return 1; done; }
live() { awk '{ print $4 }' "$D/live" | sort | paste -sd' ' -; }
set -- 192.0.2.10/24 192.0.2.50/24 `+first+`
go() { rc=0; (set -e; exchange_address_do "$@"; exchange_address_verify "$@") || rc=$?; echo "$rc $(live)"; }
back() { (set -e; exchange_address_undo "$@"); echo "back $? $(live)"; rm -rf "$B"; mkdir -p "$B"; }
`+lines)
}

func TestHostExchangeAddress(t *testing.T) {
	t.Parallel()
	netplan := map[string]string{"netplan/1.yaml": "network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses:\n      - 192.0.2.10/24\n      - 192.0.2.50/24\n"}
	for name, test := range map[string]struct{ first, lines, want, boot string }{
		"first":          {"yes", `go "$@"; go "$@"; exchange_address_probe "$@"; echo "$?"`, "0 192.0.2.50/24\n0 192.0.2.50/24\n0\n", "192.0.2.50/24"},
		"second":         {"no", `go "$@"; go "$@"`, "0 192.0.2.50/24\n0 192.0.2.50/24\n", "192.0.2.10/24 192.0.2.50/24"},
		"not let go":     {"no", `echo 192.0.2.50 >"$D/taken"; go "$@"; back "$@"`, "1 192.0.2.10/24\nback 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24"},
		"first, in vain": {"yes", `echo 192.0.2.50 >"$D/taken"; go "$@"; back "$@"`, "1 192.0.2.10/24\nback 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24"},
		"first, back":    {"yes", `go "$@"; back "$@"; back "$@"`, "0 192.0.2.50/24\nback 0 192.0.2.10/24\nback 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24"},
		"second, back":   {"no", `go "$@"; back "$@"`, "0 192.0.2.50/24\nback 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24"},
		"back by force":  {"no", `go "$@"; echo 192.0.2.10 >"$D/taken"; back "$@"`, "0 192.0.2.50/24\nback 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24"},
		"first, by force": {
			"yes", `go "$@"; echo 192.0.2.10 >"$D/taken"; back "$@"`, "0 192.0.2.50/24\nback 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24",
		},
		"ended while it had none": {
			"yes", `remember device eth0; address_delete "$1"; back "$@"`, "back 0 192.0.2.10/24\n", "192.0.2.10/24 192.0.2.50/24",
		},
		"another's": {"no", `address_delete "$1"; go "$@"`, "1 \n", "192.0.2.10/24 192.0.2.50/24"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lay(t, dir, netplan)
			got := exchanging(t, dir, test.first, test.lines+"\n"+`echo "boot $(for a in "$1" "$2"; do [ -z "$(address_files "$a")" ] || echo "$a"; done | paste -sd' ' -)"`)
			if diff := cmp.Diff(test.want+"boot "+test.boot+"\n", got.out); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, got.err)
			}
		})
	}
}

func TestHostSetHostname(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file(t, dir, "hostname", "old\n")
	file(t, dir, "now", "old")
	got := good(t, dir, `flush() { :; }
D="$J" HOSTNAME_FILE="$J/hostname" NETPLAN_DIR="$J/netplan"
uname() { cat "$D/now"; }
hostname() { printf '%s' "$1" >"$D/now"; }
state() { echo "$(uname -n) $(cat "$HOSTNAME_FILE")"; }
set_hostname_probe new || echo absent
(set -e; set_hostname_do new; set_hostname_verify new); state
(set -e; set_hostname_do new); set_hostname_probe new && state
(set -e; set_hostname_undo new); state`)
	if diff := cmp.Diff("absent\nnew new\nnew new\nold old\n", got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
