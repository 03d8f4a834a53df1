package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// relay carries connections that one host makes to a port of its own loopback to another host's SSH server. What goes through it is that host's own
// SSH, encrypted and with its host key checked at the far end: this process sees nothing of it.
type relay struct {
	listener net.Listener
	port     int
	cancel   context.CancelFunc
	carrying sync.WaitGroup
	over     chan struct{} // closed when nothing is accepted any more
}

// relayAddress is where a relay listens on the host that uses it.
const relayAddress = "127.0.0.1"

// newRelay listens on a host and carries each connection to the other's SSH server, until close or until the connection to the host is lost.
func newRelay(ctx context.Context, at, to *remote.Host) (*relay, error) {
	listener, err := at.Listen(ctx, "tcp", net.JoinHostPort(relayAddress, "0"))
	if err != nil {
		return nil, fmt.Errorf("relay to %s: %w", to.Address(), err)
	}
	bound, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return nil, errors.Join(fmt.Errorf("relay to %s: it listens at %s, which is no port", to.Address(), listener.Addr()), listener.Close())
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &relay{listener: listener, port: bound.Port, cancel: cancel, over: make(chan struct{})}
	r.carrying.Go(func() {
		defer close(r.over)
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			r.carrying.Go(func() { carry(ctx, near, to) })
		}
	})
	return r, nil
}

// carry copies both ways until both have ended, or ctx has. A far end that cannot be reached shows as a closed connection.
func carry(ctx context.Context, near net.Conn, to *remote.Host) {
	far, err := to.Reach(ctx)
	if err != nil {
		_ = near.Close() // whoever connects sees it closed
		return
	}
	stop := context.AfterFunc(ctx, func() {
		_, _ = near.Close(), far.Close() // the copies below end
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { half(far, near) })
	both.Go(func() { half(near, far) })
	both.Wait()
	_, _ = near.Close(), far.Close() // all has been said
}

// half copies one way and passes the end on.
func half(to, from net.Conn) {
	_, _ = io.Copy(to, from) // an end before its time shows on the other side
	if open, ok := to.(interface{ CloseWrite() error }); ok {
		_ = open.CloseWrite()
		return
	}
	_ = to.Close()
}

// dead reports whether the relay takes no more connections.
func (r *relay) dead() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}

func (r *relay) close() error {
	err := r.listener.Close()
	r.cancel()
	r.carrying.Wait()
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// relayed gives the port on a host at which the run's relay to another one listens; one that was lost is made anew.
func (r *run) relayed(ctx context.Context, at, to *managed) (int, error) {
	r.relaying.Lock()
	defer r.relaying.Unlock()
	pair := at.id + " " + to.id
	if kept := r.relays[pair]; kept != nil {
		if !kept.dead() {
			return kept.port, nil
		}
		_ = kept.close() // it was lost already
	}
	made, err := newRelay(ctx, at.Host, to.Host)
	if err != nil {
		delete(r.relays, pair)
		return 0, err
	}
	if r.relays == nil {
		r.relays = map[string]*relay{}
	}
	r.relays[pair] = made
	return made.port, nil
}

// endRelays closes what the run has opened.
func (r *run) endRelays() error {
	r.relaying.Lock()
	defer r.relaying.Unlock()
	var errs []error
	for _, kept := range r.relays {
		errs = append(errs, kept.close())
	}
	r.relays = nil
	return errors.Join(errs...)
}
