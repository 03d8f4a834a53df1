package operation_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// answer is how a shell script ended.
type answer struct {
	out, err string
	exit     int
}

// sh runs a command of this machine; args follow "sh".
func sh(t *testing.T, stdin string, args ...string) answer {
	t.Helper()
	var out, errs bytes.Buffer
	command := exec.CommandContext(t.Context(), "sh", args...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &errs
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("sh %q: %v", args, err)
	}
	return answer{out.String(), errs.String(), command.ProcessState.ExitCode()}
}

// functions runs lines of shell with the host-side program's functions, below a journal_dir of its own, in a run "r" and operation "op".
func functions(t *testing.T, dir, lines string) answer {
	t.Helper()
	script, err := operation.Inline(dir, "SELF=/nowhere/tpm EPOCH=1\nuse_run r\nuse_op op\nmkdir -p \"$OD\" \"$B\"\n"+lines+"\n", ":")
	if err != nil {
		t.Fatal(err)
	}
	return sh(t, "", file(t, dir, "script", script))
}

// good is functions, for lines that must end well; it returns what they print.
func good(t *testing.T, dir, lines string) string {
	t.Helper()
	got := functions(t, dir, lines)
	if got.exit != 0 {
		t.Fatalf("%s\nended with %d:\n%s", lines, got.exit, got.err)
	}
	return got.out
}

// file writes a file below dir and returns its path.
func file(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read gives a file's content, empty if there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(content)
}

// lines counts and quotes for shell.
func words(argv ...string) string { return shell.Quote(argv...) }

// noteKind is a kind for these tests: note FILE TEXT LOG writes TEXT to FILE. Some texts make it fail.
const noteKind = `
note_probe() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
note_do() {
	remember there "$(cat "$1" 2>/dev/null || :)"
	case $2 in
	broken*) say "cannot write $2"; false; say "went on after a failure" ;;
	slow) echo begun >"$1.begun"; until [ -e "$1.go" ]; do pause; done ;;
	esac
	printf '%s\n' "$2" >"$1"
	report wrote "$2"
}
note_verify() { [ "$2" != unverified ]; }
note_undo() {
	[ "$2" != stuck ] || die "cannot take it back"
	echo "$2" >>"$3"
	if [ -n "$(recall there)" ]; then recall there >"$1"; else rm -f "$1"; fi
}
note_left() {
	[ "$2" != unheard ] || die "nobody can be told"
	echo "left $2" >>"$3"
}
`

// machine is a host of these tests: a journal_dir with the program, the test's own kind in it.
type machine struct {
	t         *testing.T
	dir, work string
}

func newMachine(t *testing.T) machine {
	t.Helper()
	program, err := operation.Program()
	if err != nil {
		t.Fatal(err)
	}
	m := machine{t, t.TempDir(), t.TempDir()}
	file(t, m.dir, "lib/test/tpm", strings.Replace(program.Text, "\n", "\n"+noteKind, 1))
	return m
}

// tpm runs a sub-command of the host-side program.
func (m machine) tpm(stdin string, args ...string) answer {
	m.t.Helper()
	return sh(m.t, stdin, append([]string{filepath.Join(m.dir, "lib/test/tpm")}, args...)...)
}

// note is an operation of the test's own kind.
func (m machine) note(id, text string) runbook.Operation {
	return runbook.Operation{
		ID: id, Kind: "note", Host: "here", Stage: runbook.Change, Sentence: "note " + text, Undo: "forget it",
		Touches: []string{"file:" + id}, Args: []string{filepath.Join(m.work, id), text, filepath.Join(m.work, "log")},
	}
}

// prepare lays a runbook out for the run "r", locked, and returns the epoch.
func (m machine) prepare(ops ...runbook.Operation) string {
	m.t.Helper()
	epoch := m.tpm("", "lock", "me", "r")
	if epoch.exit != 0 {
		m.t.Fatalf("lock: %s", epoch.err)
	}
	if got := m.tpm(operation.Sheet(runbook.Runbook{Operations: ops}, "here", ""), "prepare", "r"); got.exit != 0 {
		m.t.Fatalf("prepare: %s", got.err)
	}
	return strings.TrimSpace(epoch.out)
}

func (m machine) noted(id string) string {
	return strings.TrimSpace(read(m.t, filepath.Join(m.work, id)))
}
