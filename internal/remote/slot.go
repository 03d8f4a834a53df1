package remote

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// slot keeps one connection and dials it anew when it was lost. Callers that
// come while a dial runs share it.
type slot struct {
	mu      sync.Mutex
	current *link
	pending *dialling
	closed  bool
}

// dialling is one dial that several callers await.
type dialling struct {
	done   chan struct{}
	cancel context.CancelCauseFunc
	link   *link
	err    error
}

// get gives the live connection. The end of one caller's ctx does not end a
// dial that others await.
func (s *slot) get(ctx context.Context, dial func(context.Context) (*link, error)) (*link, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	if s.current != nil && !s.current.dead() {
		defer s.mu.Unlock()
		return s.current, nil
	}
	pending := s.pending
	if pending == nil {
		dialCtx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
		pending = &dialling{done: make(chan struct{}), cancel: cancel}
		s.pending = pending
		go s.run(dialCtx, pending, s.current, dial)
		s.current = nil
	}
	s.mu.Unlock()
	select {
	case <-pending.done:
		return pending.link, pending.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the connection: %w", context.Cause(ctx))
	}
}

// run dials and publishes the result. old is a dead connection to tidy up.
func (s *slot) run(ctx context.Context, pending *dialling, old *link, dial func(context.Context) (*link, error)) {
	if old != nil {
		_ = old.close() // it is dead: there is nothing left to lose
	}
	made, err := dial(ctx)
	pending.cancel(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = nil
	if err == nil && s.closed {
		err = errors.Join(ErrClosed, made.close())
		made = nil
	}
	pending.link, pending.err = made, err
	s.current = made
	close(pending.done)
}

// peek gives the live connection, or nil.
func (s *slot) peek() *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.dead() {
		return nil
	}
	return s.current
}

// close ends the connection, or the dial that runs, for good.
func (s *slot) close() error {
	s.mu.Lock()
	s.closed = true
	current, pending := s.current, s.pending
	s.current = nil
	s.mu.Unlock()
	if pending != nil {
		pending.cancel(ErrClosed)
		<-pending.done
	}
	if current == nil {
		return nil
	}
	return current.close()
}
