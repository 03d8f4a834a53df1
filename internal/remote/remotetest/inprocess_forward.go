package remotetest

import (
	"fmt"
	"io"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"
)

// join copies both ways between two streams until both have ended.
func join(a, b io.ReadWriteCloser) {
	var both sync.WaitGroup
	half := func(to, from io.ReadWriteCloser) {
		_, _ = io.Copy(to, from)
		if closer, ok := to.(interface{ CloseWrite() error }); ok {
			_ = closer.CloseWrite()
		} else {
			_ = to.Close()
		}
	}
	both.Go(func() { half(a, b) })
	both.Go(func() { half(b, a) })
	both.Wait()
	_ = a.Close()
	_ = b.Close()
}

// direct serves a direct-tcpip channel, RFC 4254 section 7.2.
func direct(channel ssh.NewChannel) {
	var want struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(channel.ExtraData(), &want); err != nil {
		_ = channel.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	var dialer net.Dialer
	far, err := dialer.Dial("tcp", net.JoinHostPort(want.Host, fmt.Sprint(want.Port)))
	if err != nil {
		_ = channel.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	near, requests, err := channel.Accept()
	if err != nil {
		_ = far.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	join(near, far)
}

// forwards are the ports one connection listens on.
type forwards struct {
	conn ssh.Conn
	mu   sync.Mutex
	open map[string]net.Listener
}

type forwardRequest struct {
	Host string
	Port uint32
}

func (f *forwards) serve(requests <-chan *ssh.Request, work *sync.WaitGroup) {
	for request := range requests {
		var want forwardRequest
		ok, reply := false, []byte(nil)
		switch request.Type {
		case "tcpip-forward":
			if ssh.Unmarshal(request.Payload, &want) == nil {
				ok, reply = f.listen(want, work)
			}
		case "cancel-tcpip-forward":
			if ssh.Unmarshal(request.Payload, &want) == nil {
				ok = f.cancel(want)
			}
		}
		if request.WantReply {
			_ = request.Reply(ok, reply)
		}
	}
}

func (f *forwards) listen(want forwardRequest, work *sync.WaitGroup) (bool, []byte) {
	listener, err := net.Listen("tcp", net.JoinHostPort(want.Host, fmt.Sprint(want.Port))) //nolint:noctx // ends with the server
	if err != nil {
		return false, nil
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	var bound uint32
	_, _ = fmt.Sscan(port, &bound)
	f.mu.Lock()
	f.open[net.JoinHostPort(want.Host, port)] = listener
	f.mu.Unlock()
	work.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() { f.carry(near, want.Host, bound) })
		}
	})
	return true, ssh.Marshal(struct{ Port uint32 }{bound})
}

func (f *forwards) carry(near net.Conn, host string, port uint32) {
	data := ssh.Marshal(struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}{host, port, "127.0.0.1", 1})
	far, requests, err := f.conn.OpenChannel("forwarded-tcpip", data)
	if err != nil {
		_ = near.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	join(near, far)
}

func (f *forwards) cancel(want forwardRequest) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	listener, ok := f.open[net.JoinHostPort(want.Host, fmt.Sprint(want.Port))]
	if ok {
		_ = listener.Close()
	}
	return ok
}

func (f *forwards) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, listener := range f.open {
		_ = listener.Close()
	}
}
