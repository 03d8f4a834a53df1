package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// Dialer opens connections; it decides from which host they come.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Target is a mail service and those who use it.
type Target struct {
	Address  string   // numeric, without a port
	Users    []string // mailboxes' addresses, which are also their login names
	Password func(user string) string
	Dialer   Dialer

	SMTPPort, IMAPPort, SievePort int // default 25, 143, 4190
}

func (t Target) endpoint(port, preset int) string {
	if port == 0 {
		port = preset
	}
	return net.JoinHostPort(t.Address, strconv.Itoa(port))
}

func (t Target) smtp() string  { return t.endpoint(t.SMTPPort, 25) }
func (t Target) imap() string  { return t.endpoint(t.IMAPPort, 143) }
func (t Target) sieve() string { return t.endpoint(t.SievePort, 4190) }

// dial connects, and closes the connection when ctx ends, whatever is being waited for.
func (t Target) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := t.Dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever reads from it sees the error
	return &boundConn{Conn: conn, stop: stop}, nil
}

type boundConn struct {
	net.Conn
	stop func() bool
}

func (c *boundConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// session logs a user in over IMAP, does something and logs out.
func (t Target) session(ctx context.Context, user string, do func(*imapclient.Client) error) error {
	return t.greetedSession(ctx, user, func() {}, do)
}

// greetedSession is session; it calls greeted when the server has greeted.
func (t Target) greetedSession(ctx context.Context, user string, greeted func(), do func(*imapclient.Client) error) error {
	conn, err := t.dial(ctx, t.imap())
	if err != nil {
		return err
	}
	c := imapclient.New(conn, nil)
	err = func() error {
		if err := c.WaitGreeting(); err != nil {
			return fmt.Errorf("greeting: %w", err)
		}
		greeted()
		if err := c.Login(user, t.Password(user)).Wait(); err != nil {
			return fmt.Errorf("login: %w", err)
		}
		return do(c)
	}()
	if err == nil {
		err = c.Logout().Wait()
	}
	closeErr := c.Close()
	if err == nil || errors.Is(closeErr, net.ErrClosed) {
		closeErr = nil // the server has closed first, as it should after a logout
	}
	if err := errors.Join(err, closeErr, ctx.Err()); err != nil {
		return fmt.Errorf("imap as %s at %s: %w", user, t.imap(), err)
	}
	return nil
}

// How long one user's session may take where the caller says nothing shorter.
const sessionPatience = 2 * time.Minute
