package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// ErrOff means that the host is not running.
var ErrOff = errors.New("the host is off")

// Host is one host of a lab.
type Host struct {
	lab  *Lab
	spec hostState
}

// Name is the host's name in the lab.
func (h *Host) Name() string { return h.spec.Name }

// FQDN is the name the host was made with.
func (h *Host) FQDN() string { return h.spec.FQDN }

// Address is the first of the addresses the host was made with.
func (h *Host) Address() string {
	if len(h.spec.Addresses) == 0 {
		return ""
	}
	return h.spec.Addresses[0].Addr().String()
}

// Lab is the lab the host belongs to.
func (h *Host) Lab() *Lab { return h.lab }

// Tree is the host's file system, to be changed only while the host is off.
func (h *Host) Tree() *Tree { return &Tree{dir: filepath.Join(h.lab.hostDir(h.spec.Name), "m")} }

// Output is what a command in a host left behind.
type Output struct {
	Stdout, Stderr []byte
	Code           int
}

func hostEnv() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "USER=root", "LOGNAME=root", "LANG=C.UTF-8", "TERM=dumb",
	}
}

// Command prepares a command in the host, as root, not by way of the network.
// release must be called when the command has been started or given up.
func (h *Host) Command(ctx context.Context, argv ...string) (*exec.Cmd, func(), error) {
	pid, up, err := h.lab.pid1(h.spec.Name)
	if err != nil {
		return nil, nil, err
	}
	if !up {
		return nil, nil, fmt.Errorf("%s: %w", h.spec.Name, ErrOff)
	}
	groups, err := h.lab.cgroups(h.spec.Name)
	if err != nil {
		return nil, nil, err
	}
	group, err := os.Open(filepath.Join(groups[0], "exec"))
	if err != nil {
		return nil, nil, err
	}
	cmd := program(ctx, append([]string{"nsenter", "-t", strconv.Itoa(pid), "-a", "--wdns=/", "--"}, argv...)...)
	cmd.Env = hostEnv()
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(group.Fd())
	return cmd, func() { _ = group.Close() }, nil // a directory handle
}

// Exec runs a command in the host. A non-zero exit is no error: see Output.Code.
func (h *Host) Exec(ctx context.Context, stdin io.Reader, argv ...string) (Output, error) {
	cmd, release, err := h.Command(ctx, argv...)
	if err != nil {
		return Output{}, err
	}
	defer release()
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errOut
	err = cmd.Run()
	result := Output{Stdout: out.Bytes(), Stderr: errOut.Bytes(), Code: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() && ctx.Err() == nil {
		return result, nil
	}
	if err != nil {
		return result, fmt.Errorf("%s on %s: %w", shorten(argv), h.spec.Name, errors.Join(err, ctx.Err()))
	}
	return result, nil
}

// Run runs a command in the host and returns its standard output. A non-zero exit is an error.
func (h *Host) Run(ctx context.Context, stdin io.Reader, argv ...string) (string, error) {
	out, err := h.Exec(ctx, stdin, argv...)
	if err != nil {
		return string(out.Stdout), err
	}
	if out.Code != 0 {
		said := string(bytes.TrimSpace(append(out.Stderr, out.Stdout...)))
		return string(out.Stdout), fmt.Errorf("%s on %s: exit %d: %s", shorten(argv), h.spec.Name, out.Code, tail(said, 12))
	}
	return string(out.Stdout), nil
}

// Script runs a shell script in the host; its first failing command ends it.
func (h *Host) Script(ctx context.Context, script string) (string, error) {
	return h.Run(ctx, bytes.NewReader([]byte(script)), "sh", "-eu", "-s")
}

// WriteFile makes or replaces a file of root's in the host, running or off. Its folder must be there.
func (h *Host) WriteFile(ctx context.Context, path string, content []byte, mode os.FileMode) error {
	_, err := h.Run(ctx, bytes.NewReader(content), "install", "-m", fmt.Sprintf("%o", mode.Perm()), "/dev/stdin", path)
	if errors.Is(err, ErrOff) {
		return h.Tree().Write(path, content, mode)
	}
	return err
}

// ReadFile returns a file of the host, running or off.
func (h *Host) ReadFile(ctx context.Context, path string) ([]byte, error) {
	out, err := h.Run(ctx, nil, "cat", "--", path)
	if errors.Is(err, ErrOff) {
		return h.Tree().Read(path)
	}
	return []byte(out), err
}

// Await polls a command in the host until it exits 0. The end of ctx is an error
// that holds what the command said last.
func (h *Host) Await(ctx context.Context, argv ...string) error {
	var last Output
	err := poll(ctx, 100*time.Millisecond, func() (bool, error) {
		out, err := h.Exec(ctx, nil, argv...)
		if err == nil {
			last = out
		}
		return err == nil && out.Code == 0, nil // ctx ends it
	})
	if err != nil {
		return fmt.Errorf("wait for %s on %s: %w: %s%s", shorten(argv), h.spec.Name, err, last.Stdout, last.Stderr)
	}
	return nil
}
