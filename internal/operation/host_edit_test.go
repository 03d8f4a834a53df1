package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// edited is what a file of a name holds after one edit, and how that ended.
func edited(t *testing.T, name, content, how string, texts ...string) (string, answer) {
	t.Helper()
	dir := t.TempDir()
	path := file(t, dir, name, content)
	got := functions(t, dir, "set -eu\nedit_file_do "+words(append([]string{path, how, "", "", ""}, texts...)...))
	return read(t, path), got
}

func TestEditLines(t *testing.T) {
	t.Parallel()
	const services = "smtp\t\t25/tcp\t\tmail\nimap2\t\t143/tcp\t\timap\t# Interim\nadrshd 20141/tcp adr # ours\nhttp 80/udp\n"
	for name, test := range map[string]struct {
		name, content string
		lines         []string
		want, fails   string
	}{
		"all there":                {"conf", "a 1\nb  2\n", []string{"b 2", "a 1"}, "a 1\nb  2\n", ""},
		"no end of line":           {"conf", "a 1\nb 2", []string{"a 1"}, "a 1\nb 2", ""},
		"added":                    {"conf", "a 1\nb 2", []string{"c 3", "a 1", "d"}, "a 1\nb 2\nc 3\nd\n", ""},
		"declared twice":           {"conf", "", []string{"c 3", "c  3"}, "c 3\n", ""},
		"another value":            {"conf", "a 1\nb 2\n", []string{"a 2", "b 3"}, "a 1\nb 2\n", `"a 2" is declared, and "a 1" is there already` + "\n" + `"b 3" is declared, and "b 2" is there already`},
		"against one another":      {"conf", "", []string{"a 1", "a 2"}, "", `"a 2" is declared, and "a 1" too`},
		"with a sign":              {"main.cf", "myhostname = x\n", []string{"myhostname=y"}, "myhostname = x\n", `"myhostname = x" is there already`},
		"a comment":                {"conf", "# a 1\n", []string{"a 2", "# a 3"}, "# a 1\na 2\n# a 3\n", ""},
		"words alone":              {"locals", "localhost\n", []string{"example.org"}, "localhost\nexample.org\n", ""},
		"an address":               {"hosts", "::1 localhost\n", []string{"::2 other"}, "::1 localhost\n::2 other\n", ""},
		"an address twice":         {"hosts", "::1 localhost\n", []string{"::1 other"}, "::1 localhost\n", `"::1 localhost" is there already`},
		"a table of cron":          {"cron.d/mail", "5 * * * * root a\n", []string{"5 * * * * root b"}, "5 * * * * root a\n5 * * * * root b\n", ""},
		"special letters":          {"conf", "x\n", []string{`a\n&/"'$HOME %s`, "grüße"}, "x\n" + `a\n&/"'$HOME %s` + "\ngrüße\n", ""},
		"a service":                {"services", services, []string{"adrshd 20142/udp"}, services + "adrshd 20142/udp\n", ""},
		"a service with more":      {"services", services, []string{"adrshd 20141/tcp"}, services, ""},
		"an alias of the same":     {"services", services, []string{"imap 143/tcp"}, services + "imap 143/tcp\n", ""},
		"another port of a name":   {"services", services, []string{"adrshd 20142/tcp"}, services, `"adrshd 20142/tcp" is declared, and "adrshd 20141/tcp adr # ours" is there already`},
		"another port of an alias": {"services", services, []string{"mail 26/tcp"}, services, `"smtp 25/tcp mail" is there already`},
		"another name of a port":   {"services", services, []string{"other 25/tcp"}, services, `"other 25/tcp" is declared, and "smtp 25/tcp mail" is there already`},
		"another protocol":         {"services", services, []string{"http 80/tcp"}, services + "http 80/tcp\n", ""},
		"no text":                  {"conf", "a\x00b\n", []string{"c"}, "a\x00b\n", "is no text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, end := edited(t, test.name, test.content, "lines", test.lines...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (end.exit != 0) != (test.fails != "") || !strings.Contains(end.err, test.fails) {
				t.Errorf("ended with %d: %s", end.exit, end.err)
			}
		})
	}
}

