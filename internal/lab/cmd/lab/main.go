// Command lab makes and handles a lab: hosts with systemd on this machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := 0
	if err := command().ExecuteContext(ctx); err != nil {
		var exit exitError
		if errors.As(err, &exit) {
			code = int(exit)
		} else {
			fmt.Fprintln(os.Stderr, "lab:", err)
			code = 1
		}
	}
	stop()
	os.Exit(code)
}

// exitError carries the exit code of a command that ran in a host.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }
