package operation_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sideBySide makes the shell lines of a run whose source is this machine too: the gate answers at once, rsync's daemon serves the tree.
func sideBySide(t *testing.T, dir, tree string) string {
	t.Helper()
	ssh := file(t, dir, "ssh", "#!/bin/sh\nshift\ncd / && exec rsync --server --daemon "+words("--config="+filepath.Join(dir, "runs/r/rsyncd.conf"))+" .\n")
	if err := os.Chmod(ssh, 0o700); err != nil {
		t.Fatal(err)
	}
	return "set -eu\numask 022\nprintf 'm %s/\\n' " + words(tree) + " >\"$RD/gate.trees\"\ngate_conf \"$(cat \"$RD/gate.trees\")\" >\"$RD/rsyncd.conf\"\n: >\"$RD/gate\"\n" +
		"cp -p " + words(ssh) + " \"$RD/ssh\"\npull_open() { :; }\npull() { (SSH_ORIGINAL_COMMAND=$1; cmd_gate r); }\nrm -f \"$OD/result\"\n"
}

// older moves the mark of a tree, so that what is changed from now on is later, and what was before is not.
const older = `read -r _b _o _s <"$RD/mark.m"
sleep 1.1
printf '%s %s %s\n' "$_b" "$_o" "$(date +%s)" >"$RD/mark.m"
`

func TestColdPassOverWhatChanged(t *testing.T) {
	t.Parallel()
	const options = ` '/**/index.*' -a -H --delete-delay`
	for name, test := range map[string]struct {
		change string // in the source's tree
		wants  string // what sync_tree says in the end, a line each, or its error
		bad    bool
	}{
		"nothing":               {":", "deleted=0", false},
		"a new file":            {"echo 1 >a/new", "deleted=0", false},
		"names":                 {"echo 1 >'a/new\nline'; echo 2 >a/-n; mkdir 'b/ space '; echo 3 >'b/ space /*'", "deleted=0", false},
		"a file goes":           {"rm a/f1", "deleted=1", false},
		"a folder goes":         {"rm -r b", "deleted=2", false},
		"a folder moves":        {"mv a/deep b/", "deleted=3", false},
		"a file becomes folder": {"rm a/f1; mkdir a/f1; echo 1 >a/f1/in", "at=", false},
		"a second link":         {"ln a/f1 b/link", "deleted=0", false},
		"rewritten in place":    {"t=$(stat -c %y a/index.db); echo X >a/index.db; touch -d \"$t\" a/index.db", "deleted=0", false},
		"few may go always":     {"rm -r a/deep a/f1 a/f2 b", "deleted=7", false},
		"too much goes":         {"rm -r many", "nothing was. Among them: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, work := t.TempDir(), t.TempDir()
			tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
			for _, f := range []string{"a/f1", "a/f2", "a/index.db", "a/deep/er/g", "b/h"} {
				file(t, tree, f, f+"\n")
			}
			for i := range 10 {
				file(t, tree, fmt.Sprintf("many/%d", i), "x\n")
			}
			lines := sideBySide(t, dir, tree)
			good(t, dir, lines+"sync_tree_do m "+words(to)+" hot 0 10 no"+options+"\n"+older)
			if out, err := exec.CommandContext(t.Context(), "sh", "-c", "sleep 1; cd "+words(tree)+" && "+test.change).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got := functions(t, dir, lines+"sync_tree_do m "+words(to)+" cold 0 10 no"+options+"\ncat \"$OD/result\"\ncompare_tree_do m "+words(to)+" -a -H\n[ -e \"$RD/scanned.m\" ]")
			if test.bad {
				if got.exit == 0 || !strings.Contains(got.err, test.wants) {
					t.Errorf("%+v", got)
				}
				return
			}
			if got.exit != 0 || !strings.Contains("\n"+got.out, "\n"+test.wants) {
				t.Errorf("%+v; want %q", got, test.wants)
			}
			left, err := exec.CommandContext(t.Context(), "rsync", "-naHc", "--delete", "-i", tree+"/", to+"/").CombinedOutput()
			if err != nil || len(left) > 0 {
				t.Errorf("differs: %v\n%s", err, left)
			}
		})
	}
}

