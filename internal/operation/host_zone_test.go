package operation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// nameServer plays BIND: it serves what it has loaded last, refuses files with BROKEN in them, and fails to load where there is a file "down".
const nameServer = `
zone_check() { ! grep -q BROKEN "$2" || { echo "zone $1/IN: not loaded: BROKEN"; return 1; }; }
zone_reload() { [ ! -e "$J/down" ] || { say "server is down"; return 1; }; cp "$ZONE_FILE" "$J/served"; }
zone_status() { [ ! -e "$J/served" ] || printf 'serial: %s\n' "$(ZF=$(zone_read <"$J/served"); zone_fact serial 5)"; }
zone_rndc() { return 1; }
zone_ask() { [ ! -e "$J/mute" ] || return 2; [ -e "$J/served" ] || return 1; (ZF=$(zone_read <"$J/served"); echo "$(zone_fact serial 5) $(zone_soa_ttl)"); }
date() { case $* in +%Y%m%d) echo 20261122 ;; *) command date "$@" ;; esac; }
ZONE_PATIENCE=0
set -eu
`

const soa = "@ IN SOA ns hostmaster ( 2026010101 3600 900 604800 300 )\n"

func TestZoneRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ zone, want string }{
		"one line":           {"$TTL 3600\n" + soa, "ttl 1 6 4 3600 3600\nserial 2 26 10 2026010101\nminimum 300\nown 0\nfirst 1\n"},
		"units, a comment":   {"; hello\n$ttl 1h30M ; an hour and a half\n" + soa, "ttl 2 6 5 1h30M 5400\nserial 3 26 10 2026010101\nminimum 300\nown 0\nfirst 2\n"},
		"no $TTL":            {"\n;c\n" + soa, "serial 3 26 10 2026010101\nminimum 300\nown 0\nfirst 3\n"},
		"many lines":         {"$TTL\t1D\n@\t1W IN\tSOA\tns. h. (\n\t\t\t7 ; serial ( ) \"\n\t3600 900\n 1w\n 1h)\n", "ttl 1 6 2 1D 86400\nsoattl 604800\nserial 3 4 1 7\nminimum 3600\nown 0\nfirst 1\n"},
		"class before ttl":   {"@ IN 60 SOA ns h 1 2 3 4 5\n", "soattl 60\nserial 1 18 1 1\nminimum 5\nown 0\nfirst 1\n"},
		"own TTLs":           {"$TTL 60\n" + soa + "a 300 A 192.0.2.1\n  1h IN A 192.0.2.2\nb IN 5 TXT \"300 ; (\" 7\n3600 IN PTR x\nc A 1\n", "ttl 1 6 2 60 60\nserial 2 26 10 2026010101\nminimum 300\nown 3\nfirst 1\n"},
		"several $TTL":       {"$TTL 60\n" + soa + "$TTL 5m\na A 192.0.2.1\n", "ttl 1 6 2 60 60\nserial 2 26 10 2026010101\nminimum 300\nttl 3 6 2 5m 300\nown 0\nfirst 1\n"},
		"not the owner SOA":  {"SOA IN SOA ns h 9 2 3 4 5\nsoa 5 TXT soa\n", "serial 1 17 1 9\nminimum 5\nown 1\nfirst 1\n"},
		"quoted and escaped": {"x\\;y TXT \"a\\\";b\" ( \"two\"\n \"three\" ) ; $TTL 5\n" + soa, "serial 3 26 10 2026010101\nminimum 300\nown 0\nfirst 1\n"},
		"carriage returns":   {"$TTL 3600\r\n@ IN SOA ns h 4 2 3 4 5\r\n", "ttl 1 6 4 3600 3600\nserial 2 15 1 4\nminimum 5\nown 0\nfirst 1\n"},
		"in a comment":       {"; $TTL 5\n; @ IN SOA ns h 4 2 3 4 5\n", "own 0\n"},
		"nothing":            {"", "own 0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := good(t, dir, "zone_read <"+words(file(t, dir, "zone", test.zone)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestZoneNext(t *testing.T) {
	t.Parallel()
	lines := ""
	var want []string
	for _, test := range []struct{ serial, served, today, next string }{
		{"2026010101", "", "20261122", "2026112201"},
		{"2026112201", "", "20261122", "2026112202"},
		{"2026112299", "", "20261122", "2026112300"}, // the hundredth of a day
		{"2026112300", "", "20261122", "2026112301"}, // it goes on from there
		{"2027010101", "", "20261122", "2027010102"}, // ahead of time
		{"1999123199", "", "20261122", "2026112201"},
		{"2026010101", "2026112205", "20261122", "2026112206"}, // the server is ahead of the file
		{"2026010101", "2025010101", "20261122", "2026112201"},
		{"7", "", "20261122", "8"},
		{"2026130101", "", "20261122", "2026130102"}, // no date
		{"2026013201", "", "20261122", "2026013202"},
		{"20260101", "", "20261122", "20260102"},
		{"4294967295", "", "20261122", "1"}, // around the end (RFC 1982), and zero left out
		{"4294967294", "", "20261122", "4294967295"},
		{"4294967290", "3", "20261122", "4"},
		{"3", "4294967290", "20261122", "4"},
		{"2147483647", "", "20261122", "2147483648"},
		{"0", "", "20261122", "1"},
	} {
		lines += "zone_next " + words(test.serial) + " " + words(test.served) + "'' " + test.today + "\n"
		want = append(want, test.next)
	}
	if diff := cmp.Diff(want, strings.Fields(good(t, t.TempDir(), lines))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The next serial comes after the file's and the served one by RFC 1982, and is never zero.
func TestZoneNextLaws(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serial := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(1990000000, 2030123199), rapid.SampledFrom([]uint32{0, 1, 1 << 31, 1<<31 - 1, 1<<32 - 1, 1<<32 - 2}))
	rapid.Check(t, func(rt *rapid.T) {
		own, served := serial.Draw(rt, "own"), serial.Draw(rt, "served")
		got, err := strconv.ParseUint(strings.TrimSpace(good(t, dir, fmt.Sprintf("zone_next %d %d 20261122", own, served))), 10, 32)
		if err != nil || got == 0 {
			rt.Fatalf("after %d and %d: %d, %v", own, served, got, err)
		}
		later := func(a, b uint32) bool { return a != b && a-b < 1<<31 }
		if !later(uint32(got), own) && !later(served, own) {
			rt.Errorf("%d is not after the file's %d (served: %d)", got, own, served)
		}
		if later(served, own) && !later(uint32(got), served) {
			rt.Errorf("%d is not after the served %d (file: %d)", got, served, own)
		}
	})
}

// zoned changes a zone file, and takes it back; what both left is returned, with what the change reported.
func zoned(t *testing.T, dir, zone string, ttl int, more string) (string, string, answer) {
	t.Helper()
	path := file(t, dir, "db", zone)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	args := words("example.org", path, strconv.Itoa(ttl), "named")
	got := functions(t, dir, nameServer+more+"\ncp "+words(path)+" \"$J/served\"\nset_ttl_do "+args+"; set_ttl_verify "+args+"; set_ttl_probe "+args+"; cat \"$OD/result\"")
	changed := read(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode: %v, %v", info, err)
	}
	if got.exit == 0 {
		good(t, dir, nameServer+more+"\nset_ttl_undo "+args)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) != 0 {
		t.Errorf("left beside the file: %v %v", left, err)
	}
	return changed, read(t, path), got
}

func TestSetTTL(t *testing.T) {
	t.Parallel()
	dated := func(serial string) string { return strings.Replace(soa, "2026010101", serial, 1) }
	for name, test := range map[string]struct{ zone, changed, back, previous string }{
		"plain":           {"$TTL 3600 ; an hour\n" + soa, "$TTL 300 ; an hour\n" + dated("2026112201"), "$TTL 3600 ; an hour\n" + dated("2026112202"), "3600"},
		"units":           {"$TTL  1h\n" + soa, "$TTL  300\n" + dated("2026112201"), "$TTL  1h\n" + dated("2026112202"), "3600"},
		"none":            {"; zone\n" + soa + "a A 192.0.2.1\n", "; zone\n$TTL 300\n" + dated("2026112201") + "a A 192.0.2.1\n", "; zone\n" + dated("2026112202") + "a A 192.0.2.1\n", "300"},
		"several":         {"$TTL 1d\n" + soa + "$TTL 60\na A 192.0.2.1\n$TTL 2h\n", "$TTL 300\n" + dated("2026112201") + "$TTL 300\na A 192.0.2.1\n$TTL 300\n", "$TTL 1d\n" + dated("2026112202") + "$TTL 60\na A 192.0.2.1\n$TTL 2h\n", "86400"},
		"no line end":     {"$TTL 3600\n@ IN SOA ns h 41 2 3 4 5", "$TTL 300\n@ IN SOA ns h 42 2 3 4 5", "$TTL 3600\n@ IN SOA ns h 43 2 3 4 5", "3600"},
		"on one line":     {"$TTL 9\n@ 5 IN SOA ns h 41 2 3 4 5 ; 41\na 41 A 192.0.2.41\n", "$TTL 300\n@ 5 IN SOA ns h 42 2 3 4 5 ; 41\na 41 A 192.0.2.41\n", "$TTL 9\n@ 5 IN SOA ns h 43 2 3 4 5 ; 41\na 41 A 192.0.2.41\n", "9"},
		"nothing to do":   {"$TTL 5m\n" + soa, "$TTL 300\n" + dated("2026112201"), "$TTL 5m\n" + dated("2026112202"), "300"},
		"carriage return": {"$TTL 60\r\n@ IN SOA ns h 1 2 3 4 5\r\n", "$TTL 300\r\n@ IN SOA ns h 2 2 3 4 5\r\n", "$TTL 60\r\n@ IN SOA ns h 3 2 3 4 5\r\n", "60"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed, back, got := zoned(t, t.TempDir(), test.zone, 300, "")
			if diff := cmp.Diff(test.changed, changed); diff != "" {
				t.Errorf("changed (-want +got):\n%s%s", diff, got.err)
			}
			if diff := cmp.Diff(test.back, back); diff != "" {
				t.Errorf("back (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.out, "previous="+test.previous+"\n") || !strings.Contains(got.out, "effective=2") {
				t.Errorf("reports %q", got.out)
			}
		})
	}
}

// Whatever a zone looks like: a change touches its $TTL lines and the serial alone, and its undo leaves nothing but a higher serial.
func TestSetTTLLaws(t *testing.T) {
	t.Parallel()
	line := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "; $TTL 5 (", "$ORIGIN example.org.", "www 300 IN A 192.0.2.1", "\tIN\tMX\t10 mail ; 77", "txt TXT ( \"a;b\"\n  \"$TTL 9\" ) ; (", "$TTL 1h", "$TTL 77 ; c", "$ttl\t1W2d", "soa A 192.0.2.9",
		}),
		rapid.StringMatching(`[a-z]{1,8} (IN )?(A|TXT) [a-z0-9]{1,9}( ;.{0,9})?`),
	)
	head := rapid.SampledFrom([]string{"@ IN SOA ns h ( %d 3600 900 604800 300 )", "@\t1d\tSOA ns. h. (\n\t%d ; serial\n\t1h\n15m 1w\n5m )", "example.org. SOA ns h %d 1 2 3 4 ; %d"})
	rapid.Check(t, func(rt *rapid.T) {
		serial := rapid.Uint32Range(1, 1<<31-1).Draw(rt, "serial")
		form := head.Draw(rt, "soa")
		before, after := rapid.SliceOfN(line, 0, 3).Draw(rt, "before"), rapid.SliceOfN(line, 0, 6).Draw(rt, "after")
		zone := strings.Join(append(append(before, strings.Replace(form, "%d", strconv.Itoa(int(serial)), 1)), after...), "\n") + "\n"
		dir := t.TempDir()
		path := file(t, dir, "db", zone)
		args := words("example.org", path, "301", "named")
		is := good(t, dir, nameServer+"cp "+words(path)+" \"$J/served\"\nset_ttl_do "+args+"; set_ttl_verify "+args+"; cp "+words(path)+" \"$J/changed\"; set_ttl_undo "+args+"; zone_fact serial 5")
		changed, back := read(t, filepath.Join(dir, "changed")), read(t, path)
		if want := strings.Replace(zone, strconv.Itoa(int(serial)), strings.TrimSpace(is), 1); back != want && !strings.Contains(zone[:strings.Index(zone, "SOA")], strconv.Itoa(int(serial))) {
			rt.Errorf("undone (-want +got):\n%s", cmp.Diff(want, back))
		}
		if strings.Count(changed, "\n") != strings.Count(zone, "\n")+1 && strings.Count(changed, "\n") != strings.Count(zone, "\n") {
			rt.Errorf("lines: %q became %q", zone, changed)
		}
	})
}

