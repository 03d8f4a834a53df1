package operation_test

import (
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// job is the operation that starts a shell script on the machine; $1 of the script is the test's own folder.
func (m machine) job(name, script string, wait bool) runbook.Operation {
	return operation.StartJob(operation.Party{ID: "here", Role: "host"}, runbook.Change,
		declare.DetachedJob{Name: name, Command: []string{"sh", "-c", script, "it's \"odd\"\n$HOME", m.work}, Wait: wait})
}

// start runs the operation that starts a job, and takes it back when the test ends.
func (m machine) start(op runbook.Operation) answer {
	m.t.Helper()
	epoch := m.prepare(op)
	m.t.Cleanup(func() {
		// The test's own context is over by then.
		end := exec.CommandContext(context.WithoutCancel(m.t.Context()), "sh", filepath.Join(m.dir, "lib/test/tpm"), "undo", "r", epoch, op.ID)
		if said, err := end.CombinedOutput(); err != nil {
			m.t.Errorf("end %s: %v: %s", op.ID, err, said)
		}
	})
	return m.tpm("", "run", "r", epoch, op.ID)
}

// looked gives what the look at a job reports, by name, and whether it is as it should be.
func (m machine) looked(op runbook.Operation) (map[string]string, bool) {
	m.t.Helper()
	script, err := operation.Inline(m.dir, operation.Sheet(runbook.Runbook{Operations: []runbook.Operation{op}}, "here", ""), "probe_all", "r")
	if err != nil {
		m.t.Fatal(err)
	}
	got := sh(m.t, script, "-s")
	if got.exit != 0 {
		m.t.Fatalf("look: %s", got.err)
	}
	seen := map[string]string{}
	good := false
	for line := range strings.Lines(got.out) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			seen[name] = value
		} else if strings.HasSuffix(line, " 0 0\n") {
			good = true
		}
	}
	return seen, good
}

// becomes waits until a job is in a state.
func (m machine) becomes(op runbook.Operation, state string) map[string]string {
	m.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		seen, _ := m.looked(op)
		if seen["state"] == state {
			return seen
		}
		if time.Now().After(end) {
			m.t.Fatalf("the job does not become %s: %v", state, seen)
		}
	}
}

func (m machine) lines(name string) int {
	return strings.Count(read(m.t, filepath.Join(m.work, name)), "\n")
}

// A job outlives the operation that starts it, is not started twice, and leaves its output and exit code.
func TestJobGoesOn(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	op := m.job("rebuild", `echo begun >>"$1/begun"; printf '10%%\r55%%'; until [ -e "$1/go" ]; do sleep 0.05; done; echo " 100%"`, false)
	if got := m.start(op); got.exit != 0 {
		t.Fatalf("start: %+v", got)
	}
	seen := m.becomes(op, "running")
	if _, good := m.looked(op); !good {
		t.Errorf("a job that runs is no drift: %v", seen)
	}
	if got := m.tpm("", "run", "r", "1", op.ID); !strings.Contains(got.out, op.ID+" 10 ") || m.lines("begun") != 1 {
		t.Errorf("started again while it runs: %+v, %d times", got, m.lines("begun"))
	}
	file(t, m.work, "go", "")
	seen = m.becomes(op, "done")
	output, err := base64.StdEncoding.DecodeString(seen["output"])
	if err != nil || string(output) != "10%\r55% 100%\n" {
		t.Errorf("output %q, %v", output, err)
	}
	if seen["rc"] != "0" || seen["ended"] == "" || seen["started"] == "" {
		t.Errorf("end: %v", seen)
	}
	if got := m.tpm("", "run", "r", "1", op.ID); !strings.Contains(got.out, op.ID+" 10 ") || m.lines("begun") != 1 {
		t.Errorf("started again after it had ended well: %+v", got)
	}
}

// A job that failed is drift, says how it ended, and is started again.
func TestJobFails(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	op := m.job("fails", `echo try >>"$1/tries"; echo "no such mailbox"; [ -e "$1/mended" ] || exit 3`, false)
	if got := m.start(op); got.exit != 0 {
		t.Fatalf("start: %+v", got)
	}
	seen := m.becomes(op, "failed")
	if _, good := m.looked(op); good || seen["drift.0"] != "the job ended with exit code 3; the last it said: no such mailbox" || seen["rc"] != "3" {
		t.Errorf("failed job: good %v, %v", good, seen)
	}
	file(t, m.work, "mended", "")
	if got := m.tpm("", "run", "r", "1", op.ID); got.exit != 0 {
		t.Fatalf("again: %+v", got)
	}
	m.becomes(op, "done")
	if m.lines("tries") != 2 {
		t.Errorf("tried %d times", m.lines("tries"))
	}
}

