package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// program is a command of this machine, ready to start: killed with its whole
// process group when ctx ends.
func program(ctx context.Context, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the lab's own argument vectors, no shell
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run runs a command of this machine to its end and returns its standard output.
// A non-zero exit is an error that holds what the command said.
func run(ctx context.Context, argv ...string) (string, error) {
	return runCmd(program(ctx, argv...), nil)
}

func runCmd(cmd *exec.Cmd, stdin io.Reader) (string, error) {
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errOut
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(errOut.String())
		if said == "" {
			said = strings.TrimSpace(out.String())
		}
		return out.String(), fmt.Errorf("%s: %w: %s", shorten(cmd.Args), err, tail(said, 12))
	}
	return out.String(), nil
}

func shorten(argv []string) string {
	s := strings.Join(argv, " ")
	if len(s) > 160 {
		s = s[:160] + "…"
	}
	return s
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}

// poll calls done every interval until it says true, fails, or ctx ends; the
// end of ctx is an error.
func poll(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
