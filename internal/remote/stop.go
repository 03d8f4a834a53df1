package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	// grace is how long a command that was told to end may take.
	grace = 2 * time.Second
	// markVariable marks a command's processes on the host, for killMarked.
	markVariable = "TF_MAIL_RUN"
)

// errNotEnded: a command was told to end and did not say that it has.
var errNotEnded = errors.New("it may still run on the host")

// killMarked sends signal $2 to the process group of the command whose
// environment holds $1. A daemon it has left behind (its parent is process 1)
// is none of ours.
const killMarked = `for f in $(grep -l -- "$1" /proc/[0-9]*/environ 2>/dev/null); do
p=${f#/proc/}; p=${p%/environ}
while read -r key value; do
[ "$key" = PPid: ] && [ "$value" != 1 ] && kill -s "$2" -- "-$p"
done <"/proc/$p/status"
done 2>/dev/null; :`

// marked gives the vector that runs argv so that stop finds it, and the mark.
// sshd passes signals on to the commands of ordinary users only: not to root's
// ("session signalling requires privilege separation"), and not to what sudo
// runs. For the others there is no mark, and argv is as it was.
func (h *Host) marked(argv []string) ([]string, string) {
	if h.endpoint.User != "root" && h.endpoint.Become != BecomeSudo {
		return argv, ""
	}
	mark := markVariable + "=" + rand.Text()
	return append([]string{"env", mark}, argv...), mark
}

// stop ends a command: SIGTERM, after the grace SIGKILL, then the channel's
// end. It gives the command's end or errNotEnded.
func (h *Host) stop(ctx context.Context, opened *session, mark string, ended <-chan error) error {
	for _, signal := range []ssh.Signal{ssh.SIGTERM, ssh.SIGKILL} {
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		_ = opened.Signal(signal) // a host that does not pass signals on has the mark
		var failed error
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			failed = h.kill(wait, opened.link, mark, signal)
		}()
		select {
		case err := <-ended:
			cancel()
			<-killed // whether that worked does not matter: it has ended
			return err
		case <-wait.Done():
		}
		cancel()
		if <-killed; failed != nil {
			return errors.Join(errNotEnded, failed)
		}
	}
	return errNotEnded
}

// kill signals the marked command over a session of its own, beside the
// bounded ones: there must be room for it.
func (h *Host) kill(ctx context.Context, l *link, mark string, signal ssh.Signal) error {
	if mark == "" {
		return nil
	}
	channel, err := l.open(ctx)
	if err != nil {
		return fmt.Errorf("end it: %w", err)
	}
	end := context.AfterFunc(ctx, func() { _ = channel.Close() }) // Run below reports it
	defer end()
	argv := []string{"sh", "-c", killMarked, "sh", mark, string(signal)}
	if h.endpoint.Become == BecomeSudo {
		argv = append([]string{"sudo", "-n", "--"}, argv...)
	}
	if err := channel.Run(Quote(argv...)); err != nil {
		return fmt.Errorf("end it: %w", err)
	}
	return nil
}

// stopped is the error of a command that we ended.
func stopped(cause, err error) error {
	if errors.Is(err, errNotEnded) || errors.Is(err, ErrConnectionLost) {
		return fmt.Errorf("stopped: %w; %w", cause, err)
	}
	return fmt.Errorf("stopped: %w", cause)
}