// What goes wrong leaves the file as it was, and says why.
func TestSetTTLFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ zone, more, want string }{
		"does not load":   {"$TTL 3600\nBROKEN\n" + soa, "", "does not load as it is"},
		"would not load":  {"$TTL 3600\n" + soa, `zone_check() { case $2 in *.tpm) echo "$1: bad ttl"; return 1 ;; esac; }`, "would not load: example.org: bad ttl"},
		"server is down":  {"$TTL 3600\n" + soa, `: >"$J/down"`, "server is down"},
		"not served":      {"$TTL 3600\n" + soa, `zone_reload() { :; }`, "answers 2026010101 3600 (serial, TTL)"},
		"no serial":       {"$TTL 3600\n", "", "has no SOA record with a serial"},
		"no disk":         {"$TTL 3600\n" + soa, `zone_write() { return 1; }`, "cannot edit"},
		"another's error": {"$TTL 3600\n" + soa, `zone_reload() { say "no rights"; return 1; }`, "no rights"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			changed, _, got := zoned(t, dir, test.zone, 300, test.more)
			if got.exit == 0 || !strings.Contains(got.err, test.want) {
				t.Errorf("end: %+v", got)
			}
			if changed != test.zone {
				t.Errorf("the file is changed: %q", changed)
			}
		})
	}
}

