//go:build lab

package main_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestUpInterrupted: Ctrl-C after the first host is up, while others boot and are set up, takes everything away.
func TestUpInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	program, dir := filepath.Join(t.TempDir(), "lab"), t.TempDir()
	if said, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v: %s", err, said)
	}
	const name = "broken-off"
	up := exec.CommandContext(ctx, program, "--name", name, "--state-dir", dir, "up", "bluemind", "--users", "2", "--messages", "1", "--rows", "10")
	t.Cleanup(func() { // nothing is there to be taken down where the test passes
		_ = exec.CommandContext(context.Background(), program, "--name", name, "--state-dir", dir, "down").Run()
	})
	log, err := up.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	said := interrupted(t, up.Process, log, name, dir)
	var exit *exec.ExitError
	if err := up.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want exit code 1:\n%s", err, said)
	}
	for _, what := range []string{"namespaces", "loops", "mounts", "cgroups", "processes"} {
		for _, line := range left(t, what, name, dir) {
			t.Errorf("left in %s: %s", what, line)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left in the state folder: %v, %v", entries, err)
	}
}

// interrupted sends Ctrl-C once the first host is up, and returns all that the command says.
func interrupted(t *testing.T, process *os.Process, log io.Reader, name, dir string) string {
	t.Helper()
	said, once := "", false
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said += lines.Text() + "\n"
		if once || !strings.Contains(lines.Text(), " up after ") {
			continue
		}
		once = true
		for _, what := range []string{"namespaces", "mounts", "cgroups", "processes"} {
			if len(left(t, what, name, dir)) == 0 {
				t.Errorf("a host is up, but there are no %s of it: they cannot be missed afterwards", what)
			}
		}
		if err := process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	if !once {
		t.Errorf("no host was ever up:\n%s", said)
	}
	return said
}

// left are the lines of what this machine has that name the lab or its folder.
func left(t *testing.T, what, name, dir string) []string {
	t.Helper()
	argv := map[string][]string{
		"namespaces": {"ip", "netns"},
		"loops":      {"losetup", "-a"},
		"mounts":     {"cat", "/proc/self/mounts"},
		"cgroups":    {"sh", "-c", "find /sys/fs/cgroup -maxdepth 2 -name 'mail-lab-*'"},
		"processes":  {"ps", "-e", "-o", "args"},
	}[what]
	out, err := exec.CommandContext(context.Background(), argv[0], argv[1:]...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		own := strings.Contains(line, " --name "+name+" ") // the command itself
		if !own && (strings.Contains(line, "mail-lab-"+name) || strings.Contains(line, dir+"/")) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}