// Files that go while they are read are no error, whatever of them rsync missed; anything else is.
func TestVanished(t *testing.T) {
	t.Parallel()
	const gone = `rsync: [sender] get_acl: sys_acl_get_file(mail/stage./1905-0, ACL_TYPE_ACCESS): No such file or directory (2)
file has vanished: "mail/stage./1903-0" (in var-spool-cyrus)
rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1956) [generator=3.5.0]
`
	for name, test := range map[string]struct {
		code, errors string
		want         int
	}{
		"vanished":           {"24", "", 0},
		"vanished for -A":    {"23", gone, 0},
		"and another fault":  {"23", gone + "rsync: [receiver] mkstemp failed: No space left on device (28)\n", 1},
		"gone on the target": {"23", "rsync: [receiver] rename failed: No such file or directory (2)\n", 1},
		"not allowed":        {"23", "rsync: [sender] opendir failed: Permission denied (13)\n", 1},
		"another code":       {"12", gone, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if got := functions(t, dir, "rsync_vanished "+test.code+" "+words(file(t, dir, "errors", test.errors))+" || exit 1"); got.exit != test.want {
				t.Errorf("%+v, want %d", got, test.want)
			}
		})
	}
}

// A pass ends when what it brought is on the disk: after the commit nobody would miss it on the source.
func TestPassIsFlushed(t *testing.T) {
	t.Parallel()
	dir, work := t.TempDir(), t.TempDir()
	tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
	file(t, tree, "a/f1", "1\n")
	flushed := filepath.Join(work, "flushed")
	lines := sideBySide(t, dir, tree) + "flush_below() { (cd \"$1\" && find . -type f) | sort >" + words(flushed) + "; }\n"
	for _, pass := range []struct{ mode, change, want string }{
		{"hot", ":", "./a/f1\n"},
		{"cold", "echo 2 >a/f2", "./a/f1\n./a/f2\n"},
	} {
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", "cd "+words(tree)+" && "+pass.change).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		good(t, dir, lines+"sync_tree_do m "+words(to)+" "+pass.mode+" 0 10 no '' -a --delete-delay\n")
		if got := read(t, flushed); got != pass.want {
			t.Errorf("%s pass: flushed %q, want %q", pass.mode, got, pass.want)
		}
	}
}