// Where nothing on the host can ask what is served, a run loads the zone anew, and no $TTL is edited twice.
func TestSetTTLUnasked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := file(t, dir, "db", "$TTL 3600\n@ IN SOA ns h 1 2 3 4 5\n")
	at := words("example.org", path, "300", "named")
	got := good(t, dir, nameServer+": >\"$J/mute\"; cp "+words(path)+" \"$J/served\"; set_ttl_do "+at+"; set_ttl_verify "+at+"; if set_ttl_probe "+at+"; then echo done; fi; set_ttl_do "+at+"; set_ttl_undo "+at)
	if want, is := "$TTL 3600\n@ IN SOA ns h 4 2 3 4 5\n", read(t, path); is != want || got != "" {
		t.Errorf("%q, want %q; said %q", is, want, got)
	}
}

// What a server writes itself has a $TTL before each record with a TTL of its own: those stay. It is frozen meanwhile, and thaws whatever happens.
func TestSetTTLDynamic(t *testing.T) {
	t.Parallel()
	const dynamic = `
zone_status() { echo 'dynamic: yes'; [ ! -e "$J/frozen" ] || echo 'frozen: yes'; }
zone_rndc() { case $1 in
	freeze) printf '$ORIGIN .\n$TTL 3600\t; 1 hour\nexample.org IN SOA ns h 1 2 3 4 5\n$TTL 77\na A 192.0.2.1\n$TTL 3600\nb A 192.0.2.2\n' >"$J/db"; : >"$J/frozen" ;;
	thaw) rm "$J/frozen"; cp "$J/db" "$J/served" ;;
	*) return 1 ;;
esac; }
`
	dir := t.TempDir()
	path := file(t, dir, "db", "$TTL 3600\n@ IN SOA ns h 1 2 3 4 5\na 77 A 192.0.2.1\nb A 192.0.2.2\n")
	args := words("example.org", path, "300", "named")
	good(t, dir, nameServer+dynamic+"cp "+words(path)+" \"$J/served\"; set_ttl_do "+args+"; set_ttl_verify "+args+"; set_ttl_probe "+args)
	if got, want := read(t, path), "$ORIGIN .\n$TTL 300\t; 1 hour\nexample.org IN SOA ns h 2 2 3 4 5\n$TTL 77\na A 192.0.2.1\n$TTL 300\nb A 192.0.2.2\n"; got != want {
		t.Errorf("changed: %q, want %q", got, want)
	}
	const rewritten = `zone_rndc() { case $1 in freeze) : >"$J/frozen" ;; thaw) rm "$J/frozen"; cp "$J/db" "$J/served" ;; esac; }
printf '$TTL 300\nexample.org IN SOA ns h 5 2 3 4 5\nb A 192.0.2.2\n$TTL 77\na A 192.0.2.1\n' >"$J/db"; cp "$J/db" "$J/served"
`
	good(t, dir, nameServer+dynamic+rewritten+"set_ttl_undo "+args)
	if got, want := read(t, path), "$TTL 3600\nexample.org IN SOA ns h 6 2 3 4 5\nb A 192.0.2.2\n$TTL 77\na A 192.0.2.1\n"; got != want {
		t.Errorf("undone: %q, want %q", got, want)
	}
	got := functions(t, dir, nameServer+dynamic+rewritten+"zone_check() { return 1; }; set_ttl_do "+args)
	if got.exit == 0 || !strings.Contains(got.err, "does not load as it is") {
		t.Errorf("a zone that does not load: %+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "frozen")); err == nil {
		t.Error("it is still frozen")
	}
}

// Two changes, and the undo of both; what somebody has changed by hand in between stays.
func TestSetTTLTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := file(t, dir, "db", "$TTL 3600\n@ IN SOA ns h 1 2 3 4 5\n$TTL 1h\n")
	at := words("example.org", path)
	good(t, dir, nameServer+"set_ttl_do "+at+" 300 named; set_ttl_do "+at+" 600 named\nsed -i '3s/600/42/' "+words(path)+"\nset_ttl_undo "+at+" 600 named")
	if want, got := "$TTL 3600\n@ IN SOA ns h 4 2 3 4 5\n$TTL 42\n", read(t, path); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	good(t, dir, nameServer+"set_ttl_undo "+at+" 600 named; rm "+words(path)+"; set_ttl_undo "+at+" 600 named")
}

