package operation_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a tree leaves out is the same for rsync and for the lists.
func TestSkipPattern(t *testing.T) {
	t.Parallel()
	names := []string{
		"tmp/a", "tmp2/a", "sub/tmp/a", "sub/tmp2", "a.tmp", "sub/a.tmp/x", "sub/deep/er/f", "cyrus.index", "sub/cyrus.index", "a+b", "a\\b", "x*y",
		"sub/a b", "a\nb", "[z]", "zz", "sub/proc", "proc/x", "-n", "{q}", "deep/tmp",
	}
	for _, pattern := range []string{
		"/tmp/", "tmp/", "tmp", "/tmp", "*.tmp", "*.tmp/", "sub/tmp", "/sub/**", "/sub/**/f", "**/f", "**tmp", "/sub/*", "cyrus.*", "a?b", "a+b", "a\\b", "x\\*y",
		"[yz]z", "[!z]z", "\\[z]", "/proc/***", "proc/***", "{q}", "deep/er", "/deep/er", "-n", "sub", "?", "*", "a b", "/*/tmp",
	} {
		dir, work := t.TempDir(), t.TempDir()
		for _, name := range names {
			file(t, work, "tree/"+name, "x")
		}
		if out, err := exec.CommandContext(t.Context(), "rsync", "-a", "--exclude="+pattern, work+"/tree/", work+"/copy/").CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", pattern, err, out)
		}
		list := func(folder, rules string) string {
			return good(t, dir, "tree_rules "+rules+" >\"$OD/rules\"\ntree_list "+words(filepath.Join(work, folder))+" \"$OD/rules\" \"$OD/inodes\" | tr '\\n\\0' ' \\n' | sed 's, [0-9.]*$,,'")
		}
		if diff := cmp.Diff(list("copy", ""), list("tree", words("-a", "--exclude="+pattern))); diff != "" {
			t.Errorf("%q (-rsync +ours):\n%s", pattern, diff)
		}
	}
	for _, rule := range []string{"", "/", "!", "+ a", "- a"} {
		if got := functions(t, t.TempDir(), "tree_rules "+words("--exclude="+rule)+" || exit 9"); got.exit != 9 {
			t.Errorf("%q: %+v", rule, got)
		}
	}
}

// bothSides is a tree and its copy by a hot pass: the lines of shell that know them, and both folders.
func bothSides(t *testing.T, options string) (string, string, string) {
	t.Helper()
	dir, work := t.TempDir(), t.TempDir()
	tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
	for _, f := range []string{"a/f1", "z/f1", "a/f2", "a/index.db", "a/deep/er/g", "b/h", "b/ lead", "b/line\nbreak", "b/été", "b/back\\#012", "tmp/x"} {
		file(t, tree, f, f+"\n")
	}
	lines := sideBySide(t, dir, tree)
	good(t, dir, lines+"sync_tree_do m "+words(to)+" hot 0 10 no '/**/index.*' "+options)
	return "DIR=" + words(dir) + "\n" + lines, tree, to
}

// dirOf takes the journal's folder out of bothSides' lines.
func dirOf(lines string) string {
	first, _, _ := strings.Cut(lines, "\n")
	return strings.TrimPrefix(first, "DIR=")
}

// contents is what all files below a folder hold.
func contents(t *testing.T, folder string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "cd "+words(folder)+" && find . -printf '%y ' \\( -type f -exec sha256sum {} \\; -o -print \\) | sort").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func change(t *testing.T, folder, script string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "sh", "-euc", "cd "+words(folder)+"\n"+script).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// Silently changed on the target: no size, no time tells.
const rotten = `t=$(stat -c %y "$f"); printf '%s' "$(tr a-z b-za <"$f")" >"$f.new"; truncate -r "$f" "$f.new"; cat "$f.new" >"$f"; rm "$f.new"; touch -d "$t" "$f"
`

