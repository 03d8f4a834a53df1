//go:build lab

package bench_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible is a context that Ctrl-C ends, so that the lab is removed in order.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}
