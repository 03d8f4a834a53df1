package operation_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSyncStat(t *testing.T) {
	t.Parallel()
	const stats = `
Number of files: 1,234,567 (reg: 1,200,000, dir: 34,567)
Number of created files: 12 (reg: 10, dir: 2)
Number of deleted files: 0
Number of regular files transferred: 7
Total file size: 9,876,543,210 bytes
Total transferred file size: 42 bytes
Literal data: 42 bytes
`
	dir := t.TempDir()
	path := words(file(t, dir, "stats", stats))
	for name, want := range map[string]string{
		"Number of files": "1234567", "Number of deleted files": "0", "Number of regular files transferred": "7",
		"Total file size": "9876543210", "Total transferred file size": "42", "Number of miracles": "",
	} {
		if got := strings.TrimSpace(good(t, dir, "sync_stat "+words(name)+" <"+path)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, from, to, want string }{
		"once":            {"a = 192.0.2.21\nb\n", "192.0.2.21", "192.0.2.22", "a = 192.0.2.22\nb\n"},
		"all of a line":   {"x x\nx\n", "x", "yy", "yy yy\nyy\n"},
		"no pattern":      {"a.c abc\n", "a.c", "z", "z abc\n"},
		"special letters": {`a\b&c/d` + "\n", `\b&c/`, `&\1/`, `a&\1/d` + "\n"},
		"within itself":   {"old\n", "old", "older", "older\n"},
		"not there":       {"a\n\nb\n", "zz", "y", "a\n\nb\n"},
		"to nothing":      {"a b\n", " b", "", "a\n"},
		"quotes":          {`say "it's"` + "\n", `"it's"`, `$HOME`, "say $HOME\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			copied := file(t, dir, "stage/etc/main.cf", test.content)
			good(t, dir, "STAGE=$J/stage\ntouch -d @1000000 "+words(copied)+"\nchmod 641 "+words(copied)+
				"\ncopy_files_rewrite "+words("/etc/main.cf\t"+test.from+"\t"+test.to))
			if diff := cmp.Diff(test.want, read(t, copied)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			info, err := os.Stat(copied)
			if err != nil || info.Mode().Perm() != 0o641 || info.ModTime().Unix() != 1000000 {
				t.Errorf("mode and time: %v, %v", info, err)
			}
		})
	}
	got := functions(t, t.TempDir(), "STAGE=$J/stage\nset -e\ncopy_files_rewrite '/etc/other\ta\tb'; echo went on")
	if got.exit == 0 || !strings.Contains(got.err, "rewrite: /etc/other is not among the copied files") || got.out != "" {
		t.Errorf("a file that does not travel: %+v", got)
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ own, copied, want string }{
		"kept":               {"[db]\npassword = mine\nhost=h\n", "# new\npassword=theirs\nhost = other\n", "# new\npassword = mine\nhost = other\n"},
		"with a colon":       {"  password: mine\n", "password: theirs\n", "  password: mine\n"},
		"the last one":       {"password=1\npassword=2\n", "password=x\n", "password=2\n"},
		"in a comment":       {"#password=mine\n", "password=theirs\n", "password=theirs\n"},
		"not on the target":  {"host=h\n", "password=theirs\n", "password=theirs\n"},
		"not on the source":  {"password=mine\n", "host=h\n", "host=h\n"},
		"a longer key":       {"password2=mine\n", "password=theirs\n", "password=theirs\n"},
		"an empty own file":  {"", "password=theirs\nhost=h\n", "password=theirs\nhost=h\n"},
		"special letters":    {`password=a&\1'"$x` + "\n", "password=theirs\n", `password=a&\1'"$x` + "\n"},
		"a line without a =": {"password\n", "password=theirs\n", "password=theirs\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			own := file(t, dir, "own/bm.ini", test.own)
			copied := file(t, dir, "stage"+own, test.copied)
			good(t, dir, "STAGE=$J/stage\ncopy_files_keep "+words(own+"\tpassword"))
			if diff := cmp.Diff(test.want, read(t, copied)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// gated gives the files that globs name, sorted, relative to dir.
func gated(t *testing.T, dir string, globs ...string) ([]string, answer) {
	t.Helper()
	for i, glob := range globs {
		globs[i] = filepath.Join(dir, "etc") + glob
	}
	file(t, dir, "runs/r/gate.files", strings.Join(globs, "\n")+"\n")
	got := functions(t, dir, "gate_files || exit $?")
	var list []string
	for name := range strings.SplitSeq(got.out, "\x00") {
		if name == "" {
			continue
		}
		rest, ok := strings.CutPrefix("/"+name, filepath.Join(dir, "etc")+"/")
		if !ok {
			t.Errorf("%q is not below the folder", name)
		}
		list = append(list, rest)
	}
	slices.Sort(list)
	return list, got
}

func TestGateFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		globs, want []string
		missing     string
	}{
		"one":               {[]string{"/main.cf"}, []string{"main.cf"}, ""},
		"a star":            {[]string{"/imapd*"}, []string{"imapd.conf", "imapd it's.conf", "imapd\nline"}, ""},
		"no folders":        {[]string{"/*"}, []string{"-n", "dangling", "imapd\nline", "imapd it's.conf", "imapd.conf", "link", "main.cf", "grüße"}, ""},
		"all below":         {[]string{"/bm/**"}, []string{"bm/.hidden", "bm/a b", "bm/deep", "bm/deep/er", "bm/deep/er/file"}, ""},
		"a dangling link":   {[]string{"/dangling"}, []string{"dangling"}, ""},
		"a link to folder":  {[]string{"/link"}, []string{"link"}, ""},
		"a dash":            {[]string{"/-n"}, []string{"-n"}, ""},
		"nothing fits":      {[]string{"/none*"}, nil, ""},
		"nothing below":     {[]string{"/none/**"}, nil, ""},
		"a name is missing": {[]string{"/main.cf", "/gone"}, []string{"main.cf"}, "not on the source: "},
		"a folder by name":  {[]string{"/bm"}, nil, "not on the source: "},
		"below a pattern":   {[]string{"/b*/**"}, []string{"bm/.hidden", "bm/a b", "bm/deep", "bm/deep/er", "bm/deep/er/file"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, path := range []string{"main.cf", "imapd.conf", "imapd it's.conf", "imapd\nline", "-n", "grüße", "bm/a b", "bm/.hidden", "bm/deep/er/file"} {
				file(t, dir, "etc/"+path, "x")
			}
			for link, to := range map[string]string{"link": "bm", "dangling": "/nowhere"} {
				if err := os.Symlink(to, filepath.Join(dir, "etc", link)); err != nil {
					t.Fatal(err)
				}
			}
			got, end := gated(t, dir, test.globs...)
			slices.Sort(test.want)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (end.exit != 0) != (test.missing != "") || !strings.Contains(end.err, test.missing) {
				t.Errorf("end: %d %q", end.exit, end.err)
			}
		})
	}
}

func TestTreePresent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file(t, dir, "full/.hidden", "x")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"full": "", "empty": " is empty", "gone": " is not a folder", "full/.hidden": " is not a folder"} {
		got := functions(t, dir, "tree_present "+words(filepath.Join(dir, path)))
		if (got.exit == 0) != (want == "") || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

// A target tree that a process has open is never written.
func TestTreesInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file(t, dir, "tree/mail", "x")
	tree := words(filepath.Join(dir, "tree") + "/")
	if got := functions(t, dir, "trees_in_use "+tree+" && echo used"); got.out != "" {
		t.Errorf("nobody has it open: %+v", got)
	}
	got := good(t, dir, "exec 7<"+words(filepath.Join(dir, "tree/mail"))+"\ntrees_in_use "+words("/nowhere/\n"+filepath.Join(dir, "tree")+"/"))
	if !strings.HasPrefix(got, "process ") || !strings.HasSuffix(got, filepath.Join(dir, "tree/mail")) {
		t.Errorf("an open file: %q", got)
	}
}

// TestKeepFiles changes what a move's note holds, in every way, and puts it back.
func TestKeepFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"plain": "1\n", "a b'\n\"ü": "2\n", "-x": "3\n", "empty": "", "map.db": "4\n", "later": "5\n"} {
		file(t, dir, "etc/"+name, content)
	}
	set := "cd " + words(filepath.Join(dir, "etc")) + "\nroot=${PWD#/}\n"
	keep := "keep() { \"keep_files_$1\" set mail " + words(".*/[^/]*[.]db") + "; }\n"
	good(t, dir, set+`ln -s plain link; ln -s nowhere broken; mkdir folder; chmod 640 plain
for f in . ./*; do printf '%s\0' "$root/${f#./}"; done >"$RD/list.set"
note_files_do set mail; note_files_verify set mail; note_files_probe set mail`)
	if got := good(t, dir, set+keep+`: >"$OD/result"; keep probe; cat "$OD/result"`); got != "" {
		t.Errorf("nothing has changed: %s", got)
	}
	changes := `chmod 600 plain; echo more >>empty; rm ./-x link broken; printf '9\n' >"$(echo a*)"; ln -s elsewhere broken; echo 7 >map.db; touch -d @1000000 later; mkdir new; echo 8 >new/file
`
	state := `{ find . ! -path './new*' -printf '%p %y %m %l\n' | sort; sha256sum -- *; } 2>/dev/null`
	before := good(t, dir, set+state)
	changed := good(t, dir, set+changes+state)
	got := good(t, dir, set+keep+`: >"$OD/result"; keep probe && exit 1; sed "s,/$root,ETC,; s/^drift[.][0-9]*=//" "$OD/result"`)
	want := "gone since the move: ETC/-x\nchanged since the move: ETC/a b'?\"ü\nchanged since the move: ETC/broken\nchanged since the move: ETC/empty\ngone since the move: ETC/link\nchanged since the move: ETC/plain\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
	after := good(t, dir, set+keep+"keep do; keep verify; keep probe; "+state)
	if diff := cmp.Diff(before, strings.ReplaceAll(after, sum("7\n"), sum("4\n"))); diff != "" {
		t.Errorf("mended (-want +got):\n%s", diff)
	}
	undone := good(t, dir, set+keep+"keep undo; "+state)
	if diff := cmp.Diff(changed, undone); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	if got := good(t, t.TempDir(), keep+"keep probe"); got != "" {
		t.Errorf("without a note: %s", got)
	}
}

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
