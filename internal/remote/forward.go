package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// Dial connects from the host to an address (direct-tcpip). A deadline that
// passes ends the connection. A host that cannot connect gives a [*DialError].
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	l, err := h.main.get(ctx, h.dial)
	if err != nil {
		return nil, fmt.Errorf("dial %s from %s: %w", address, h.endpoint.name(), err)
	}
	conn, err := l.client.DialContext(ctx, network, address)
	var closed *ssh.OpenChannelError
	if errors.As(err, &closed) {
		return nil, &DialError{Address: address, From: h.endpoint.name(), Message: closed.Message, Prohibited: closed.Reason == ssh.Prohibited}
	}
	if err != nil {
		return nil, fmt.Errorf("dial %s from %s: %w", address, h.endpoint.name(), err)
	}
	return &timedConn{Conn: conn}, nil
}

// Reach opens a byte stream to the host's SSH server on the way on which this
// process reached it: at the address it is connected to, through its jump
// hosts. The server sees the same origin as of the host's own connection.
func (h *Host) Reach(ctx context.Context) (net.Conn, error) {
	l, err := h.main.get(ctx, h.dial)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", h.endpoint.name(), err)
	}
	hops, err := ParseJump(h.endpoint.Jump)
	if err != nil {
		return nil, err
	}
	conn, err := h.pool.via(hops, h.pool.config.User)(ctx, "tcp", l.address)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", l.address, err)
	}
	return conn, nil
}

// Listen listens on the host (tcpip-forward); port 0 lets the host choose,
// the listener's Addr has the port. Accept fails when the connection is lost.
// ctx bounds the request only.
func (h *Host) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l, err := h.main.get(ctx, h.dial)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", h.endpoint.name(), err)
	}
	type answer struct {
		listener net.Listener
		err      error
	}
	answers := make(chan answer)
	go func() {
		listener, err := l.client.Listen(network, address)
		select {
		case answers <- answer{listener, err}:
		case <-ctx.Done():
			if listener != nil {
				_ = listener.Close() // nobody waits for it any more
			}
		}
	}()
	select {
	case got := <-answers:
		if got.err != nil {
			return nil, fmt.Errorf("listen at %s on %s (AllowTcpForwarding in its sshd_config?): %w", address, h.endpoint.name(), got.err)
		}
		return timedListener{got.listener}, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("listen at %s on %s: %w", address, h.endpoint.name(), context.Cause(ctx))
	}
}

// timedListener gives connections that know deadlines.
type timedListener struct{ net.Listener }

// Accept implements net.Listener.
func (t timedListener) Accept() (net.Conn, error) {
	conn, err := t.Listener.Accept()
	if err != nil {
		return nil, fmt.Errorf("accept on host: %w", err)
	}
	return &timedConn{Conn: conn}, nil
}

// timedConn adds deadlines to a channel, which has none: when one passes, the
// channel is closed and reads and writes give os.ErrDeadlineExceeded.
type timedConn struct {
	net.Conn
	mu      sync.Mutex
	read    *time.Timer
	write   *time.Timer
	expired atomic.Bool
}

// Read implements net.Conn.
func (c *timedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.explain(err)
}

// Write implements net.Conn.
func (c *timedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.explain(err)
}

// Close implements net.Conn.
func (c *timedConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, timer := range []*time.Timer{c.read, c.write} {
		if timer != nil {
			timer.Stop()
		}
	}
	return c.Conn.Close()
}

// CloseWrite ends the outgoing half.
func (c *timedConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return fmt.Errorf("close outgoing half: not possible on %T", c.Conn)
	}
	return half.CloseWrite()
}

// SetDeadline implements net.Conn.
func (c *timedConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read, c.write = c.rearm(c.read, t), c.rearm(c.write, t)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *timedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = c.rearm(c.read, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *timedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write = c.rearm(c.write, t)
	return nil
}

func (c *timedConn) rearm(timer *time.Timer, t time.Time) *time.Timer {
	if timer != nil {
		timer.Stop()
	}
	if t.IsZero() {
		return nil
	}
	return time.AfterFunc(time.Until(t), func() {
		c.expired.Store(true)
		_ = c.Conn.Close() // reads and writes report it
	})
}

func (c *timedConn) explain(err error) error {
	if err != nil && c.expired.Load() {
		return os.ErrDeadlineExceeded
	}
	return err
}