func TestSetTTLHolds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ zone, more, want string }{
		"good":          {"$TTL 5m\n" + soa, "", ""},
		"ttl":           {"$TTL 1h\n" + soa + "$TTL 60\n", "", "drift.0=zone example.org: $TTL is 1h,60 in DB, not 300\n"},
		"no ttl":        {soa, "", "drift.0=zone example.org: $TTL is missing in DB, not 300\n"},
		"serial":        {"$TTL 300\n" + soa, `sed -i s/2026010101/2026010102/ "$J/db"`, "drift.0=zone example.org: the server answers serial 2026010101 with TTL 300, and DB says 2026010102 with 300\n"},
		"both":          {"$TTL 300\n" + soa, `sed -i s/300/60/ "$J/db"`, "drift.0=zone example.org: $TTL is 60 in DB, not 300\ndrift.1=zone example.org: the server answers serial 2026010101 with TTL 300, and DB says 2026010101 with 60\n"},
		"nobody":        {"$TTL 300\n" + soa, `rm "$J/served"`, "drift.0=zone example.org: nobody answers for it on this host\n"},
		"gone":          {"$TTL 300\n" + soa, `rm "$J/db"`, "drift.0=zone example.org: the zone file DB is not on this host \n"},
		"nothing asks":  {"$TTL 300\n" + soa, `: >"$J/mute"`, ""},
		"a signed zone": {"$TTL 300\n" + soa, `sed -i s/2026010101/2026010109/ "$J/served"; zone_signed() { :; }`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := file(t, dir, "db", test.zone)
			got := good(t, dir, nameServer+"cp "+words(path)+" \"$J/served\"\n"+test.more+"\nset +e; set_ttl_holds example.org "+words(path)+" 300 named && echo holds; cat \"$OD/result\"")
			drift := ""
			for line := range strings.Lines(got) {
				if strings.HasPrefix(line, "drift.") {
					drift += strings.ReplaceAll(line, path, "DB")
				}
			}
			if diff := cmp.Diff(test.want, drift); diff != "" || strings.HasPrefix(got, "holds\n") != (test.want == "") {
				t.Errorf("(-want +got):\n%s%s", diff, got)
			}
			if name == "nothing asks" && (!strings.Contains(got, "asked=no\n") || !strings.Contains(got, "ttl=300\n")) {
				t.Errorf("the provider is not asked to ask: %s", got)
			}
		})
	}
}
