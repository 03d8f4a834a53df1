package remotetest

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

var errNotAuthorized = errors.New("key is not authorized")

// inProcess is an SSH server of this process.
type inProcess struct {
	t        testing.TB
	options  Options
	setup    *ssh.ServerConfig
	listener net.Listener
	accepted atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	work  sync.WaitGroup
}

// InProcess is a [Maker].
func InProcess(tb testing.TB, options Options) Server {
	tb.Helper()
	if options.MaxSessions == 0 {
		options.MaxSessions = 10
	}
	server := &inProcess{t: tb, options: options, listener: listen(tb), conns: map[net.Conn]struct{}{}}
	check := &ssh.CertChecker{
		IsUserAuthority: func(key ssh.PublicKey) bool {
			return options.UserCA != nil && bytes.Equal(key.Marshal(), options.UserCA.Signer.PublicKey().Marshal())
		},
		UserKeyFallback: server.authorize,
	}
	server.setup = &ssh.ServerConfig{PublicKeyCallback: check.Authenticate}
	server.setup.AddHostKey(options.HostKey.Signer)
	server.work.Go(server.accept)
	tb.Cleanup(func() {
		_ = server.listener.Close()
		server.Drop()
		server.work.Wait()
	})
	return server
}

// Port implements Server.
func (s *inProcess) Port() int { return portOf(s.t, s.listener.Addr()) }

// Accepted implements Server.
func (s *inProcess) Accepted() int { return int(s.accepted.Load()) }

// Drop implements Server.
func (s *inProcess) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

func (s *inProcess) authorize(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	for _, line := range s.options.Authorized {
		allowed, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err == nil && bytes.Equal(allowed.Marshal(), key.Marshal()) {
			return &ssh.Permissions{}, nil
		}
	}
	return nil, errNotAuthorized
}

func (s *inProcess) accept() {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[raw] = struct{}{}
		s.mu.Unlock()
		s.work.Go(func() {
			s.serve(raw)
			s.mu.Lock()
			delete(s.conns, raw)
			s.mu.Unlock()
		})
	}
}

// serve handles one connection to its end.
func (s *inProcess) serve(raw net.Conn) {
	defer func() { _ = raw.Close() }()
	conn, channels, requests, err := ssh.NewServerConn(raw, s.setup)
	if err != nil {
		return
	}
	s.accepted.Add(1)
	var sessions atomic.Int64
	forwards := &forwards{conn: conn, open: map[string]net.Listener{}}
	s.work.Go(func() { forwards.serve(requests, &s.work) })
	for channel := range channels {
		switch channel.ChannelType() {
		case "session":
			if int(sessions.Add(1)) > s.options.MaxSessions {
				sessions.Add(-1)
				_ = channel.Reject(ssh.ConnectionFailed, "open failed")
				continue
			}
			s.work.Go(func() {
				defer sessions.Add(-1)
				s.session(conn, channel)
			})
		case "direct-tcpip":
			s.work.Go(func() { direct(channel) })
		default:
			_ = channel.Reject(ssh.UnknownChannelType, "unknown")
		}
	}
	forwards.close()
}
