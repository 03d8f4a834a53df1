package operation_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// timed makes the seconds in an answer comparable.
func timed(out string) string {
	return regexp.MustCompile(`(?m)^(op \S+ \d+) [0-9.]+$`).ReplaceAllString(out, "$1 S")
}

func TestRunAndUndo(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file(t, m.work, "two", "before\n")
	epoch := m.prepare(m.note("one", "it's\tone"), m.note("two", "2"), m.note("three", "3"))
	file(t, m.work, "three", "3\n")
	got := m.tpm("", "run", "r", epoch, "one", "two", "three")
	want := "op one 0 S\nwrote=it's\tone\nop two 0 S\nwrote=2\nop three 10 S\n"
	if got.exit != 0 || timed(got.out) != want {
		t.Fatalf("run: %+v; want %q", got, want)
	}
	again := m.tpm("", "run", "r", epoch, "one")
	if again.exit != 0 || timed(again.out) != "op one 10 S\n" {
		t.Errorf("again: %+v", again)
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 || got.out != "undone two\nundone one\n" {
		t.Errorf("revert: %+v", got)
	}
	if m.noted("one") != "" || m.noted("two") != "before" || m.noted("three") != "3" || m.noted("log") != "2\nit's\tone" {
		t.Errorf("after: %q, %q, %q, log %q", m.noted("one"), m.noted("two"), m.noted("three"), m.noted("log"))
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 || got.out != "" {
		t.Errorf("revert again: %+v", got)
	}
	if diff := cmp.Diff([]string{
		"begin one", "end one", "begin two", "end two", "skip three", "skip one", "undoing two", "undone two", "undoing one", "undone one",
	}, events(t, m.dir)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

// What is kept stays, and those who go by what is there are told; that they cannot be is a failure.
func TestRevertLeavesWhatIsKept(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	one, two := m.note("one", "1"), m.note("two", "2")
	two.Keep = true
	epoch := m.prepare(one, two)
	if got := m.tpm("", "run", "r", epoch, "one", "two"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 || got.out != "undone one\n" {
		t.Errorf("revert: %+v", got)
	}
	if m.noted("one") != "" || m.noted("two") != "2" || m.noted("log") != "left 2\n1" {
		t.Errorf("after: %q, %q, log %q", m.noted("one"), m.noted("two"), m.noted("log"))
	}
	m = newMachine(t)
	three := m.note("three", "unheard")
	three.Keep = true
	epoch = m.prepare(three)
	m.tpm("", "run", "r", epoch, "three")
	if got := m.tpm("", "revert", "r", epoch); got.exit != 1 || got.out != "failed three\n" || got.err != "nobody can be told\n" {
		t.Errorf("nobody was told: %+v", got)
	}
}

// After a boot a process id is another process's: nobody waits for it, and nobody ends it.
func TestProcessOfAnotherBoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lines := `sleep 60 & other=$!
printf '%s\n' "$other an-earlier-boot" >"$OD/pid"
op_alive && echo "taken for alive"
end_detached
kill -0 "$other" && kill "$other" && echo spared
printf '%s\n' "$$ $(boot_id)" >"$OD/pid"
op_alive && echo alive`
	if got := good(t, dir, lines); got != "spared\nalive\n" {
		t.Errorf("%q", got)
	}
}

// Of what ended without a result it is written down once when it had ended at the latest: with the boot before, or when somebody looked.
func TestEndedWithoutAResult(t *testing.T) {
	t.Parallel()
	got := good(t, t.TempDir(), `booted=$(($(wall_seconds) - $(uptime_seconds)))
		for _o in lost gone over; do mkdir -p "$RD/state/$_o"; done
		echo "1 an-earlier-boot" >"$RD/state/lost/pid"
		sh -c : & wait $!; echo "$! $(boot_id)" | tee "$RD/state/gone/pid" >"$RD/state/over/pid"
		echo 0 >"$RD/state/over/rc"
		end_detached
		lost=$(stat -c %Y "$RD/state/lost/ended") gone=$(stat -c %Y "$RD/state/gone/ended")
		[ "$((lost - booted))" -le 2 ] && [ "$((booted - lost))" -le 2 ] && echo "with the boot"
		[ "$(($(wall_seconds) - gone))" -le 2 ] && echo "just now"
		touch -d @5 "$RD/state/gone/ended"
		end_detached
		stat -c %Y "$RD/state/gone/ended"; ls "$RD/state/over"`)
	if got != "with the boot\njust now\n5\npid\nrc\n" {
		t.Errorf("%q", got)
	}
}

// An operation is found on the sheet that knows it, whatever the name of the journals' folder.
func TestSheetOf(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a,b")
	got := good(t, dir, `printf '\tnew)\n' >"$RD/ops"; printf '\told)\n' >"$RD/ops.2"; printf '\told)\n\tolder)\n' >"$RD/ops.10"
		for _o in new old none; do sheet_of "$_o"; done`)
	want := strings.Join([]string{"ops", "ops.10", "ops", ""}, "\n")
	if strings.ReplaceAll(got, dir+"/runs/r/", "") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRunEndsAtAFailure(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"), m.note("two", `broken "2"`), m.note("three", "3"))
	got := m.tpm("", "run", "r", epoch, "one", "two", "three")
	if got.exit != 1 || timed(got.out) != "op one 0 S\nwrote=1\nop two 1 S\n" || got.err != "cannot write broken \"2\"\n" {
		t.Errorf("%+v", got)
	}
	records := journal(t, m.dir)
	last := records[len(records)-1]
	if last.Event != "fail" || last.Op != "two" || last.RC != 1 || last.Phase != "do" || last.Error != `cannot write broken "2"` {
		t.Errorf("journal: %+v", last)
	}
	if m.noted("two") != "" || m.noted("three") != "" {
		t.Errorf("went on after the failure: %q, %q", m.noted("two"), m.noted("three"))
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 || got.out != "undone two\nundone one\n" {
		t.Errorf("revert: %+v", got)
	}
}

func TestEffectThatDoesNotHold(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "unverified"))
	got := m.tpm("", "run", "r", epoch, "one")
	if got.exit != 1 || !strings.Contains(got.err, "note was done, but its effect does not hold") {
		t.Errorf("%+v", got)
	}
}

// An undo that fails is said to have failed; the others are tried all the same.
func TestUndoThatFails(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"), m.note("two", "stuck"), m.note("three", "3"))
	if got := m.tpm("", "run", "r", epoch, "one", "two", "three"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	got := m.tpm("", "revert", "r", epoch)
	if got.exit != 1 || got.out != "undone three\nfailed two\nundone one\n" || !strings.Contains(got.err, "cannot take it back") {
		t.Errorf("%+v", got)
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 1 || got.out != "failed two\n" {
		t.Errorf("again: %+v", got)
	}
}

func TestRevertKeeps(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	kept := m.note("pass", "1")
	kept.Keep = true
	epoch := m.prepare(kept, m.note("named", "2"), m.note("other", "3"))
	if got := m.tpm("", "run", "r", epoch, "pass", "named", "other"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	if got := m.tpm("", "revert", "r", epoch, "named"); got.exit != 0 || got.out != "undone other\n" {
		t.Errorf("%+v", got)
	}
	if m.noted("pass") != "1" || m.noted("named") != "2" || m.noted("other") != "" {
		t.Errorf("after: %q, %q, %q", m.noted("pass"), m.noted("named"), m.noted("other"))
	}
}

func TestRevertAfterTheCommit(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"))
	if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	good(t, m.dir, "timer_set revert; decide commit")
	got := m.tpm("", "revert", "r", epoch)
	if got.exit != 78 || !strings.Contains(got.err, "the move is committed: it is not taken back but backed out") || m.noted("one") != "1" {
		t.Errorf("%+v, noted %q", got, m.noted("one"))
	}
	if got := m.tpm("", "revert", "unknown", epoch); got.exit != 0 || got.out != "" {
		t.Errorf("a run that is not known here: %+v", got)
	}
}

// A session that ends leaves the operation running; the next one joins it, and takes its result without running it again.
func TestRunIsJoined(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "slow"))
	begun := words(filepath.Join(m.work, "one.begun"))
	tpm := words("sh", filepath.Join(m.dir, "lib/test/tpm"), "run", "r", epoch, "one")
	good(t, m.dir, tpm+" >/dev/null 2>&1 & await 10 test -e "+begun+"; kill -KILL $!")
	file(t, m.work, "one.go", "")
	for _, when := range []string{"while it runs", "after its end"} {
		got := sh(t, "", "-c", "RESUME=1 "+tpm)
		if got.exit != 0 || timed(got.out) != "op one 0 S\nwrote=slow\n" {
			t.Errorf("%s: %+v", when, got)
		}
	}
	if diff := cmp.Diff([]string{"begin one", "end one"}, events(t, m.dir)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	if got := m.tpm("", "wait", "r", "one"); got.exit != 0 || timed(got.out) != "op one 0 S\nwrote=slow\n" {
		t.Errorf("wait: %+v", got)
	}
}

// Standard input reaches the operation as it is, and no process list.
func TestRunStandardInput(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	program := filepath.Join(m.dir, "lib/test/tpm")
	file(t, m.dir, "lib/test/tpm", strings.Replace(read(t, program), "note_do() {", "note_do() {\n\tcat >\"$1.in\"\n\tcat /proc/[0-9]*/cmdline >\"$1.seen\" 2>/dev/null || :", 1))
	epoch := m.prepare(m.note("one", "1"))
	const input = "\tsecret it's $(id) `id` \\n\n\n  last  \n"
	got := sh(t, input, "-c", "STDIN=1 "+words("sh", program, "run", "r", epoch, "one"))
	if got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff(input, read(t, filepath.Join(m.work, "one.in"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if seen := read(t, filepath.Join(m.work, "one.seen")); seen == "" || strings.Contains(seen, "secret it's") {
		t.Errorf("process list of %d bytes shows the input", len(seen))
	}
}

func TestProbeAll(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file(t, m.work, "one", "1\n")
	sheet := noteKind + sheetOf(m.note("one", "1"), m.note("two", "2"))
	if got := good(t, m.dir, sheet+"probe_all r"); got != "op one 0 0\nop two 1 0\n" {
		t.Errorf("%q", got)
	}
}

func sheetOf(ops ...runbook.Operation) string {
	return operation.Sheet(runbook.Runbook{Operations: ops}, "here", "")
}

// A resource's applies go by one name: a failing one takes back what it did itself, and destroying what all of them did, also operations that
// the last one does not know.
func TestRevertAndRetract(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"), m.note("two", "2"))
	if got := m.tpm("", "run", "r", epoch, "one", "two"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	epoch = m.prepare(m.note("one", "1 anew"), m.note("three", "3"), m.note("four", "broken"))
	if got := m.tpm("", "run", "r", epoch, "one", "three", "four"); got.exit != 1 {
		t.Fatalf("run: %+v", got)
	}
	if got := m.tpm("", "revert", "r", epoch); got.exit != 0 || got.out != "undone four\nundone three\n" {
		t.Errorf("revert: %+v", got)
	}
	if m.noted("one") != "1 anew" || m.noted("two") != "2" || m.noted("three") != "" {
		t.Errorf("after: %q, %q, %q", m.noted("one"), m.noted("two"), m.noted("three"))
	}
	epoch = m.prepare(m.note("three", "3"))
	if got := m.tpm("", "run", "r", epoch, "three"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	if got := m.tpm("", "retract", "r", epoch); got.exit != 0 || got.out != "undone three\nundone two\nundone one\n" {
		t.Errorf("retract: %+v", got)
	}
	if m.noted("one") != "" || m.noted("two") != "" || m.noted("three") != "" {
		t.Errorf("in the end: %q, %q, %q", m.noted("one"), m.noted("two"), m.noted("three"))
	}
}
