package operation_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Whatever is left of a journal, a way back undoes nothing that was not begun, and nothing twice that it knows to be undone; what it does leaves the host
// as it was before the operation.
func TestRevertOfATruncatedJournal(t *testing.T) {
	t.Parallel()
	const parts = 4 // side by side: each cut takes some processes
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			revertCut(t, part, parts)
		})
	}
}

// revertCut takes back what a journal tells of that was cut after every byte from the first on, in steps.
func revertCut(t *testing.T, first, step int) {
	t.Helper()
	model := newMachine(t)
	file(t, model.work, "two", "before\n")
	epoch := model.prepare(model.note("one", "1"), model.note("two", "2"))
	if got := model.tpm("", "run", "r", epoch, "one", "two"); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	path := filepath.Join(model.dir, "runs/r/journal")
	whole := read(t, path)
	sh(t, "", "-c", `cp -a "$1" "$1.kept"; cp -a "$2" "$2.kept"`, "sh", filepath.Join(model.dir, "runs/r/before"), model.work)
	begun := func(text, op string) bool {
		return regexp.MustCompile(`(?m)^\{.*"op":"` + op + `","event":"begin".*\}$`).MatchString(text)
	}
	for at := first; at <= len(whole); at += step {
		if err := os.WriteFile(path, []byte(whole[:at]), 0o600); err != nil {
			t.Fatal(err)
		}
		sh(t, "", "-c", `for f in "$@"; do rm -rf "$f"; cp -a "$f.kept" "$f"; done`, "sh", filepath.Join(model.dir, "runs/r/before"), model.work)
		got := model.tpm("", "revert", "r", epoch)
		for _, op := range []string{"one", "two"} {
			if undone := strings.Contains(got.out, "undone "+op+"\n"); got.exit != 0 || undone != begun(whole[:at], op) {
				t.Fatalf("cut at %d: %s undone: %v; %+v\n%s", at, op, undone, got, whole[:at])
			}
		}
		for op, want := range map[string]string{"one": "", "two": "before"} {
			if begun(whole[:at], op) && model.noted(op) != want {
				t.Fatalf("cut at %d: %s is %q", at, op, model.noted(op))
			}
		}
	}
}

// A journal that a newer version has written on is left alone, in clear words.
func TestNewerJournal(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"))
	if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	path := filepath.Join(m.dir, "runs/r/journal")
	later := read(t, path) + `{"v":2,"at":"2031-01-01T00:00:00Z","what":"new"}` + "\n"
	if err := os.WriteFile(path, []byte(later), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"revert", "r", epoch}, {"prepare", "r"}, {"done", "r"}, {"record", "r"}} {
		got := m.tpm("", args...)
		if got.exit != 78 || !strings.Contains(got.err, "written by a newer version of the provider (format 2, this one knows 1)") {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if m.noted("one") != "1" || read(t, path) != later {
		t.Errorf("something was changed: %q\n%s", m.noted("one"), read(t, path))
	}
}

// A journal that cannot be written keeps an operation from beginning, and nothing from being undone.
func TestJournalCannotBeWritten(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"), m.note("two", "2"))
	if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	full := func(when, then string) answer {
		// Appending to the journal fails as it does on a full disk, in the middle of a record.
		return functions(t, m.dir, "journal() { printf '{\"v\":1,\"at\":' >>\"$RD/journal\"; say 'No space left on device'; return 1; }\n"+noteKind+when+then)
	}
	got := full("", `RD=$J/runs/r; . "$RD/ops"; use_op two; mkdir -p "$OD"; T0=0; PHASE=probe; EPOCH=`+epoch+"; set -e; trap 'exec_end $?' EXIT; with_op two exec_op")
	if got.exit == 0 || m.noted("two") != "" {
		t.Errorf("an operation that could not be recorded: %+v, %q", got, m.noted("two"))
	}
	got = full("", `SELF=/nowhere; use_run r; use_op one; : >"$OD/err"; EPOCH=`+epoch+`; set -e; trap 'undo_end $?' EXIT; . "$RD/ops"; journal undoing one || :; with_op one undo_op`)
	if m.noted("one") != "" {
		t.Errorf("an undo that could not be recorded: %+v, %q", got, m.noted("one"))
	}
	// The torn records do not spoil those that follow.
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 {
		t.Errorf("revert: %+v", got)
	}
	if text := read(t, filepath.Join(m.dir, "runs/r/journal")); !strings.Contains(text, "\n{\"v\":1,") || !strings.Contains(text, `"event":"undone"`) {
		t.Errorf("journal:\n%s", text)
	}
}

// What the journal tells does not depend on the wall clock.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"), m.note("two", "2"))
	if got := m.tpm("", "run", "r", epoch, "one", "two"); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	path := filepath.Join(m.dir, "runs/r/journal")
	text := regexp.MustCompile(`"at":"20\d\d`).ReplaceAllString(read(t, path), `"at":"2099`)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := m.tpm("", "done", "r"); got.exit != 0 || !strings.Contains(got.out, "op one 0 ") || !strings.Contains(got.out, "op two 0 ") {
		t.Errorf("done: %+v", got)
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 || got.out != "undone two\nundone one\n" {
		t.Errorf("revert: %+v", got)
	}
}

// The record of an operation's beginning, the folder that the journal is in and the folder that this one is in are on the disk before the operation
// does anything.
func TestJournalIsSynced(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("what is synced cannot be looked at without strace, which .ci/setup installs: %v", err)
	}
	m := newMachine(t)
	trace := filepath.Join(t.TempDir(), "trace")
	traced := func(stdin string, args ...string) {
		t.Helper()
		argv := append([]string{"-f", "-y", "-A", "-o", trace, "-e", "trace=openat,fsync,fdatasync,sync,syncfs,renameat2,rename", "sh", filepath.Join(m.dir, "lib/test/tpm")}, args...)
		cmd := exec.CommandContext(t.Context(), strace, argv...)
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	epoch := m.prepare()
	traced(sheetOf(m.note("one", "1")), "prepare", "new")
	traced("", "run", "new", epoch, "one")
	lines := strings.Split(read(t, trace), "\n")
	first := func(pattern string, from int) int {
		t.Helper()
		expression := regexp.MustCompile(pattern)
		for i := from; i < len(lines); i++ {
			if expression.MatchString(lines[i]) {
				return i
			}
		}
		t.Fatalf("%s does not happen:\n%s", pattern, strings.Join(lines[from:], "\n"))
		return -1
	}
	runs := regexp.QuoteMeta(filepath.Join(m.dir, "runs"))
	made := first(`openat\(.*"`+runs+`/new/journal", O_WRONLY\|O_CREAT`, 0)
	folder := first(`f(data)?sync\(\d+<`+runs+`/new>`, made)
	above := first(`f(data)?sync\(\d+<`+runs+`>`, made)
	record := first(`openat\(.*"`+runs+`/new/journal", O_WRONLY\|O_CREAT\|O_APPEND`, made)
	synced := first(`f(data)?sync\(\d+<`+runs+`/new/journal>`, record)
	effect := first(`openat\(.*"`+regexp.QuoteMeta(filepath.Join(m.work, "one"))+`", O_WRONLY\|O_CREAT`, 0)
	for what, at := range map[string]int{"its record": synced, "the journal's folder": folder, "the folder of all runs": above} {
		if effect < at {
			t.Errorf("the operation's effect (line %d) comes before %s is on the disk (line %d)", effect, what, at)
		}
	}
}
