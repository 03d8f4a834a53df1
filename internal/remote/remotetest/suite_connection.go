package remotetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// until waits for a condition, ten seconds at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

// sleeper starts a command that writes its process id and does not end.
func sleeper(ctx context.Context, t *testing.T, host *remote.Host) (int, <-chan error) {
	t.Helper()
	file := WriteFile(t, "pid", "")
	ended := make(chan error, 1)
	go func() {
		_, err := host.Run(ctx, remote.Command{Argv: []string{"sh", "-c", `echo $$ > "$1"; exec sleep 1000`, "sh", file}})
		ended <- err
	}()
	pid := 0
	until(t, "command starts", func() bool {
		data, err := os.ReadFile(file) //nolint:gosec // our own file
		if err != nil || !strings.HasSuffix(string(data), "\n") {
			return false
		}
		_, err = fmt.Sscan(string(data), &pid)
		return err == nil
	})
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	return pid, ended
}

func testCancel(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	pid, ended := sleeper(ctx, t, host)
	cancel(errBroken)
	select {
	case err := <-ended:
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v, want the cause", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run did not end with its context")
	}
	until(t, "process ends", func() bool { return syscall.Kill(pid, 0) != nil })
	if result := run(t, host, "true"); result.Exit != 0 {
		t.Errorf("the connection does not go on: %+v", result)
	}
}

func testCancelSudo(t *testing.T, start Maker) {
	made := New(t, start, Options{Path: fakeSudo(t)})
	made.Endpoint.Become = remote.BecomeSudo
	host := made.Host(t)
	ctx, cancel := context.WithCancel(t.Context())
	pid, ended := sleeper(ctx, t, host)
	other, others := sleeper(t.Context(), t, host)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cause", err)
	}
	until(t, "process ends", func() bool { return syscall.Kill(pid, 0) != nil })
	if err := syscall.Kill(other, 0); err != nil {
		t.Errorf("another command was ended too: %v", err)
	}
	if err := syscall.Kill(other, syscall.SIGTERM); err != nil {
		t.Errorf("end the other command: %v", err)
	}
	if err := <-others; err != nil {
		t.Errorf("a command that a signal ends is no error: %v", err)
	}
}

func testLost(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	_, ended := sleeper(t.Context(), t, made.Host(t))
	made.Server.Drop()
	select {
	case err := <-ended:
		if !errors.Is(err, remote.ErrConnectionLost) {
			t.Errorf("got %v, want ErrConnectionLost", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run did not notice the loss")
	}
}

func testReconnect(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	host := made.Host(t)
	for i := 1; i <= 3; i++ {
		if result := run(t, host, "echo", "on"); string(result.Stdout) != "on\n" {
			t.Errorf("got %+v", result)
		}
		if got := made.Server.Accepted(); got != i {
			t.Errorf("%d connections, want %d", got, i)
		}
		made.Server.Drop()
	}
}

func testFresh(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	host := made.Host(t)
	run(t, host, "true")
	if host.Address() != "127.0.0.1" {
		t.Errorf("connected to %q", host.Address())
	}
	fresh, err := host.Fresh(t.Context(), []string{"127.0.0.1"})
	if err != nil {
		t.Fatalf("fresh connection: %v", err)
	}
	run(t, fresh, "true")
	if got := made.Server.Accepted(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
	if err := fresh.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := fresh.Run(t.Context(), remote.Command{Argv: []string{"true"}}); !errors.Is(err, remote.ErrClosed) {
		t.Errorf("after Close: got %v, want ErrClosed", err)
	}
	run(t, host, "true")
	if _, err := host.Fresh(t.Context(), []string{"127.0.0.2"}); !errors.Is(err, remote.ErrUnreachable) {
		t.Errorf("nobody there: got %v, want ErrUnreachable", err)
	}
}

// echo sends back what comes, on a port of this machine.
func echo(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(conn, conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func talk(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Errorf("write: %v", err)
	}
	answer := make([]byte, 5)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "hello" {
		t.Errorf("read %q, %v", answer, err)
	}
}

func testDial(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	address := echo(t)
	conn, err := host.Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	talk(t, conn)
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Errorf("set deadline: %v", err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: got %v", err)
	}
	_ = conn.Close()
	closed := listen(t)
	_ = closed.Close()
	if _, err := host.Dial(t.Context(), "tcp", closed.Addr().String()); err == nil {
		t.Error("a closed port answered")
	}
}

func testListen(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	listener, err := host.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		_, _ = io.Copy(conn, conn)
		_ = conn.Close()
	}()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	talk(t, conn)
	_ = conn.Close()
	<-done
	if err := listener.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// testReach: the host's own SSH server answers at the other end.
func testReach(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	conn, err := host.Reach(t.Context())
	if err != nil {
		t.Fatalf("reach: %v", err)
	}
	greeting := make([]byte, len("SSH-2.0-"))
	if _, err := io.ReadFull(conn, greeting); err != nil || string(greeting) != "SSH-2.0-" {
		t.Errorf("the far end says %q, %v", greeting, err)
	}
	if err := conn.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
