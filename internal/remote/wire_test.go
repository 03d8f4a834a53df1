package remote_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// wire is a TCP relay before a server that can be cut without a word.
type wire struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	cut      bool
	conns    []net.Conn
	work     sync.WaitGroup
}

func newWire(t *testing.T, port int) *wire {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	w := &wire{listener: listener, target: fmt.Sprintf("127.0.0.1:%d", port)}
	w.work.Go(w.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		w.mu.Lock()
		for _, conn := range w.conns {
			_ = conn.Close()
		}
		w.mu.Unlock()
		w.work.Wait()
	})
	return w
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		var dialer net.Dialer
		far, err := dialer.DialContext(context.Background(), "tcp", w.target)
		if err != nil {
			_ = near.Close()
			return
		}
		w.mu.Lock()
		w.conns = append(w.conns, near, far)
		w.mu.Unlock()
		w.work.Go(func() { _, _ = io.Copy(silenced{far, w}, near) })
		w.work.Go(func() { _, _ = io.Copy(silenced{near, w}, far) })
	}
}

// silenced swallows what is written after the cut.
type silenced struct {
	io.Writer
	wire *wire
}

// Write implements io.Writer.
func (s silenced) Write(p []byte) (int, error) {
	s.wire.mu.Lock()
	cut := s.wire.cut
	s.wire.mu.Unlock()
	if cut {
		return len(p), nil
	}
	return s.Writer.Write(p)
}