func TestEditReplace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content     string
		pairs       []string
		want, fails string
	}{
		"once":               {"a = 192.0.2.21\nb\n", []string{"192.0.2.21", "192.0.2.22"}, "a = 192.0.2.22\nb\n", ""},
		"everywhere":         {"x x\nx", []string{"x", "yy"}, "yy yy\nyy", ""},
		"literally":          {"a.c abc & \\1\n", []string{"a.c", `&\1`}, `&\1` + " abc & \\1\n", ""},
		"over lines":         {"one\ntwo\nthree\n", []string{"one\ntwo\n", "1\n2\n"}, "1\n2\nthree\n", ""},
		"within the new one": {"host old\n", []string{"old", "old-old"}, "host old-old\n", ""},
		"done already":       {"host my-old-name old\n", []string{"old", "my-old-name"}, "host my-old-name my-old-name\n", ""},
		"one after another":  {"a\n", []string{"a", "b", "b", "c"}, "c\n", ""},
		"to nothing":         {"a b\n", []string{" b", ""}, "a\n", ""},
		"nothing to remove":  {"a\n", []string{" b", ""}, "a\n", ""},
		"neither of both":    {"a\n", []string{"x", "y"}, "a\n", `has neither "x", which is to be replaced, nor "y"`},
		"an empty file":      {"", []string{"x", "y"}, "", `has neither "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, end := edited(t, "conf", test.content, "replace", test.pairs...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (end.exit != 0) != (test.fails != "") || !strings.Contains(end.err, test.fails) {
				t.Errorf("ended with %d: %s", end.exit, end.err)
			}
		})
	}
}

// editing is a file in its life: each call is an apply, a look or the end of it.
type editing struct {
	t         *testing.T
	dir, path string
}

func (e editing) run(lines string) answer {
	e.t.Helper()
	return functions(e.t, e.dir, "set -eu\n"+lines)
}

// apply does what an apply does: it looks, does and proves.
func (e editing) apply(args ...string) {
	e.t.Helper()
	all := words(append([]string{e.path}, args...)...)
	if got := e.run("if edit_file_probe " + all + "; then exit 0; fi\nedit_file_do " + all + "\nedit_file_verify " + all + "\nedit_file_probe " + all); got.exit != 0 {
		e.t.Fatalf("apply %q: %s", args, got.err)
	}
}

// undo takes all of it back, and may be repeated.
func (e editing) undo(args ...string) {
	e.t.Helper()
	all := "edit_file_undo " + words(append([]string{e.path}, args...)...)
	if got := e.run(all + "\nrm -rf \"$B\"\nmkdir \"$B\"\n" + all); got.exit != 0 {
		e.t.Fatalf("undo: %s", got.err)
	}
}

func (e editing) holds(want string) {
	e.t.Helper()
	if got := read(e.t, e.path); got != want {
		e.t.Errorf("it holds %q, want %q", got, want)
	}
}

func (e editing) writes(content string) {
	e.t.Helper()
	if err := os.WriteFile(e.path, []byte(content), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// What a later declaration no longer names goes again, and what others wrote stays.
func TestEditChanges(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T, content string) editing {
		t.Helper()
		dir := t.TempDir()
		return editing{t, dir, file(t, dir, "etc/conf", content)}
	}
	lines := []string{"lines", "", "", ""}
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		e := begin(t, "own 1\n")
		e.apply(append(lines, "a 1", "b 2")...)
		e.holds("own 1\na 1\nb 2\n")
		e.apply(append(lines, "b 3")...)
		e.holds("own 1\nb 3\n")
		e.undo(append(lines, "b 3")...)
		e.holds("own 1\n")
	})
	t.Run("lines beside others'", func(t *testing.T) {
		t.Parallel()
		e := begin(t, "own 1\n")
		e.apply(append(lines, "a 1", "b 2")...)
		e.writes("own 1\na 1\nb 2\ntheirs\n")
		e.apply(append(lines, "b 2", "c 3")...)
		e.holds("own 1\nb 2\ntheirs\nc 3\n")
		e.apply(append(lines, "c 3")...)
		e.holds("own 1\ntheirs\nc 3\n")
		e.undo(append(lines, "c 3")...)
		e.holds("own 1\ntheirs\n")
	})
	t.Run("replace", func(t *testing.T) {
		t.Parallel()
		e := begin(t, "host old\n")
		e.apply("replace", "", "", "", "old", "new")
		e.apply("replace", "", "", "", "old", "newer")
		e.holds("host newer\n")
		e.undo("replace", "", "", "", "old", "newer")
		e.holds("host old\n")
	})
	t.Run("from content to lines", func(t *testing.T) {
		t.Parallel()
		e := begin(t, "old\n")
		e.apply("content", "", "", "", "all of it")
		e.holds("all of it")
		e.apply(append(lines, "a 1")...)
		e.undo(append(lines, "a 1")...)
		e.holds("old\n")
	})
	t.Run("a new file", func(t *testing.T) {
		t.Parallel()
		e := begin(t, "x")
		if err := os.Remove(e.path); err != nil {
			t.Fatal(err)
		}
		e.apply(append(lines, "a 1")...)
		e.holds("a 1\n")
		if info, err := os.Stat(e.path); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("mode of a new file: %v, %v", info, err)
		}
		e.undo(append(lines, "a 1")...)
		if _, err := os.Lstat(e.path); !os.IsNotExist(err) {
			t.Errorf("it is there still: %v", err)
		}
	})
}

// What belongs to the file stays with it, and comes back; a link stays a link.
func TestEditKeepsTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := file(t, dir, "etc/real", "a\n")
	link := filepath.Join(dir, "etc/link")
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	e := editing{t, dir, link}
	look := "stat -c '%a %u %g %Y' " + words(path)
	e.run("chmod 2640 " + words(path) + "\ntouch -d @1000000 " + words(path))
	first := good(t, dir, look)
	e.apply("content", "", "", "", "b\n")
	if got := good(t, dir, look); !strings.HasPrefix(got, strings.TrimSuffix(first, "1000000\n")) || got == first {
		t.Errorf("before %s, after %s", first, got)
	}
	e.apply("content", "", "600", "", "b\n")
	if got := good(t, dir, look); !strings.HasPrefix(got, "600 ") {
		t.Errorf("the mode is %s", got)
	}
	if target, err := os.Readlink(link); err != nil || target != "real" {
		t.Errorf("the link leads to %q: %v", target, err)
	}
	e.undo("content", "", "600", "", "b\n")
	e.holds("a\n")
	if got := good(t, dir, look); got != first {
		t.Errorf("undone it is %s, it was %s", got, first)
	}
	if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 2 {
		t.Errorf("something was left beside it: %v, %v", names, err)
	}
}

// Drift says what is different, not what is in the file.
func TestEditDrift(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		then string
		args []string
		want []string
	}{
		"nothing":     {":", []string{"lines", "", "", "", "a 1", "b"}, nil},
		"a line":      {"echo 'b' >F", []string{"lines", "", "", "", "a 1", "b"}, []string{`the line "a 1" is missing in F`}},
		"a conflict":  {"echo 'a 2' >F", []string{"lines", "", "", "", "a 1"}, []string{`F says otherwise: "a 1" is declared, and "a 2" is there already`}},
		"gone":        {"rm F", []string{"content", "", "", "", "x"}, []string{"F is not there"}},
		"mode":        {"chmod 755 F", []string{"content", "", "0640", "", "x"}, []string{"F has mode 0755 instead of 0640"}},
		"content":     {"echo secret >F", []string{"content", "", "", "", "x"}, []string{"F holds something else than what is declared"}},
		"replacement": {"echo old >F", []string{"replace", "", "", "", "old", "new"}, []string{"F holds something else than what is declared"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			e := editing{t, dir, file(t, dir, "F", "old\n")}
			e.apply(test.args...)
			e.run(strings.ReplaceAll(test.then, "F", words(e.path)))
			got := e.run(": >\"$OD/result\"\nedit_file_holds " + words(append([]string{e.path}, test.args...)...) + " && exit 0\ncut -d= -f2- \"$OD/result\"\nexit 1")
			want := strings.ReplaceAll(strings.Join(test.want, "\n"), "F", e.path)
			if strings.TrimSpace(got.out) != want || (got.exit != 0) != (want != "") {
				t.Errorf("%+v, want %q", got, want)
			}
		})
	}
}

// A service that does not take a change keeps what it had; the pending word is kept until it was told.
func TestEditReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := editing{t, dir, file(t, dir, "conf", "good 1\n")}
	stub := `systemd() { false; }
edit_file_knows() { :; }
service_runs() { :; }
service() { echo "$*" >>"$J/told"; ! grep -q bad ` + words(e.path) + `; }
`
	args := words(e.path, "lines", "", "", "app", "bad 1")
	got := e.run(stub + "edit_file_do " + args)
	if got.exit != 1 || !strings.Contains(got.err, "app did not take the change of "+e.path+", which is as it was before") {
		t.Errorf("%+v", got)
	}
	e.holds("good 1\n")
	args = words(e.path, "lines", "", "", "app", "fine 1")
	if got := e.run(stub + "edit_file_do " + args + "\nedit_file_verify " + args + "\nedit_file_probe " + args); got.exit != 0 {
		t.Errorf("%+v", got)
	}
	if got := e.run(stub + ": >\"$(edit_file_pending)\"\nedit_file_probe " + args); got.exit == 0 {
		t.Error("a service that was not told is found told")
	}
	if got := e.run(stub + "edit_file_undo " + args + "\n[ ! -e \"$(edit_file_pending)\" ]"); got.exit != 0 {
		t.Errorf("undo: %+v", got)
	}
	e.holds("good 1\n")
	if got := read(t, filepath.Join(dir, "told")); got != strings.Repeat("app force-reload\n", 4) {
		t.Errorf("told: %q", got)
	}
}
