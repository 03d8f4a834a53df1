package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Command is what a host shall run.
type Command struct {
	// Argv is the program (not a shell's builtin) and its arguments; none may
	// hold a NUL byte.
	Argv []string
	// Stdin is copied to the command; nil is an empty input. A Read that
	// blocks is left alone when the command ends first.
	Stdin io.Reader
	// Stdout and Stderr take the output; nil keeps it in the Result, up to
	// 4 MiB each. They are not written to after Run has returned.
	Stdout, Stderr io.Writer
	// Agent is forwarded to this command, over a connection of its own that
	// is kept for other commands with the same agent.
	Agent agent.Agent
}

// Result is how a command ended.
type Result struct {
	// Stdout and Stderr are what was kept.
	Stdout, Stderr []byte
	// Exit is the exit code; 128 and more with a Signal.
	Exit int
	// Signal is the signal's name without SIG, where one ended the command.
	Signal string
}

// errNoProgram: a Command without Argv.
var errNoProgram = errors.New("run: no program is named")

// errNotStarted: the host would not run a command.
var errNotStarted = errors.New("the host refuses to run commands (ForceCommand or a restricted key?)")

// Run runs a command to its end. An exit code that is not zero is not an
// error. An error that is [ErrConnectionLost] leaves open whether the command
// ran. When ctx ends, the command is told to end (SIGTERM, two seconds later
// SIGKILL, as far as the host lets us) and the error wraps ctx's cause.
func (h *Host) Run(ctx context.Context, command Command) (Result, error) {
	line, mark, err := h.line(command)
	if err != nil {
		return Result{}, err
	}
	opened, err := h.session(ctx, command.Agent)
	if err != nil {
		return Result{}, fmt.Errorf("run %s: %w", command.Argv[0], err)
	}
	defer opened.release()
	out, errs := &sink{to: command.Stdout}, &sink{to: command.Stderr}
	result, err := h.execute(ctx, opened, program{line, mark, command.Stdin}, out, errs)
	var head []byte
	result.Stdout, _ = out.shut()
	result.Stderr, head = errs.shut()
	opened.release()
	if err != nil {
		return result, fmt.Errorf("run %s on %s: %w", command.Argv[0], opened.link.address, err)
	}
	return result, h.checkSudo(ctx, command, result, head)
}

// line is the command line for the login shell, and the mark to stop it by.
func (h *Host) line(command Command) (string, string, error) {
	if len(command.Argv) == 0 || command.Argv[0] == "" {
		return "", "", errNoProgram
	}
	for i, argument := range command.Argv {
		if strings.ContainsRune(argument, 0) {
			return "", "", fmt.Errorf("run %q: argument %d holds a NUL byte", command.Argv[0], i)
		}
	}
	argv := command.Argv
	if h.endpoint.Become == BecomeSudo {
		keep := "--preserve-env=SSH_CONNECTION"
		if command.Agent != nil {
			keep += ",SSH_AUTH_SOCK"
		}
		argv = append([]string{"sudo", "-n", keep, "--"}, argv...)
	}
	argv, mark := h.marked(argv)
	// exec: the login shell gives way, so that signals reach the command and
	// its own end is seen.
	return Quote(append([]string{"exec"}, argv...)...), mark, nil
}

// checkSudo tells a sudo that wants a password from a command that failed, in
// whatever language sudo speaks: by asking it to run nothing.
func (h *Host) checkSudo(ctx context.Context, command Command, result Result, head []byte) error {
	if h.endpoint.Become != BecomeSudo || result.Exit != 1 || !bytes.HasPrefix(head, []byte("sudo: ")) {
		return nil
	}
	opened, err := h.session(ctx, nil)
	if err != nil {
		return fmt.Errorf("ask sudo on %s: %w", h.endpoint.name(), err)
	}
	defer opened.release()
	out, errs := &sink{}, &sink{}
	probe, err := h.execute(ctx, opened, program{line: Quote("sudo", "-n", "--", "true")}, out, errs)
	if err != nil {
		return fmt.Errorf("ask sudo on %s: %w", h.endpoint.name(), err)
	}
	if probe.Exit == 0 {
		return nil
	}
	message, _ := errs.shut()
	return fmt.Errorf("run %s: %w", command.Argv[0], &SudoError{
		Host: h.endpoint.name(), User: h.endpoint.User, Message: strings.TrimSpace(string(message)),
	})
}

// program is what execute runs.
type program struct {
	line  string
	mark  string
	stdin io.Reader
}

// execute runs a program in an open session.
func (h *Host) execute(ctx context.Context, opened *session, what program, out, errs *sink) (Result, error) {
	caller := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	input, err := opened.StdinPipe()
	if err != nil {
		return Result{}, fmt.Errorf("open standard input: %w", err)
	}
	opened.Stdout = abortOnError{out, cancel}
	opened.Stderr = abortOnError{errs, cancel}
	ended := make(chan error, 1)
	go func() {
		if err := opened.Start(what.line); err != nil {
			ended <- startError{err}
			return
		}
		go func() {
			if err := feed(input, what.stdin); err != nil {
				cancel(err)
			}
		}()
		ended <- opened.Wait()
	}()
	select {
	case err = <-ended:
		if errors.Is(context.Cause(ctx), context.Cause(caller)) {
			// It came to its own end before it was told to: that is what
			// happened, even if the caller has given up meanwhile.
			_ = opened.Close() // only still open if it never began
			return judge(opened.link, err)
		}
	case <-ctx.Done():
		err = h.stop(ctx, opened, what.mark, ended)
	}
	_ = opened.Close() // it has ended, or was told to
	result, err := judge(opened.link, err)
	return result, stopped(context.Cause(ctx), err)
}

// startError marks a failure before the command was running.
type startError struct{ error }

// judge turns the end of a session into a result.
func judge(l *link, err error) (Result, error) {
	var exit *ssh.ExitError
	var refused startError
	switch {
	case err == nil:
		return Result{}, nil
	case errors.As(err, &exit):
		return Result{Exit: exit.ExitStatus(), Signal: exit.Signal()}, nil
	case errors.Is(err, errNotEnded):
		return Result{Exit: -1}, err
	case errors.As(err, &refused) && !l.dead() && !errors.Is(err, io.EOF):
		return Result{Exit: -1}, errNotStarted
	default:
		return Result{Exit: -1}, fmt.Errorf("%w: %w", ErrConnectionLost, err)
	}
}

// abortOnError ends the command when its output cannot be taken: left unread,
// it would block the command for ever.
type abortOnError struct {
	to     io.Writer
	cancel context.CancelCauseFunc
}

// Write implements io.Writer.
func (a abortOnError) Write(p []byte) (int, error) {
	n, err := a.to.Write(p)
	if err != nil {
		a.cancel(fmt.Errorf("take output: %w", err))
		// What follows is thrown away, so that the command can end.
		return len(p), nil
	}
	return n, nil
}