// A mark that a set clock or a boot has made void is not used: everything is looked at.
func TestVoidMark(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"clock": `printf '%s %s %s\n' "$(boot_id)" "$(($(clock_offset) - 3600))" "$(date +%s)" >"$RD/mark.m"`,
		"boot":  `printf 'x %s %s\n' "$(clock_offset)" "$(date +%s)" >"$RD/mark.m"`,
		"gone":  `rm "$RD/mark.m"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, work := t.TempDir(), t.TempDir()
			tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
			file(t, tree, "f", "1\n")
			lines := sideBySide(t, dir, tree)
			good(t, dir, lines+"sync_tree_do m "+words(to)+" hot 0 40 no '' -a --delete-delay\n"+spoil)
			file(t, tree, "g", "2\n")
			got := functions(t, dir, lines+"sync_tree_do m "+words(to)+" cold 0 40 no '' -a --delete-delay\n[ ! -e \"$RD/scanned.m\" ]\ncompare_tree_do m "+words(to)+" -a --delete")
			if got.exit != 0 || read(t, filepath.Join(to, "g")) != "2\n" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Lists that differ are told, with what differs.
func TestCompareLists(t *testing.T) {
	t.Parallel()
	dir, work := t.TempDir(), t.TempDir()
	tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
	file(t, tree, "f", "1\n")
	lines := sideBySide(t, dir, tree)
	good(t, dir, lines+"sync_tree_do m "+words(to)+" hot 0 40 no '' -a --delete-delay")
	good(t, dir, lines+"sync_tree_do m "+words(to)+" cold 0 40 no '' -a --delete-delay")
	file(t, to, "extra", "2\n")
	file(t, to, "more/in a\nfolder", "3\n")
	got := functions(t, dir, lines+"compare_tree_do m "+words(to)+" -a --delete-delay")
	if got.exit == 0 || !strings.Contains(got.err, "differs from the source: > /extra//f 600 2 ") {
		t.Errorf("%+v", got)
	}
	// Where nothing is deleted, the target may have more, and nothing else. What it was given more of has changed the folder's time.
	touch := "touch -r " + words(tree) + " " + words(to) + "\n"
	got = functions(t, dir, lines+touch+"compare_tree_do m "+words(to)+" -a; cat \"$OD/result\"")
	if got.exit != 0 || !strings.Contains(got.out, "entries=2\n") {
		t.Errorf("%+v", got)
	}
	file(t, to, "f", "other\n")
	got = functions(t, dir, lines+touch+"compare_tree_do m "+words(to)+" -a")
	if got.exit == 0 || !strings.Contains(got.err, "differs from the source: < /f//f 600 2 ") {
		t.Errorf("%+v", got)
	}
}

// Passes over what changed follow one another until one is short, or no shorter than the last.
func TestConverge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		within, spoil string
		passes        string
	}{
		"short":    {"1000", ":", "passes=1"},
		"never":    {"0", ":", "passes="},
		"void":     {"1000", "rm \"$RD/mark.m\"", "total="},
		"left out": {"1000", ":", "passes=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, work := t.TempDir(), t.TempDir()
			tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
			file(t, tree, "f", "1\n")
			options := " 10 no '' -a --delete-delay"
			if name == "left out" {
				options += " -x --exclude=/g --exclude='*.tmp'"
				file(t, tree, "x.tmp", "x")
			}
			lines := sideBySide(t, dir, tree)
			good(t, dir, lines+"sync_tree_do m "+words(to)+" hot 0"+options+"\n"+older+test.spoil)
			file(t, tree, "h", "2\n")
			file(t, tree, "g", "2\n")
			got := good(t, dir, lines+"sync_tree_do m "+words(to)+" converge "+test.within+options+"\ncat \"$OD/result\"")
			if !strings.Contains(got, test.passes) || read(t, filepath.Join(to, "h")) != "2\n" {
				t.Errorf("%s; want %q", got, test.passes)
			}
			if came := read(t, filepath.Join(to, "g")) != ""; came == (name == "left out") {
				t.Errorf("g has come: %v", came)
			}
			file(t, tree, "late", "3\n")
			got = good(t, dir, lines+"sync_tree_do m "+words(to)+" cold 0"+options+"\ncat \"$OD/result\"\n[ -e \"$RD/scanned.m\" ]\ncompare_tree_do m "+words(to)+options[len(" 10 no ''"):])
			if read(t, filepath.Join(to, "late")) != "3\n" {
				t.Errorf("after the cold pass: %s", got)
			}
		})
	}
}

func TestConvergeGoesOn(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]bool{
		"1.5 2 ''": false, "2 2 ''": false, "3 2 ''": true, "3 2 5": true, "3 2 3.5": false, "3 2 3": false, "0.5 2 9": false,
	} {
		if got := functions(t, t.TempDir(), "converge_goes_on "+call+" || exit 1"); (got.exit == 0) != want {
			t.Errorf("%s: %+v, want %v", call, got, want)
		}
	}
}

// Deletions are counted before the first one, against what the target has; a few are never too many unless none is allowed.
func TestDeletionsAreCountedFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		limit, gone int
		refused     bool
	}{{10, 9, false}, {10, 10, false}, {10, 11, true}, {0, 0, false}, {0, 1, true}, {1, 9, false}, {100, 100, false}} {
		dir, work := t.TempDir(), t.TempDir()
		tree, to := filepath.Join(work, "tree"), filepath.Join(work, "to")
		for i := range 100 {
			file(t, tree, fmt.Sprintf("%03d", i), "x")
		}
		file(t, tree, "stays", "x")
		lines := sideBySide(t, dir, tree)
		good(t, dir, lines+"sync_tree_do m "+words(to)+" hot 0 10 no '' -a --delete-delay\n"+older)
		for i := range test.gone {
			if err := os.Remove(filepath.Join(tree, fmt.Sprintf("%03d", i))); err != nil {
				t.Fatal(err)
			}
		}
		for _, mode := range []string{"converge", "hot", "cold"} {
			before := contents(t, to)
			got := functions(t, dir, fmt.Sprintf("%ssync_tree_do m %s %s 9 %d no '' -a --delete-delay", lines, words(to), mode, test.limit))
			if (got.exit != 0) != test.refused {
				t.Errorf("%s, limit %d, %d gone: %+v", mode, test.limit, test.gone, got)
			}
			if !test.refused {
				continue
			}
			if want := fmt.Sprintf("%d of 101 entries", test.gone); !strings.Contains(got.err, want) || !strings.Contains(got.err, "Among them: 0") {
				t.Errorf("%s: %q, want %q and names", mode, got.err, want)
			}
			if contents(t, to) != before {
				t.Errorf("%s: something was deleted all the same", mode)
			}
		}
	}
}
