package remote_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
)

func TestDeadPeer(t *testing.T) {
	t.Parallel()
	made := remotetest.New(t, remotetest.InProcess, remotetest.Options{})
	relay := newWire(t, made.Server.Port())
	_, port, err := net.SplitHostPort(relay.listener.Addr().String())
	if err != nil {
		t.Fatalf("read address: %v", err)
	}
	if _, err := fmt.Sscan(port, &made.Endpoint.Port); err != nil {
		t.Fatalf("read port: %v", err)
	}
	made.Config.KeepAlive = 100 * time.Millisecond
	host := made.Host(t)
	// Longer than three intervals of silence: a peer that answers is alive.
	if result, err := host.Run(t.Context(), remote.Command{Argv: []string{"sleep", "1"}}); err != nil || result.Exit != 0 {
		t.Fatalf("slow command: %+v, %v", result, err)
	}
	relay.mu.Lock()
	relay.cut = true
	relay.mu.Unlock()
	started := time.Now()
	_, err = host.Run(t.Context(), remote.Command{Argv: []string{"true"}, Stdout: io.Discard})
	if err == nil {
		t.Error("a dead peer answered")
	}
	if took := time.Since(started); took > 15*time.Second {
		t.Errorf("noticed after %s", took)
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	made := remotetest.New(t, remotetest.InProcess, remotetest.Options{})
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Fatalf("this machine has no IPv6 loopback: %v", err)
	}
	relay := &wire{listener: listener, target: fmt.Sprintf("127.0.0.1:%d", made.Server.Port())}
	relay.work.Go(relay.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		made.Server.Drop()
		relay.work.Wait()
	})
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("address %v", listener.Addr())
	}
	made.Endpoint.Addresses, made.Endpoint.Port = []string{"::1"}, address.Port
	pool := remote.NewPool(made.Config)
	host := pool.Host(made.Endpoint)
	if err := host.Connect(t.Context()); err != nil {
		t.Errorf("connect: %v", err)
	}
	if host.Address() != "::1" {
		t.Errorf("connected to %q", host.Address())
	}
	if err := pool.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	relay.mu.Lock()
	for _, conn := range relay.conns {
		_ = conn.Close()
	}
	relay.mu.Unlock()
}

// silent is a port that accepts and says nothing.
func silent(t *testing.T) int {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("address %v", listener.Addr())
	}
	return address.Port
}

func TestDialTimeout(t *testing.T) {
	t.Parallel()
	key := remotetest.NewKey(t)
	config := remote.Config{IdentityFiles: []string{key.Write(t, "")}, DialTimeout: 200 * time.Millisecond}
	host := remotetest.NewPool(t, config).Host(remote.Endpoint{Addresses: []string{"127.0.0.1"}, Port: silent(t), HostKey: key.Authorized()})
	if err := host.Connect(t.Context()); !errors.Is(err, remote.ErrUnreachable) || !strings.Contains(err.Error(), "no answer within 200ms") {
		t.Errorf("got %v", err)
	}
}

func TestSharedDialOutlivesOneCaller(t *testing.T) {
	t.Parallel()
	key := remotetest.NewKey(t)
	pool := remote.NewPool(remote.Config{IdentityFiles: []string{key.Write(t, "")}, DialTimeout: time.Minute})
	host := pool.Host(remote.Endpoint{Addresses: []string{"127.0.0.1"}, Port: silent(t), HostKey: key.Authorized()})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := host.Connect(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("caller that gives up: got %v", err)
	}
	waiting := make(chan error, 1)
	go func() { waiting <- host.Connect(context.WithoutCancel(ctx)) }()
	if err := pool.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := <-waiting; !errors.Is(err, remote.ErrClosed) {
		t.Errorf("closed while dialling: got %v, want ErrClosed", err)
	}
}

func TestBadEndpoint(t *testing.T) {
	t.Parallel()
	pool := remotetest.NewPool(t, remote.Config{})
	for want, endpoint := range map[string]remote.Endpoint{
		"no address": {},
		"port 70000": {Addresses: []string{"h"}, Port: 70000},
		"become":     {Addresses: []string{"h"}, Become: "su"},
		"jump":       {Addresses: []string{"h"}, Jump: "bastion"},
	} {
		if err := pool.Host(endpoint).Connect(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// certified is a signer whose public key is a host certificate for name.
func certified(t *testing.T, key, authority remotetest.Key, name string) remotetest.Key {
	t.Helper()
	certificate := &ssh.Certificate{Key: key.Signer.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{name}, ValidBefore: ssh.CertTimeInfinity}
	if err := certificate.SignCert(rand.Reader, authority.Signer); err != nil {
		t.Fatalf("sign: %v", err)
	}
	signer, err := ssh.NewCertSigner(certificate, key.Signer)
	if err != nil {
		t.Fatalf("pair: %v", err)
	}
	return remotetest.Key{Private: key.Private, Signer: signer}
}

func TestJumpCertificate(t *testing.T) {
	t.Parallel()
	authority, other := remotetest.NewKey(t), remotetest.NewKey(t)
	jump := remotetest.New(t, remotetest.InProcess, remotetest.Options{HostKey: certified(t, remotetest.NewKey(t), authority, "127.0.0.1")})
	made := remotetest.New(t, remotetest.InProcess, remotetest.Options{Authorized: []string{jump.Login.Authorized()}})
	made.Endpoint.Jump = fmt.Sprintf("ssh://127.0.0.1:%d", jump.Server.Port())
	for _, test := range []struct {
		authority remotetest.Key
		works     bool
	}{{authority, true}, {other, false}} {
		config := jump.Config
		config.KnownHostsFiles = []string{remotetest.WriteFile(t, "known_hosts", "@cert-authority * "+test.authority.Authorized()+"\n")}
		err := remotetest.NewPool(t, config).Host(made.Endpoint).Connect(t.Context())
		var wrong *remote.HostKeyError
		if test.works && err != nil || !test.works && !errors.As(err, &wrong) {
			t.Errorf("authority known %v: got %v", test.works, err)
		}
	}
}

// BenchmarkRun measures one command over a kept connection.
func BenchmarkRun(b *testing.B) {
	for name, start := range map[string]remotetest.Maker{"InProcess": remotetest.InProcess, "OpenSSH": remotetest.OpenSSH} {
		b.Run(name, func(b *testing.B) {
			host := remotetest.New(b, start, remotetest.Options{}).Host(b)
			for b.Loop() {
				if _, err := host.Run(b.Context(), remote.Command{Argv: []string{"true"}}); err != nil {
					b.Fatalf("run: %v", err)
				}
			}
		})
	}
}
