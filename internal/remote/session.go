package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sethvargo/go-retry"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

const (
	// openPause is the first pause before a session is asked for again.
	openPause = 50 * time.Millisecond
	// openRefusals is how often a host may refuse a session on a connection
	// that has no other before that is an error.
	openRefusals = 4
)

// session is an open channel that has not been asked to run anything.
type session struct {
	*ssh.Session
	link    *link
	release func()
}

// session opens a channel, on the connection of keys where they are given.
// As nothing has run yet it is safe to repeat: once over a new connection
// where the old one turns out to be dead, and later where the host has no
// session left.
func (h *Host) session(ctx context.Context, keys agent.Agent) (*session, error) {
	backoff := retry.WithCappedDuration(time.Second, retry.NewExponential(openPause))
	lost, refusals := false, 0
	return retry.DoValue(ctx, backoff, func(ctx context.Context) (*session, error) {
		opened, err := h.openSession(ctx, keys)
		var refused *ssh.OpenChannelError
		switch {
		case errors.Is(err, ErrConnectionEnded) && !lost:
			lost = true
			return nil, retry.RetryableError(err)
		case errors.Is(err, errFewer):
			return nil, retry.RetryableError(err)
		case errors.As(err, &refused) && refusals < openRefusals:
			refusals++
			return nil, retry.RetryableError(err)
		}
		return opened, err
	})
}

// errFewer: the host refused a session while others run; one of these must end.
var errFewer = errors.New("no session is left")

func (h *Host) openSession(ctx context.Context, keys agent.Agent) (*session, error) {
	var kept *agentSlot
	var l *link
	var err error
	if keys == nil {
		l, err = h.main.get(ctx, h.dial)
	} else {
		if kept, err = h.agentSlot(keys); err != nil {
			return nil, err
		}
		l, err = kept.slot.get(ctx, func(ctx context.Context) (*link, error) { return h.dialAgent(ctx, kept.gate) })
	}
	if err != nil {
		return nil, err
	}
	if err := l.acquire(ctx); err != nil {
		return nil, err
	}
	opened, err := l.open(ctx)
	if err != nil {
		return nil, l.refused(err)
	}
	release := l.release
	if kept != nil {
		if err := l.requestAgent(opened); err != nil {
			_ = opened.Close() // the refusal is what matters
			l.release()
			return nil, err
		}
		kept.gate.users.Add(1)
		release = func() {
			kept.gate.users.Add(-1)
			l.release()
		}
	}
	return &session{Session: opened, link: l, release: once(release)}, nil
}

// refused gives back the slot of a session that was not opened, or keeps it
// where that shows how many sessions the host has.
func (l *link) refused(err error) error {
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) {
		l.release()
		return err
	}
	if l.retire() {
		return errFewer
	}
	l.release()
	return fmt.Errorf("%s opens no session (MaxSessions in its sshd_config?): %w", l.address, err)
}
