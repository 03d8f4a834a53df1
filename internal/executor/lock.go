package executor

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Exit codes of the host-side program (internal/operation/host/lib/00-base.sh).
const (
	exitSkipped    = 10
	exitRunning    = 74
	exitSuperseded = 75
	exitHeld       = 76
	exitLocked     = 77
	exitLockedOwn  = 79
)

// heartbeat is how often a lock's holder shows that it is alive; hosts call a lock stale after a minute.
const heartbeat = 10 * time.Second

// lockPause is between two questions for a lock.
const lockPause = time.Second

// lock takes the host's lock for a run and returns the epoch. Runs of the same process share it. A lock that the same run of another process holds is
// waited for: either its holder shows that it is alive, which ends the waiting with ErrLocked, or it grows stale and is taken over.
func (c *Controller) lock(ctx context.Context, h *managed, run, why string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := c.install(ctx, h); err != nil {
		return "", err
	}
	res, err := c.askLock(ctx, h, run, why)
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", h.Address(), err)
	}
	if res.Exit == exitLocked || res.Exit == exitLockedOwn {
		return "", fmt.Errorf("%w: %s is %w. Wait for it to end; if its controller is gone for good: terraform-provider-mail rescue unlock %s",
			ErrLocked, h.Address(), hostError(res), h.Address())
	}
	if res.Exit != 0 {
		return "", fmt.Errorf("lock %s: %w", h.Address(), hostError(res))
	}
	h.epoch = strings.TrimSpace(string(res.Stdout))
	if said := strings.TrimSpace(string(res.Stderr)); said != "" {
		c.note(h.Address() + ": " + said)
	}
	h.runs++
	if h.runs == 1 {
		beating, quit := context.WithCancel(context.WithoutCancel(ctx))
		h.quit = quit
		go c.beat(beating, h)
	}
	return h.epoch, nil
}

// askLock asks for the lock until the host decides. A holder's sign of life that is younger than the one before is the sign of a living one.
func (c *Controller) askLock(ctx context.Context, h *managed, run, why string) (remote.Result, error) {
	oldest := -1
	return retry.DoValue(ctx, retry.NewConstant(lockPause), func(ctx context.Context) (remote.Result, error) {
		res, err := h.call(ctx, h.Host, remote.Command{}, "lock", c.owner, run, why)
		if err != nil || res.Exit != exitLockedOwn {
			return res, err
		}
		age, err := strconv.Atoi(strings.TrimSpace(string(res.Stdout)))
		if err != nil || age < oldest {
			return res, nil //nolint:nilerr // the host has refused, whatever it printed
		}
		oldest = age
		return res, retry.RetryableError(ErrLocked)
	})
}

// beat shows the host that the lock's holder is alive, until ctx ends. A beat that is lost is no harm: the epoch guards every operation.
func (c *Controller) beat(ctx context.Context, h *managed) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			bounded, cancel := context.WithTimeout(ctx, heartbeat)
			_, _ = h.call(bounded, h.Host, remote.Command{}, "beat", c.owner) // a beat that is lost: the next one tries again
			cancel()
		}
	}
}

// unlock gives the lock up for a run.
func (c *Controller) unlock(ctx context.Context, h *managed, run string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runs--
	if h.runs == 0 && h.quit != nil {
		h.quit()
		h.quit = nil
	}
	res, err := h.call(ctx, h.Host, remote.Command{}, "unlock", c.owner, run)
	if err != nil {
		return fmt.Errorf("unlock %s: %w", h.Address(), err)
	}
	if res.Exit != 0 {
		return fmt.Errorf("unlock %s: %w", h.Address(), hostError(res))
	}
	return nil
}
