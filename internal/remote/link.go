package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// silentIntervals is how many keep-alive intervals may pass without a byte
// from the peer. It is looked at once an interval, so that a dead peer is
// noticed within one more: 15 s with the default of 5 s.
const silentIntervals = 2

// link is one SSH connection to one machine.
type link struct {
	client  *ssh.Client
	address string
	heard   *atomic.Int64
	slots   chan struct{}
	done    chan struct{}
	watch   sync.WaitGroup
	parents []io.Closer

	retireMu sync.Mutex
	retired  int

	agentMu      sync.Mutex
	agentGranted bool
}

// heardConn notes when bytes arrive, so that a busy peer is never called dead.
type heardConn struct {
	net.Conn
	heard *atomic.Int64
}

// Read implements net.Conn.
func (c heardConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// handshake logs in over raw, which it closes if it fails. ctx bounds it.
func handshake(ctx context.Context, raw net.Conn, address string, setup ssh.ClientConfig, config Config) (*link, error) {
	heard := &atomic.Int64{}
	heard.Store(time.Now().UnixNano())
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() }) // the handshake below reports it
	conn, channels, requests, err := ssh.NewClientConn(heardConn{raw, heard}, address, &setup)
	if !stop() && err == nil {
		err = errors.Join(context.Cause(ctx), conn.Close())
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && !decisive(err) {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		_ = raw.Close() // already failed; closing twice is harmless
		return nil, err
	}
	l := &link{
		client: ssh.NewClient(conn, channels, requests), address: address, heard: heard,
		slots: make(chan struct{}, config.MaxSessions), done: make(chan struct{}),
	}
	l.watch.Add(2)
	go func() {
		defer l.watch.Done()
		defer close(l.done)
		_ = l.client.Wait() // why it ended is seen by those who use it
	}()
	go func() {
		defer l.watch.Done()
		l.keepAlive(config.KeepAlive)
	}()
	return l, nil
}

// keepAlive asks the peer for a sign of life and closes the connection when
// none comes. It ends with the connection.
func (l *link) keepAlive(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	asked := make(chan struct{}, 1)
	for {
		select {
		case <-l.done:
			return
		case <-ticker.C:
		}
		if time.Since(time.Unix(0, l.heard.Load())) > silentIntervals*interval {
			_ = l.client.Close() // whoever waits gets the loss
			return
		}
		select {
		case asked <- struct{}{}:
			l.watch.Go(func() {
				// Any answer, a refusal too, is a sign of life; heard has it.
				_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
				<-asked
			})
		default: // the last question is still open
		}
	}
}

// dead reports whether the connection has ended.
func (l *link) dead() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// close ends the connection, waits for its goroutines, then ends what it ran over.
func (l *link) close() error {
	err := l.client.Close()
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		err = nil
	}
	l.watch.Wait()
	errs := []error{err}
	for _, parent := range l.parents {
		errs = append(errs, parent.Close())
	}
	return errors.Join(errs...)
}

// acquire takes one of the connection's session slots; release gives it back.
func (l *link) acquire(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-l.done:
		return ErrConnectionEnded
	case <-ctx.Done():
		return fmt.Errorf("wait for a free session: %w", context.Cause(ctx))
	}
}

func (l *link) release() { <-l.slots }

// retire keeps a slot taken for good, because the host has fewer sessions than
// we thought. It reports false, and changes nothing, for the last one that
// could be in use.
func (l *link) retire() bool {
	l.retireMu.Lock()
	defer l.retireMu.Unlock()
	if len(l.slots)-l.retired < 2 {
		return false
	}
	l.retired++
	return true
}

// open opens a session channel. ctx ends the waiting, not a session given.
func (l *link) open(ctx context.Context) (*ssh.Session, error) {
	type answer struct {
		session *ssh.Session
		err     error
	}
	answers := make(chan answer)
	go func() {
		session, err := l.client.NewSession()
		select {
		case answers <- answer{session, err}:
		case <-ctx.Done():
			if session != nil {
				_ = session.Close() // nobody waits for it any more
			}
		}
	}()
	select {
	case got := <-answers:
		var refused *ssh.OpenChannelError
		if got.err != nil && !errors.As(got.err, &refused) {
			return nil, errors.Join(ErrConnectionEnded, got.err)
		}
		return got.session, got.err
	case <-ctx.Done():
		return nil, fmt.Errorf("open session: %w", context.Cause(ctx))
	}
}
