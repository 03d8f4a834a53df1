package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var errStillMounted = errors.New("something is still mounted below it")

// ParseMounts returns the mount points of a mountinfo file (proc(5)), in its order.
func ParseMounts(r io.Reader) ([]string, error) {
	var points []string
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		f := strings.Fields(scan.Text())
		if len(f) < 5 {
			return nil, fmt.Errorf("mountinfo line %q has %d fields", scan.Text(), len(f))
		}
		points = append(points, unescape(f[4]))
	}
	return points, scan.Err()
}

// unescape undoes mountinfo's octal escapes (\040 for a space).
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mountsBelow lists the mount points at or below dir, the last mounted first.
func mountsBelow(dir string) ([]string, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	all, err := ParseMounts(f)
	if err != nil {
		return nil, err
	}
	var below []string
	for _, p := range all {
		if p == dir || strings.HasPrefix(p, dir+"/") {
			below = append([]string{p}, below...)
		}
	}
	return below, nil
}

// unmountBelow unmounts everything at or below dir. A mount that is busy is
// tried again until ctx ends: the kernel lets go of a dead host's files late.
func unmountBelow(ctx context.Context, dir string) error {
	return poll(ctx, 100*time.Millisecond, func() (bool, error) {
		points, err := mountsBelow(dir)
		if err != nil || len(points) == 0 {
			return err == nil, err
		}
		for _, p := range points {
			if err := syscall.Unmount(p, 0); err != nil && !errors.Is(err, syscall.EBUSY) && !errors.Is(err, syscall.EINVAL) {
				return false, fmt.Errorf("unmount %s: %w", p, err)
			}
		}
		return false, nil
	})
}

// removeTree removes a folder unless something is mounted at or below it.
func removeTree(dir string) error {
	dir = filepath.Clean(dir)
	points, err := mountsBelow(dir)
	if err != nil {
		return err
	}
	if len(points) > 0 {
		return fmt.Errorf("remove %s: %w: %s", dir, errStillMounted, strings.Join(points, ", "))
	}
	return os.RemoveAll(dir)
}
