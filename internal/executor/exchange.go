package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sethvargo/go-retry"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// comesTo is the address that an operation gives to its host.
func comesTo(op runbook.Operation) (string, bool) {
	switch {
	case op.Kind == "take_address" && len(op.Args) > 0:
		return op.Args[0], true
	case op.Kind == operation.KindExchangeAddress && len(op.Args) > 1:
		return op.Args[1], true
	}
	return "", false
}

// How an operation is followed that takes the host's address away under the connection.
const (
	answerWithin = 3 * time.Second // a connection that is silent for longer is made again
	askPause     = 100 * time.Millisecond
)

// follow starts an operation and asks how it stands, at whichever address the host is found, until it has ended.
func (r *run) follow(ctx context.Context, h *managed, _ *remote.Host, op runbook.Operation, _ string, _ remote.Command) (remote.Result, error) {
	argv := []string{"env", "DETACH=1", "RESUME=0", "sh", h.program, "run", r.name, r.epochs[op.Host], op.ID}
	res, err := askUntil(ctx, h, argv, func(res remote.Result) bool { return res.Exit != exitRunning }, func() { argv[2] = "RESUME=1" })
	return res, err
}

// askUntil asks a host again until the answer is the last one. A connection that is lost or silent is made again, for as long as a host may be away.
func askUntil(ctx context.Context, h *managed, argv []string, last func(remote.Result) bool, asked func()) (remote.Result, error) {
	var res remote.Result
	heard := time.Now()
	lost := func(err error) error {
		if time.Since(heard) > reconnectWithin {
			return err
		}
		return retry.RetryableError(err)
	}
	err := retry.Do(ctx, retry.NewConstant(askPause), func(ctx context.Context) error {
		if err := h.Connect(ctx); err != nil {
			return lost(err)
		}
		silent := time.AfterFunc(answerWithin, h.Reconnect)
		defer silent.Stop()
		var err error
		res, err = h.Run(ctx, remote.Command{Argv: slices.Clone(argv)})
		asked()
		if err == nil {
			heard = time.Now()
		}
		switch {
		case errors.Is(err, remote.ErrConnectionLost), errors.Is(err, remote.ErrConnectionEnded), errors.Is(err, remote.ErrUnreachable):
			return lost(err)
		case err != nil:
			return err
		case !last(res):
			return retry.RetryableError(errRuns)
		}
		return nil
	})
	return res, err
}

// errRuns: what was asked about has not ended.
var errRuns = errors.New("it has not ended")

// hasten lets both hosts' own timers take a run back in which they exchanged addresses: neither could be stayed with meanwhile, and each needs that the
// other one does it, too. A run without such an exchange is left alone. What a host is not told, its timer does at its deadline.
func (r *run) hasten(ctx context.Context) {
	var group sync.WaitGroup
	for _, op := range r.book.Stage(runbook.Identity) {
		h := r.hosts[op.Host]
		if op.Kind != operation.KindExchangeAddress || h == nil {
			continue
		}
		group.Go(func() {
			argv := []string{"sh", h.program, "hasten", r.name}
			if _, err := askUntil(ctx, h, argv, func(res remote.Result) bool { return res.Exit != exitRunning }, func() {}); err != nil {
				r.c.note(fmt.Sprintf("%s was not seen to take its address back: %v", h.named(), err))
			}
		})
	}
	group.Wait()
}

// leftovers tells the user which files still have what a host was known by.
func (r *run) leftovers(op runbook.Operation, result StepResult) {
	if op.Kind != operation.KindSearchLeftovers || result.Result["files"] == "" || result.Result["files"] == "0" {
		return
	}
	lines := []string{fmt.Sprintf("%s: %s files on the %s still have %s; where that is not right, edit them:", op.ID, result.Result["files"], op.Role, strings.ReplaceAll(op.Args[2], "\n", " or "))}
	for i := range len(result.Result) {
		if line, there := result.Result[fmt.Sprintf("left.%d", i)]; there {
			lines = append(lines, "  "+line)
		}
	}
	if more := count(result.Result["files"]) - (len(lines) - 1); more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	r.c.note(strings.Join(lines, "\n"))
}
