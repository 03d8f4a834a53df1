package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const cgroupMount = "/sys/fs/cgroup"

// cgroupRoots returns the hierarchies in which a host needs a group of its own,
// version 2 first: with pure version 2 one, with the hybrid layout also systemd's.
func cgroupRoots() ([]string, error) {
	if exists(filepath.Join(cgroupMount, "cgroup.controllers")) {
		return []string{cgroupMount}, nil
	}
	unified := filepath.Join(cgroupMount, "unified")
	if !exists(filepath.Join(unified, "cgroup.controllers")) {
		return nil, errors.New("the machine has no cgroup version 2 hierarchy at " + cgroupMount + " or " + unified)
	}
	roots := []string{unified}
	if named := filepath.Join(cgroupMount, "systemd"); exists(filepath.Join(named, "cgroup.procs")) {
		roots = append(roots, named)
	}
	return roots, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// cgroups are the host's groups, version 2 first.
func (l *Lab) cgroups(host string) ([]string, error) {
	roots, err := cgroupRoots()
	if err != nil {
		return nil, err
	}
	for i, r := range roots {
		roots[i] = filepath.Join(r, l.prefix(), host)
	}
	return roots, nil
}

// payload is the group of the host's own processes, PID 1 first; nspawn makes it.
func (l *Lab) payload(host string) (string, error) {
	groups, err := l.cgroups(host)
	if err != nil {
		return "", err
	}
	return filepath.Join(groups[0], "payload"), nil
}

func (l *Lab) makeCgroups(host string) ([]string, error) {
	groups, err := l.cgroups(host)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if err := os.MkdirAll(g, 0o755); err != nil { //nolint:gosec // cgroupfs ignores the mode
			return nil, err
		}
	}
	// Commands that come from outside have a group beside the host's own.
	return groups, os.MkdirAll(filepath.Join(groups[0], "exec"), 0o755) //nolint:gosec // cgroupfs ignores the mode
}

// killCgroup kills every process of the host, its supervisor too, and waits until none is left.
func (l *Lab) killCgroup(ctx context.Context, host string) error {
	groups, err := l.cgroups(host)
	if err != nil || !exists(groups[0]) {
		return err
	}
	return poll(ctx, 50*time.Millisecond, func() (bool, error) {
		if err := os.WriteFile(filepath.Join(groups[0], "cgroup.kill"), []byte("1"), 0); err != nil {
			return false, fmt.Errorf("kill the processes of %s: %w", host, err)
		}
		return !l.populated(groups[0]), nil
	})
}

// populated says whether a process is in the group or below it.
func (l *Lab) populated(group string) bool {
	events, err := os.ReadFile(filepath.Join(group, "cgroup.events")) //nolint:gosec // cgroupfs
	return err == nil && strings.Contains(string(events), "populated 1")
}

// removeCgroups removes the host's groups, the innermost first. They must be empty.
func (l *Lab) removeCgroups(ctx context.Context, host string) error {
	groups, err := l.cgroups(host)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := removeCgroup(ctx, g); err != nil {
			return fmt.Errorf("remove the cgroup %s: %w", g, err)
		}
	}
	return nil
}

// removeCgroup awaits the kernel: a group stays busy for a moment after its last process.
func removeCgroup(ctx context.Context, group string) error {
	return poll(ctx, 50*time.Millisecond, func() (bool, error) {
		var dirs []string
		err := filepath.WalkDir(group, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		if err != nil || len(dirs) == 0 {
			return err == nil, err
		}
		slices.Reverse(dirs)
		for _, d := range dirs {
			err := syscall.Rmdir(d)
			if err != nil && !errors.Is(err, syscall.EBUSY) && !errors.Is(err, syscall.ENOENT) {
				return false, err
			}
		}
		return false, nil
	})
}

// pid1 finds the host's PID 1 as this machine numbers it; false when the host is off.
func (l *Lab) pid1(host string) (int, bool, error) {
	groups, err := l.cgroups(host)
	if err != nil {
		return 0, false, err
	}
	found := 0
	err = filepath.WalkDir(groups[0], func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "cgroup.procs" || found != 0 {
			return nil //nolint:nilerr // groups come and go while the host runs
		}
		text, err := os.ReadFile(path) //nolint:gosec // cgroupfs
		if err != nil {
			return nil //nolint:nilerr // the group is gone
		}
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil && isPID1(pid) {
				found = pid
			}
		}
		return nil
	})
	return found, found != 0, err
}

// isPID1 says whether a process is the first one of a PID namespace below ours, and runs an init.
func isPID1(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false
	}
	isInit, first := false, false
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "NSpid:"); ok {
			f := strings.Fields(rest)
			first = len(f) > 1 && f[len(f)-1] == "1"
		}
		if rest, ok := strings.CutPrefix(line, "Name:"); ok {
			isInit = strings.TrimSpace(rest) == "systemd"
		}
	}
	return isInit && first
}