// Online, before the freeze: what has not changed on the source and differs is copied again; what has changed there is left to the cold pass.
func TestCompareContents(t *testing.T) {
	t.Parallel()
	const options = "-a -H --delete-delay --exclude=/tmp/"
	for name, test := range map[string]struct {
		source, target string
		result         string // a line that is reported
		same           bool   // afterwards both are equal
	}{
		"nothing":               {":", ":", "differing=0", true},
		"rotten on target":      {":", "f=a/f1\n" + rotten + "f='b/line\nbreak'\n" + rotten, "repaired=2 (a/f1 b/line break)", true},
		"odd names":             {":", "f='b/ lead'\n" + rotten + "f=b/été\n" + rotten + "f='b/back\\#012'\n" + rotten, "repaired=3 (", true},
		"gone on target":        {":", "rm -r a/deep 'b/ lead'", "repaired=4 (", true},
		"more on target":        {":", "mkdir a/more; echo 1 >a/more/x; echo 2 >b/more", "repaired=3 (", true},
		"changed on source":     {"echo new >a/f1; rm b/h; mkdir c; echo 1 >c/new; mv a/deep c/", ":", "differing=", false},
		"rotten where it lives": {"echo new >a/f3", "f=a/f1\n" + rotten, "repaired=1 (a/f1)", false},
		"left out":              {"echo new >tmp/x", "mkdir tmp; echo own >tmp/own", "differing=0", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, tree, to := bothSides(t, options)
			dir := dirOf(lines)
			good(t, dir, lines+older)
			change(t, tree, "sleep 1.1\n"+test.source)
			change(t, to, test.target)
			got := functions(t, dir, lines+"compare_contents_do m "+words(to)+" full '/**/index.*' "+options+"\ncat \"$OD/result\"")
			if got.exit != 0 || !strings.Contains(got.out, test.result) || strings.Contains(got.out, "repaired") != strings.HasPrefix(test.result, "repaired") {
				t.Errorf("%+v, want %q", got, test.result)
			}
			left, err := exec.CommandContext(t.Context(), "rsync", "-naHc", "--delete", "--exclude=/tmp/", "-i", tree+"/", to+"/").CombinedOutput()
			if err != nil || test.same && strings.Contains(strings.ReplaceAll(string(left), ".d..t......", ""), "\n>") {
				t.Errorf("differs: %v\n%s", err, left)
			}
			good(t, dir, lines+"sync_tree_do m "+words(to)+" cold 0 10 no '/**/index.*' "+options+"\n[ -e \"$RD/scanned.m\" ]\ncompare_tree_do m "+words(to)+" "+options)
		})
	}
}

// After the move: what differs from the frozen source and was not changed here since is lost, is told, and comes back; what users have done stays.
func TestCompareFrozen(t *testing.T) {
	t.Parallel()
	const options = "-a -H"
	for name, test := range map[string]struct {
		rot, target string // before the move's end, unseen; after it
		lost        string // what is told
	}{
		"nothing":         {":", ":", ""},
		"folders rotate":  {":", "rm -r z; mv a z; mkdir a; echo 1 >a/f1", ""},
		"users work":      {":", "echo new >a/f1; rm b/h; mkdir c; mv a/deep c/; rm -r tmp; chmod 640 a/f2", ""},
		"rotten":          {"f=a/f1\n" + rotten, "echo 1 >a/new", "1 (a/f1)"},
		"missing":         {"rm b/h", "echo 1 >a/new; echo 1 >new", "1 (b/h)"},
		"a folder":        {"rm -r a/deep", "echo 1 >b/new", "3 (a/deep/ a/deep/er/ a/deep/er/g)"},
		"rotten, changed": {"f=a/f1\n" + rotten, "echo 1 >a/f1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, _, to := bothSides(t, options)
			dir := dirOf(lines)
			good(t, dir, lines+"sync_tree_do m "+words(to)+" cold 0 10 no '' "+options+"\ncompare_tree_do m "+words(to)+" "+options)
			change(t, to, test.rot+"\nsleep 0.1")
			good(t, dir, lines+"printf '%s %s\\n' \"$(clock_offset)\" \"$(date +%s.%N)\" >\"$(tree_still "+words(to+"/")+")\"\nsleep 0.1")
			change(t, to, test.target)
			before := contents(t, to)
			got := functions(t, dir, lines+"compare_frozen_do m "+words(to)+" "+options)
			if (got.exit != 0) != (test.lost != "") || !strings.Contains(got.err, test.lost) {
				t.Fatalf("%+v, want %q", got, test.lost)
			}
			if test.lost == "" {
				return
			}
			good(t, dir, lines+"mend_tree_do m "+words(to)+" "+options+"\nmend_tree_verify m "+words(to)+" "+options)
			good(t, dir, lines+"compare_frozen_do m "+words(to)+" "+options)
			good(t, dir, lines+"mend_tree_undo m "+words(to)+" "+options)
			if diff := cmp.Diff(before, contents(t, to)); diff != "" {
				t.Errorf("after undo (-want +got):\n%s", diff)
			}
		})
	}
}
