package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What rsync itemizes names the entry that differs, whatever it is called: a file to be sent, a folder to be made, one to be deleted.
func FuzzItemized(f *testing.F) {
	for _, seed := range []string{"f", " lead", "new\nline", "*deleting   x", "<f+++++++++ x", "back\\slash", `\#012`, "été", "\xff\xfe", "-n", "%i %n", "a -> b", "tab\t", "\x7f", "'q\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		// A name that holds \001 is taken for one with a line break: it is found, and never mended.
		if name == "" || name == "." || name == ".." || len(name) > 200 || strings.ContainsAny(name, "/\x00\x01") {
			return
		}
		dir, work := t.TempDir(), t.TempDir()
		tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
		for path, content := range map[string]string{
			"tree/sent/" + name: "x", "tree/made/" + name + "/in": "x", "tree/keep": "x", "to/keep": "x", "to/gone/" + name: "x", "tree/gone/keep": "x", "to/gone/keep": "x",
		} {
			file(t, work, path, content)
		}
		for _, path := range []string{"to/sent", "to/made"} {
			if err := os.MkdirAll(filepath.Join(work, path), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		lines := sideBySide(t, dir, tree)
		got := good(t, dir, lines+"content_differs \"$OD/differs\" m "+words(to+"/")+" -r --delete-delay --size-only\ncat \"$OD/differs\"")
		itemized(t, name, got)
	})
}

// itemized compares what was said of the trees of FuzzItemized with what they hold.
func itemized(t *testing.T, name, got string) {
	t.Helper()
	shown := strings.ReplaceAll(name, "\n", "\x01")
	want := map[string]string{"gone/" + shown: "*deleting", "sent/" + shown: "f", "made/" + shown + "/": "d", "made/" + shown + "/in": "f"}
	for line := range strings.Lines(got) {
		flags, entry, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		kind, known := want[entry]
		if !known || kind == "*deleting" && flags != kind || kind != "*deleting" && (len(flags) < 2 || flags[1:2] != kind) {
			t.Errorf("%q: %q", name, line)
		}
		delete(want, entry)
	}
	if len(want) > 0 {
		t.Errorf("%q: %q lacks %q", name, got, want)
	}
}
