package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Dialer opens connections from the network of one host, as a program there would.
type Dialer struct {
	netns string
}

// Dialer returns the dialer of a host, or of the controller ("ctl").
func (l *Lab) Dialer(host string) (*Dialer, error) {
	if host != "ctl" {
		if _, err := l.Host(host); err != nil {
			return nil, err
		}
	}
	return &Dialer{netns: filepath.Join(netnsDir, l.netns(host))}, nil
}

var errNumeric = errors.New("the lab's dialer takes numeric addresses only")

// DialContext connects to a numeric address. A socket belongs for good to the
// network namespace of the thread that makes it: names, which other threads would
// look up, are refused.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, errNumeric)
	}
	type answer struct {
		conn net.Conn
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		runtime.LockOSThread()
		back, err := enterNetns(d.netns)
		if err != nil {
			// The thread is in an unknown state: it ends with this goroutine.
			done <- answer{err: err}
			return
		}
		conn, err := (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, network, address)
		if backErr := back(); backErr != nil {
			if conn != nil {
				backErr = errors.Join(backErr, conn.Close())
			}
			done <- answer{err: errors.Join(err, backErr)}
			return
		}
		runtime.UnlockOSThread()
		done <- answer{conn, err}
	}()
	a := <-done
	return a.conn, a.err
}

// enterNetns takes the calling thread into a network namespace and returns the way back.
func enterNetns(path string) (func() error, error) {
	home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open this thread's network namespace: %w", err)
	}
	there, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the network namespace %s: %w", path, err), unix.Close(home))
	}
	err = errors.Join(unix.Setns(there, unix.CLONE_NEWNET), unix.Close(there))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("enter the network namespace %s: %w", path, err), unix.Close(home))
	}
	return func() error { return errors.Join(unix.Setns(home, unix.CLONE_NEWNET), unix.Close(home)) }, nil
}
