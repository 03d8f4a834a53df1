// Package cli holds the sub-commands that people run by hand, without Terraform.
package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// errUsage: the words of a call are off.
var errUsage = errors.New("usage: terraform-provider-mail rescue " + strings.Join(verbs(), "|") +
	" [-user USER] [-port PORT] [-identity FILE] [-known-hosts FILE] [-journal-dir DIR] [-run RUN] [-passwords FILE] [-hold CUTOVER] [-yes] HOST…")

// errLeft: a person did not agree, so nothing was done.
var errLeft = errors.New("nothing was changed")

// rescue is one call of "rescue".
type rescue struct {
	verb       string
	hosts      []remote.Endpoint
	config     executor.Config
	controller *executor.Controller
	yes        bool
	named      string // the run that is meant; empty: the newest that fits
	in         *bufio.Reader
	out        io.Writer

	passwordFile string
	hold         string // the cutover whose hold unlock releases
}

// actions are the verbs of "rescue".
func actions() map[string]func(*rescue, context.Context) error {
	return map[string]func(*rescue, context.Context) error{
		"status": (*rescue).status, "unlock": (*rescue).unlock, "continue": (*rescue).goOn,
		"resume": (*rescue).resume, "back-out": (*rescue).backOut,
	}
}

func verbs() []string { return slices.Sorted(maps.Keys(actions())) }

// Rescue works on hosts by what is written there, without Terraform. status tells what runs know of themselves; continue lets a run go on that waits for a
// person; resume goes on with an unfinished one; back-out brings service back to the source; unlock ends a lock whose controller is gone. It prints what it will do and asks, unless -yes is given. The exit code is 0, 1 for a failure, 2 for
// wrong use.
func Rescue(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	call, err := parse(args, errOut)
	if err == nil {
		call.in, call.out = bufio.NewReader(in), out
		err = call.run(ctx)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage), errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(errOut, errUsage)
		return 2
	}
	_, _ = fmt.Fprintln(errOut, "rescue:", err)
	return 1
}

func parse(args []string, errOut io.Writer) (*rescue, error) {
	if len(args) == 0 || actions()[args[0]] == nil {
		return nil, errUsage
	}
	r := &rescue{verb: args[0]}
	flags := flag.NewFlagSet("rescue "+r.verb, flag.ContinueOnError)
	flags.SetOutput(errOut)
	reach := reachFlags(flags)
	flags.BoolVar(&r.yes, "yes", false, "do not ask")
	flags.StringVar(&r.named, "run", "", "the run that is meant; default: the newest that fits")
	flags.StringVar(&r.hold, "hold", "", "with unlock: the cutover whose hold is released")
	flags.StringVar(&r.passwordFile, "passwords", "", "a file with a JSON object of passwords by database or user; default: "+executor.PasswordsVariable)
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() == 0 {
		return nil, errors.Join(errUsage, err)
	}
	r.hosts, r.config = reach.endpoints(flags.Args(), "rescue "+r.verb)
	return r, nil
}

// run acts.
func (r *rescue) run(ctx context.Context) error {
	return r.connected(func() error { return actions()[r.verb](r, ctx) })
}

// connected makes a controller that knows the hosts, for as long as something is done.
func (r *rescue) connected(act func() error) error {
	controller, err := executor.NewController(r.config)
	if err != nil {
		return err
	}
	r.controller = controller
	for i := range r.hosts {
		host := &r.hosts[i]
		host.ID, host.HostKey, err = remote.ResolveID(r.config.Remote, *host)
		if err != nil {
			return errors.Join(err, controller.Close())
		}
		controller.Register(*host)
	}
	err = act()
	return errors.Join(err, controller.Close())
}

// say prints a line.
func (r *rescue) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(r.out, format+"\n", args...); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// agree asks, unless -yes was given; errLeft where the answer is not yes.
func (r *rescue) agree(question string) error {
	if r.yes {
		return nil
	}
	if _, err := fmt.Fprint(r.out, question+" [y/N] "); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	answer, err := r.in.ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
		return errLeft
	}
	return nil
}