// Where it is waited for, its failure is the operation's, and a second controller attaches to it.
func TestJobIsWaitedFor(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	bad := m.job("bad", `echo "disk is full"; exit 4`, true)
	if got := m.start(bad); got.exit != 1 || !strings.Contains(got.err, "exit code 4; the last it said: disk is full") {
		t.Errorf("failing job: %+v", got)
	}
	slow := m.job("slow", `echo x >>"$1/slow"; until [ -e "$1/go" ]; do sleep 0.05; done`, false)
	if got := m.start(slow); got.exit != 0 {
		t.Fatalf("start: %+v", got)
	}
	waits := m.job("slow", `echo x >>"$1/slow"; until [ -e "$1/go" ]; do sleep 0.05; done`, true)
	epoch := m.prepare(waits)
	time.AfterFunc(300*time.Millisecond, func() { file(t, m.work, "go", "") })
	if got := m.tpm("", "run", "r", epoch, waits.ID); got.exit != 0 || m.lines("slow") != 1 {
		t.Errorf("wait for what runs: %+v, begun %d times", got, m.lines("slow"))
	}
	if seen, good := m.looked(waits); seen["state"] != "done" || !good {
		t.Errorf("waited for: %v", seen)
	}
}

// Undo ends all of a job, what left its session and what does not listen too, and nothing is left of it.
func TestJobIsEnded(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file(t, m.dir, "lib/test/tpm", strings.Replace(read(t, filepath.Join(m.dir, "lib/test/tpm")), "\n", "\nJOB_PATIENCE=1\n", 1))
	op := m.job("stubborn", `trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ >"$1/apart"; while :; do sleep 0.1; done' sh "$1" & echo $$ >"$1/pid"; while :; do sleep 0.1; done`, false)
	if got := m.start(op); got.exit != 0 {
		t.Fatalf("start: %+v", got)
	}
	m.becomes(op, "running")
	for m.noted("apart") == "" || m.noted("pid") == "" {
		time.Sleep(10 * time.Millisecond)
	}
	if got := m.tpm("", "undo", "r", "1", op.ID); got.exit != 0 || !strings.Contains(got.err, "ended by force") {
		t.Fatalf("undo: %+v", got)
	}
	for _, name := range []string{"apart", "pid"} {
		// One that has ended may still wait for its parent to ask how.
		if stat := read(t, "/proc/"+m.noted(name)+"/stat"); stat != "" && !strings.Contains(stat, ") Z ") {
			t.Errorf("%s still runs: %s", name, stat)
		}
	}
	if _, err := os.Stat(filepath.Join(m.dir, "jobs")); err == nil {
		t.Error("the job's folder is left")
	}
	if got := m.tpm("", "undo", "r", "1", op.ID); got.exit != 0 {
		t.Errorf("undone again: %+v", got)
	}
}

// Neither a reboot nor an end by force is taken for success, and a number that is another process's by now is not signalled.
func TestJobIsLost(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	op := m.job("lost", `until [ -e "$1/go" ]; do sleep 0.05; done`, false)
	if got := m.start(op); got.exit != 0 {
		t.Fatalf("start: %+v", got)
	}
	m.becomes(op, "running")
	file(t, m.dir, "jobs/lost/boot", "another\n")
	seen, good := m.looked(op)
	if good || seen["state"] != "rebooted" || !strings.Contains(seen["drift.0"], "host was rebooted") {
		t.Errorf("over a reboot: %v", seen)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	file(t, m.dir, "jobs/lost/boot", string(boot))
	pid := read(t, filepath.Join(m.dir, "jobs/lost/pid"))
	file(t, m.dir, "jobs/lost/pid", "1\n")
	if seen, good = m.looked(op); good || seen["state"] != "lost" || !strings.Contains(seen["drift.0"], "no exit code") {
		t.Errorf("another process has the number: %v", seen)
	}
	file(t, m.dir, "jobs/lost/pid", pid)
	m.becomes(op, "running")
}

// A host that goes down asks all processes to end: that is no exit of the job's own. What failed before is.
func TestJobIsAskedToEnd(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	op := m.job("asked", `until [ -e "$1/go" ]; do sleep 0.05; done; exit 5`, false)
	if got := m.start(op); got.exit != 0 {
		t.Fatalf("start: %+v", got)
	}
	m.becomes(op, "running")
	good(t, m.dir, "JD=$(job_dir asked); job_signal TERM")
	if seen := m.becomes(op, "failed"); seen["rc"] != "143" {
		t.Errorf("in the same boot: %v", seen)
	}
	file(t, m.dir, "jobs/asked/boot", "another\n")
	if seen, _ := m.looked(op); seen["state"] != "rebooted" {
		t.Errorf("after the boot: %v", seen)
	}
	if err := os.Remove(filepath.Join(m.dir, "jobs/asked/asked")); err != nil {
		t.Fatal(err)
	}
	if seen, _ := m.looked(op); seen["state"] != "failed" {
		t.Errorf("failed before the boot: %v", seen)
	}
}
