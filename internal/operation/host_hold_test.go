package operation_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// A hold covers what lies in its trees and under its patterns, both ways round, and nothing beside.
func TestHoldCovers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		held, touched string
		want          bool
	}{
		{"service:bm", "service:bm", true},
		{"service:bm", "service:b", false},
		{"service:bm", "boot:bm", false},
		{"database:bj", "database:bj-data", false},
		{"database:b*", "database:bj", false},
		{"address:192.0.2.25/24", "boot-address:192.0.2.25/24", false},
		{"file:/etc/bm/**", "file:/etc/bm/bm.ini", true},
		{"file:/etc/bm/**", "file:/etc/bm/deep/er.ini", true},
		{"file:/etc/bm/**", "file:/etc/bm", false},
		{"file:/etc/bm/**", "file:/etc/bmx/bm.ini", false},
		{"file:/etc/bm/bm.ini", "file:/etc/bm/**", true},
		{"file:/etc/imapd*", "file:/etc/imapd.conf", true},
		{"file:/etc/imapd*", "file:/etc/imapd/conf", false},
		{"file:/etc/imapd*", "file:/etc/im*", true},
		{"file:/etc/imapd*", "file:/etc/cyrus*", false},
		{"file:/etc/bm-webmail/*", "file:/etc/bm-webmail/a b", true},
		{"file:/etc/a?c", "file:/etc/abc", true},
		{"file:/etc/a?c", "file:/etc/a/c", false},
		{"file:/etc/[ab].cf", "file:/etc/a.cf", true},
		{"file:/etc/[!ab].cf", "file:/etc/a.cf", false},
		{"file:/etc/a+(b).cf", "file:/etc/a+(b).cf", true},
		{"file:/etc/a.cf", "file:/etc/axcf", false},
		{"tree:/a/", "tree:/a/b/", true},
		{"tree:/a/b/", "tree:/a/", true},
		{"tree:/a", "tree:/a/b", true},
		{"tree:/a/", "tree:/a", true},
		{"tree:/a/", "tree:/ab/", false},
		{"tree:/var/spool/cyrus/", "file:/var/spool/cyrus/x", true},
		{"tree:/var/spool/cyrus/", "mount:/var/spool", true},
		{"tree:/var/spool/cyrus/", "mount:/var/spool/cyrus/mail", true},
		{"file:/etc/bm/**", "tree:/etc/", true},
		{"file:/etc/bm/**", "tree:/etc/bm/deep/", true},
		{"file:/etc/*/main.cf", "tree:/etc/postfix/", true},
		{"file:/etc/b*", "tree:/etc/bm/", false},
		{"file:/etc/bm/**", "tree:/var/", false},
		{"tree:/srv/[x]/", "file:/srv/x/y", false},
		{"tree:/it's \"a\\b\"/", "file:/it's \"a\\b\"/x", true},
	} {
		dir := t.TempDir()
		file(t, dir, "hold/move/touches", "service:other\n"+test.held+"\n")
		file(t, dir, "hold/move/run", "move.1\n")
		file(t, dir, "hold/move/name", "move\n")
		got := functions(t, dir, "held "+words("timer\n"+test.touched)+" || exit $?")
		if (got.exit == 0) != test.want || got.exit > 1 || got.err != "" {
			t.Errorf("%s held, %s touched: %+v, want %v", test.held, test.touched, got, test.want)
		}
		if test.want && strings.TrimSpace(got.out) != "move" {
			t.Errorf("holder of %s: %q", test.held, got.out)
		}
		// The cutover itself is not kept out, whatever its run.
		if got := functions(t, dir, "RUN_HOLDER=move\nheld "+words(test.touched)+" || exit $?"); got.exit != 1 {
			t.Errorf("%s, touched by its holder: %+v", filepath.Base(test.held), got)
		}
	}
}

// A host on which nobody can tell whether a thing is held changes nothing.
func TestHoldThatCannotBeTold(t *testing.T) {
	t.Parallel()
	got := functions(t, t.TempDir(), `mkdir -p "$J/hold/move"; echo move >"$J/hold/move/name"; echo other >"$J/hold/move/run"; echo service:x >"$J/hold/move/touches"
		awk() { return 2; }
		_answer=0; held service:y || _answer=$?; echo "$_answer"
		anything_probe() { :; }
		exec_op anything service:y; echo "went on"`)
	if got.exit != 1 || got.out != "2\n" || !strings.Contains(got.err, "whether cutover move holds this cannot be told") {
		t.Errorf("%+v", got)
	}
}

// A cutover's moves are NAME.NUMBER: what another one's runs, whose name goes on, leave or have decided is not its own.
func TestMovesByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, `for _r in bm.2.11 bm.9 bm.10 bm.x.3 bm.10.finalize bm.rehearsal bmx.4; do
			mkdir -p "$J/runs/$_r/before/copy_files.target.conf"; echo "$_r" >"$J/runs/$_r/before/copy_files.target.conf/created"
			echo "RUN_HOLDER=${_r%.*}" >"$J/runs/$_r/ops"
		done
		for _r in bm.2.11 bm.9 bm.10; do echo commit >"$J/runs/$_r/decision"; done
		echo ask >"$J/runs/bm.2.11/timer"
		cmd_moves bm; cmd_moves bm.2
		restore_files_image conf bm; echo
		settle_moves_probe bm && echo settled; settle_moves_probe bm.2 || echo unsettled
		echo settled >"$J/runs/bm.10/outcome"; look_moves bm
		discard_images_do bm; discard_images_verify bm; look_moves bm; look_moves bm.2; ls -d "$J"/runs/*/before | sed "s,$J/runs/,,"`)
	want := strings.Join([]string{
		"run=bm.9", "run=bm.10", "left=bm.10 commit", "run=bm.2.11", "armed=bm.2.11 commit",
		filepath.Join(dir, "runs/bm.10/before/copy_files.target.conf"), "settled", "unsettled", "final=bm.10", "armed=bm.2.11 commit",
		"bm.10.finalize/before", "bm.2.11/before", "bm.rehearsal/before", "bm.x.3/before", "bmx.4/before", "r/before", "",
	}, "\n")
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Giving up the way back, the side that does not serve forgets that it once did; the other one does not.
func TestForgottenMark(t *testing.T) {
	t.Parallel()
	for _, passive := range []string{"cut", ""} {
		dir := t.TempDir()
		got := good(t, dir, `mkdir -p "$J/cut"
			echo move.1 >"$J/cut/move"
			discard_images_probe move `+words(passive)+` || echo to do
			discard_images_do move `+words(passive)+`
			discard_images_verify move `+words(passive)+` && echo done`)
		want, mark := "done\n", "move.1\n"
		if passive != "" {
			want, mark = "to do\ndone\n", ""
		}
		if left := read(t, filepath.Join(dir, "cut/move")); got != want || left != mark {
			t.Errorf("%q: %q, mark %q", passive, got, left)
		}
	}
}
