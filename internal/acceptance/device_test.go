//go:build lab

package acceptance_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// attach gives a host a block device of its own, without a file system: a file of this machine behind a loop device, whose node the host gets. It goes at the end of the test.
func attach(t *testing.T, m machine, node string, mib int) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk.img")
	device := outside(t, "sh", "-euc", `truncate -s "$1M" "$2"; losetup --find --show "$2"`, "sh", fmt.Sprint(mib), image)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		// What is mounted of it in the host keeps it until then.
		if said, err := exec.CommandContext(ctx, "losetup", "--detach", device).CombinedOutput(); err != nil {
			t.Errorf("detach %s: %v: %s", device, err, said)
		}
	})
	number := outside(t, "stat", "-c", "0x%t 0x%T", device)
	m.sh("rm -f " + node + "; mknod -m 600 " + node + " b $(printf '%d %d' " + number + ")")
}

// outside runs a command of this machine and returns what it printed.
func outside(t *testing.T, argv ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", argv, err, said)
	}
	return strings.TrimSpace(string(said))
}
