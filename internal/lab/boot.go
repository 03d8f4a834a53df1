package lab

import (
	"context"
	_ "embed" // the supervisor's script
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed supervise.sh
var superviseScript string

// How long a host may take to come up or go down when the caller's context says nothing shorter.
const bootPatience = 2 * time.Minute

// How long a host that does not come up may take to say what it does.
const askPatience = 10 * time.Second

var errBoot = errors.New("the host did not come up")

// Boot starts a host that is off and returns when its init says that the system is up.
func (l *Lab) Boot(ctx context.Context, host string) error {
	if _, err := l.Host(host); err != nil {
		return err
	}
	_, up, err := l.pid1(host)
	if err != nil {
		return err
	}
	if up {
		return nil
	}
	if err := l.startSupervisor(ctx, host); err != nil {
		return fmt.Errorf("boot %s: %w", host, err)
	}
	return l.awaitUp(ctx, host, "")
}

func (l *Lab) consoleFile(host string) string { return filepath.Join(l.hostDir(host), "console") }

// propagated is what systemd-nspawn keeps of a machine, and leaves where it is killed.
func (l *Lab) propagated(host string) string {
	return filepath.Join("/run/systemd/nspawn/propagate", l.netns(host))
}

func (l *Lab) supervisor() string { return filepath.Join(l.dir, "supervise.sh") }

// writeSupervisor is called once a lab, before its hosts boot side by side: a shell that reads the script while it is written would end without a word.
func (l *Lab) writeSupervisor() error {
	return os.WriteFile(l.supervisor(), []byte(superviseScript), 0o600)
}

func (l *Lab) startSupervisor(ctx context.Context, host string) error {
	groups, err := l.makeCgroups(host)
	if err != nil {
		return err
	}
	console, err := os.OpenFile(l.consoleFile(host), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = console.Close() }() // the supervisor has its own
	group, err := os.Open(groups[0])
	if err != nil {
		return err
	}
	defer func() { _ = group.Close() }() // a directory handle
	// setsid --fork: the supervisor outlives this process and is nobody's zombie.
	argv := []string{"setsid", "--fork", "sh", l.supervisor(), host, filepath.Join(l.hostDir(host), "m"), l.netns(host)}
	cmd := program(ctx, append(argv, groups...)...)
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(group.Fd())
	return cmd.Run()
}

// awaitUp waits until the host's system is up, in a boot other than notBoot.
func (l *Lab) awaitUp(ctx context.Context, host, notBoot string) error {
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	h := &Host{lab: l, spec: hostState{Name: host}}
	groups, err := l.cgroups(host)
	if err != nil {
		return err
	}
	last := "no init seen"
	err = poll(ctx, 100*time.Millisecond, func() (bool, error) {
		if !l.populated(groups[0]) {
			return false, errors.New("its supervisor ended")
		}
		out, err := h.Exec(ctx, nil, "sh", "-c", "cat /proc/sys/kernel/random/boot_id; systemctl is-system-running")
		if err != nil {
			return false, nil //nolint:nilerr // not there yet; ctx ends it
		}
		boot, systemState, _ := strings.Cut(strings.TrimSpace(string(out.Stdout)), "\n")
		last = "system is " + systemState
		return boot != notBoot && (systemState == "running" || systemState == "degraded"), nil
	})
	if err != nil {
		console, readErr := os.ReadFile(l.consoleFile(host))
		return fmt.Errorf("%s: %w: %s: %w\n%s\n%s", host, errBoot, last, errors.Join(err, readErr), tail(string(console), 20), h.pending(ctx))
	}
	return nil
}

// pending is what a host's init still has to do, and what runs there; empty where it cannot be asked.
func (h *Host) pending(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askPatience)
	defer cancel()
	out, err := h.Exec(ctx, nil, "sh", "-c", "systemctl --no-pager list-jobs; ps -eo pid,etimes,stat,wchan:20,args | head -n 60")
	if err != nil {
		return ""
	}
	return string(out.Stdout)
}

// Reboot asks the host's init for a reboot and waits until the next boot is up.
func (l *Lab) Reboot(ctx context.Context, host string) error {
	h, err := l.Host(host)
	if err != nil {
		return err
	}
	boot, err := h.BootID(ctx)
	if err != nil {
		return err
	}
	// The command is often cut off by what it asked for; the new boot is the proof.
	_, err = h.Exec(ctx, nil, "systemctl", "reboot")
	if errors.Is(err, ErrOff) {
		return err
	}
	return l.awaitUp(ctx, host, boot)
}

// BootID is the kernel's name for the host's present boot.
func (h *Host) BootID(ctx context.Context) (string, error) {
	id, err := h.ReadFile(ctx, "/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id)), err
}

// PowerOff asks the host's init to power off and waits until no process of it is left.
func (l *Lab) PowerOff(ctx context.Context, host string) error {
	h, err := l.Host(host)
	if err != nil {
		return err
	}
	if _, err := h.Exec(ctx, nil, "systemctl", "poweroff"); errors.Is(err, ErrOff) {
		return nil
	}
	return l.awaitOff(ctx, host)
}

// Kill cuts the host's power: SIGKILL to its PID 1 takes every process of it, at
// once. What was written but not synced survives, because the machine's page
// cache does.
func (l *Lab) Kill(ctx context.Context, host string) error {
	if _, err := l.Host(host); err != nil {
		return err
	}
	pid, up, err := l.pid1(host)
	if err != nil || !up {
		return err
	}
	// A host without power says nothing: the kernel shall not close its connections
	// towards their peers. The line is taken away first, and given back when the
	// dead host's network is empty.
	if err := l.setLine(ctx, host, "down"); err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %s: %w", host, err)
	}
	return errors.Join(l.awaitOff(ctx, host), l.setLine(context.WithoutCancel(ctx), host, "up"))
}

func (l *Lab) setLine(ctx context.Context, host, state string) error {
	_, err := run(ctx, "ip", "-n", l.netns("sw"), "link", "set", port(host), state)
	return err
}

func (l *Lab) awaitOff(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	groups, err := l.cgroups(host)
	if err != nil {
		return err
	}
	err = poll(ctx, 50*time.Millisecond, func() (bool, error) { return !l.populated(groups[0]), nil })
	if err != nil {
		return fmt.Errorf("wait until %s is off: %w", host, err)
	}
	return nil
}
