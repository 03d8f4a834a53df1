// Package remotetest holds SSH servers for tests, one in the process and
// OpenSSH's, and the conformance suite that package remote passes with both.
package remotetest

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Server is an SSH server on 127.0.0.1 that runs commands as the user of the test.
type Server interface {
	// Port is where it listens.
	Port() int
	// Drop ends all connections; the server goes on.
	Drop()
	// Accepted counts the connections so far.
	Accepted() int
}

// Options are how a server shall be.
type Options struct {
	// HostKey identifies it.
	HostKey Key
	// Authorized are lines of authorized_keys; the in-process server ignores
	// the options in them.
	Authorized []string
	// UserCA signs certificates that may log in.
	UserCA *Key
	// MaxSessions on a connection, 10 where it is 0.
	MaxSessions int
	// Path comes first in the PATH of commands.
	Path string
	// NoAgent refuses agent forwarding.
	NoAgent bool
}

// Maker starts a server that ends with the test.
type Maker func(tb testing.TB, options Options) Server

// Key is a key pair.
type Key struct {
	Private crypto.PrivateKey
	Signer  ssh.Signer
}

// NewKey makes an ed25519 key pair.
func NewKey(tb testing.TB) Key {
	tb.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatalf("make key: %v", err)
	}
	return KeyOf(tb, private)
}

// KeyOf wraps a private key.
func KeyOf(tb testing.TB, private crypto.PrivateKey) Key {
	tb.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		tb.Fatalf("wrap key: %v", err)
	}
	return Key{private, signer}
}

// Authorized is the public half as in authorized_keys.
func (k Key) Authorized() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.Signer.PublicKey())))
}

// Fingerprint names the key.
func (k Key) Fingerprint() string { return ssh.FingerprintSHA256(k.Signer.PublicKey()) }

// Write writes the private key to a new file, encrypted if passphrase is not empty.
func (k Key) Write(tb testing.TB, passphrase string) string {
	tb.Helper()
	block, err := ssh.MarshalPrivateKey(k.Private, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(k.Private, "test", []byte(passphrase))
	}
	if err != nil {
		tb.Fatalf("encode key: %v", err)
	}
	return WriteFile(tb, "key", string(pem.EncodeToMemory(block)))
}

// WriteFile writes a file into a new directory, readable by the owner only.
func WriteFile(tb testing.TB, name, content string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		tb.Fatalf("write file: %v", err)
	}
	return file
}

// User is the name of the user who runs the test.
func User(tb testing.TB) string {
	tb.Helper()
	current, err := user.Current()
	if err != nil {
		tb.Fatalf("find user: %v", err)
	}
	return current.Username
}

// Fixture is a server with a client's configuration that fits.
type Fixture struct {
	Server   Server
	HostKey  Key
	Login    Key
	Config   remote.Config
	Endpoint remote.Endpoint
}

// New starts a server and makes the configuration to reach it.
func New(tb testing.TB, start Maker, options Options) Fixture {
	tb.Helper()
	made := Fixture{HostKey: NewKey(tb), Login: NewKey(tb)}
	if options.HostKey.Signer == nil {
		options.HostKey = made.HostKey
	}
	made.HostKey = options.HostKey
	options.Authorized = append(options.Authorized, made.Login.Authorized())
	made.Server = start(tb, options)
	made.Config = remote.Config{
		User: User(tb), IdentityFiles: []string{made.Login.Write(tb, "")},
		KnownHostsFiles: []string{WriteFile(tb, "known_hosts", "")},
	}
	made.Endpoint = remote.Endpoint{
		Addresses: []string{"127.0.0.1"}, Port: made.Server.Port(), HostKey: made.HostKey.Authorized(),
	}
	return made
}

// Host gives the fixture's host in a pool that ends with the test.
func (f Fixture) Host(tb testing.TB) *remote.Host {
	tb.Helper()
	return NewPool(tb, f.Config).Host(f.Endpoint)
}

// NewPool makes a pool that ends with the test.
func NewPool(tb testing.TB, config remote.Config) *remote.Pool {
	tb.Helper()
	pool := remote.NewPool(config)
	tb.Cleanup(func() {
		if err := pool.Close(); err != nil {
			tb.Errorf("close pool: %v", err)
		}
	})
	return pool
}

// knownName is the name of a loopback port in known_hosts.
func knownName(port int) string { return "[127.0.0.1]:" + strconv.Itoa(port) }

// listen opens a loopback port that ends with the test.
func listen(tb testing.TB) net.Listener {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	return listener
}

func portOf(tb testing.TB, address net.Addr) int {
	tb.Helper()
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		tb.Fatalf("address %v is not of TCP", address)
	}
	return tcp.Port
}
