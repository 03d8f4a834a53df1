package executor_test

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
)

// A relay's port on one host is the other host's SSH server, for each connection anew, until it is closed.
func TestRelay(t *testing.T) {
	t.Parallel()
	at := remotetest.New(t, remotetest.InProcess, remotetest.Options{}).Host(t)
	to := remotetest.New(t, remotetest.InProcess, remotetest.Options{}).Host(t)
	port, end, err := executor.Relay(t.Context(), at, to)
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	var dialer net.Dialer
	var open net.Conn
	for range 3 {
		conn, err := dialer.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "SSH-2.0-") {
			t.Fatalf("the far end says %q, %v", line, err)
		}
		open = conn
	}
	if err := end(); err != nil {
		t.Errorf("close: %v", err)
	}
	if n, err := open.Read(make([]byte, 1<<16)); err == nil {
		// What was on its way may still come; then it ends.
		if _, err := open.Read(make([]byte, 1)); err == nil {
			t.Errorf("a connection outlives its relay (%d bytes)", n)
		}
	}
	if conn, err := dialer.DialContext(t.Context(), "tcp", address); err == nil {
		_ = conn.Close()
		t.Error("the port is open after the end")
	}
}
