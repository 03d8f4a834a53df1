package operation_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func TestProgramIsOneText(t *testing.T) {
	t.Parallel()
	one, err := operation.Program()
	if err != nil {
		t.Fatal(err)
	}
	two, err := operation.Program()
	if err != nil || one != two {
		t.Errorf("two programs, %q and %q, %v", one.Name, two.Name, err)
	}
	if len(one.Name) != 12 || !strings.HasPrefix(one.Text, "#!/bin/sh\n") {
		t.Errorf("program %q begins %q", one.Name, one.Text[:20])
	}
	if got := sh(t, one.Text, "-n"); got.exit != 0 {
		t.Errorf("the program is no shell script: %s", got.err)
	}
}

// Functions of the program share one name space: none is defined twice.
func TestProgramDefinesNothingTwice(t *testing.T) {
	t.Parallel()
	program, err := operation.Program()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(program.Text) {
		name, _, ok := strings.Cut(line, "() {")
		if !ok || strings.ContainsAny(name, " \t'\"") {
			continue
		}
		if seen[name] {
			t.Errorf("%s is defined twice", name)
		}
		seen[name] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d functions were found", len(seen))
	}
}

func TestUnknownSubcommand(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if got := m.tpm("", "sing"); got.exit != 1 || got.err != "unknown: sing\n" {
		t.Errorf("%+v", got)
	}
	if got := m.tpm(""); got.exit != 0 || got.out != "epoch=0\n" {
		t.Errorf("status of a new host: %+v", got)
	}
}

// called runs with_op of a sheet in a real shell and gives what the callback receives.
func called(t fataler, sheet, id string) []string {
	script := "set -eu\ndie() { echo \"$*\" >&2; exit 1; }\ngot() { printf '%s\\0' \"$@\"; }\n" + sheet + "\nwith_op " + words(id) + " got\n"
	command := exec.Command("sh", "-s") //nolint:noctx // ends by itself
	command.Stdin = strings.NewReader(script)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("sheet:\n%s\n%v", sheet, err)
	}
	list := strings.Split(string(out), "\x00")
	return list[:len(list)-1]
}

type fataler interface {
	Fatalf(format string, args ...any)
}

func TestSheetSurvivesHostileArguments(t *testing.T) {
	t.Parallel()
	hostile := []string{
		"", " ", "a b", "it's", `"`, "$(touch /tmp/x)", "`id`", "$HOME", "-n", "--", "-e", "line\nbreak", "\n", "tab\there", "grüße ✉", "\xff\xfe", "*", "?[a]", "~", "\\", `\n`, "a=b", "#", "!", ";;", "*)", "esac", "}", "\r",
	}
	ops := []runbook.Operation{
		{ID: "run_job.source.a", Kind: "run_job", Host: "h", Args: hostile, Touches: []string{"file:/a b", "file:/it's"}},
		{ID: "run_job.source.none", Kind: "run_job", Host: "h"},
		{ID: "run_job.other", Kind: "run_job", Host: "elsewhere"},
	}
	sheet := operation.Sheet(runbook.Runbook{Operations: ops}, "h", "the $(holder)'s")
	want := append([]string{"run_job", "file:/a b\nfile:/it's"}, hostile...)
	if diff := cmp.Diff(want, called(t, sheet, "run_job.source.a")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"run_job", ""}, called(t, sheet, "run_job.source.none")); diff != "" {
		t.Errorf("no arguments (-want +got):\n%s", diff)
	}
	if got := sh(t, sheet+"\nprintf '%s|%s' \"$OPS\" \"$RUN_HOLDER\"\n", "-s"); got.out != "run_job.source.a run_job.source.none|the $(holder)'s" {
		t.Errorf("lists: %+v", got)
	}
	if got := sh(t, "die() { echo \"$*\" >&2; exit 1; }\n"+sheet+"\nwith_op run_job.other echo\n", "-s"); got.exit != 1 || got.err != "unknown operation run_job.other\n" {
		t.Errorf("another host's operation: %+v", got)
	}
}

func TestSheetLaws(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab '\"$`\\\n\t-*?()[]{};&|<>~#!=%ü\x01")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(text, 0, 4).Draw(t, "args")
		touches := rapid.SliceOfN(text, 0, 3).Draw(t, "touches")
		sheet := operation.Sheet(runbook.Runbook{Operations: []runbook.Operation{{ID: "a.b", Kind: "kind", Host: "h", Args: args, Touches: touches}}}, "h", "")
		want := append([]string{"kind", strings.Join(touches, "\n")}, args...)
		if got := called(t, sheet, "a.b"); !slices.Equal(want, got) {
			t.Errorf("want %q, got %q", want, got)
		}
	})
}

func TestSheetLists(t *testing.T) {
	t.Parallel()
	op := func(id, kind string, stage runbook.Stage, keep bool) runbook.Operation {
		return runbook.Operation{ID: id, Kind: kind, Stage: stage, Host: "h", Keep: keep}
	}
	sheet := operation.Sheet(runbook.Runbook{Operations: []runbook.Operation{
		op("a", "sync_tree", runbook.Converge, true), op("b", "start_service", runbook.Start, false), op("c", "run_job", runbook.Start, false),
		op("d", "write_cut_mark", runbook.Commit, false), op("e", "start_service", runbook.Jobs, false),
	}}, "h", "")
	got := sh(t, sheet+"\necho \"$OPS/$KEEP/$START/$COMMIT/$RUN_HOLDER\"\n", "-s")
	if got.out != "a b c d e/a/b/d/\n" {
		t.Errorf("%+v", got)
	}
}

func TestInlineCall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/it's here"
	script, err := operation.Inline(dir, "", "printf", "%s|", "a b", "$J")
	if err != nil {
		t.Fatal(err)
	}
	if got := sh(t, script, "-s"); got.out != "a b|$J|" || got.exit != 0 {
		t.Errorf("%+v", got)
	}
	script, err = operation.Inline(dir, "", "eval", `printf %s "$J"`)
	if err != nil {
		t.Fatal(err)
	}
	if got := sh(t, script, "-s"); got.out != dir {
		t.Errorf("%+v", got)
	}
}
