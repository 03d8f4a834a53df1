package remotetest

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

func connect(t *testing.T, made Fixture) error {
	t.Helper()
	return made.Host(t).Connect(t.Context())
}

func testHostKey(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	actual, other := made.HostKey.Fingerprint(), NewKey(t)
	made.Endpoint.HostKey = other.Authorized()
	err := connect(t, made)
	var wrong *remote.HostKeyError
	if !errors.As(err, &wrong) || wrong.Expected != other.Fingerprint() || wrong.Presented != actual || wrong.File != "host_key" {
		t.Errorf("wrong key: got %v", err)
	}
	if errors.Is(err, remote.ErrUnreachable) {
		t.Error("another machine is not an unreachable one")
	}
	if made.Server.Accepted() != 0 {
		t.Error("logged in to a machine that did not prove its key")
	}
	made.Endpoint.HostKey = ""
	err = connect(t, made)
	if !errors.As(err, &wrong) || wrong.Expected != "" || !strings.Contains(err.Error(), made.Config.KnownHostsFiles[0]) {
		t.Errorf("unknown key: got %v", err)
	}
	made.Endpoint.ID = actual
	if err := connect(t, made); err != nil {
		t.Errorf("by fingerprint: %v", err)
	}
	made.Endpoint.ID = other.Fingerprint()
	if err := connect(t, made); !errors.As(err, &wrong) || wrong.Presented != actual {
		t.Errorf("wrong fingerprint: got %v", err)
	}
}

func testOtherType(t *testing.T, start Maker) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("make key: %v", err)
	}
	key := KeyOf(t, private)
	made := New(t, start, Options{HostKey: key})
	if err := connect(t, made); err != nil {
		t.Errorf("rsa host key: %v", err)
	}
	expected := NewKey(t)
	made.Endpoint.HostKey, made.Endpoint.ID = "", key.Fingerprint()
	if err := connect(t, made); err != nil {
		t.Errorf("rsa host key by its fingerprint: %v", err)
	}
	made.Endpoint.HostKey, made.Endpoint.ID = expected.Authorized(), ""
	var wrong *remote.HostKeyError
	if err := connect(t, made); !errors.As(err, &wrong) || wrong.Presented != key.Fingerprint() || wrong.Expected != expected.Fingerprint() {
		t.Errorf("key of another type: got %v", err)
	}
}

func testKnownHosts(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	made.Endpoint.HostKey = ""
	public, name := made.HostKey.Signer.PublicKey(), knownName(made.Server.Port())
	for what, line := range map[string]string{
		"plain":    knownhosts.Line([]string{name}, public),
		"hashed":   xknownhosts.Line([]string{xknownhosts.HashHostname(name)}, public),
		"no port":  knownhosts.Line([]string{"127.0.0.1"}, public),
		"wildcard": "[127.0.0.*]:* " + made.HostKey.Authorized(),
	} {
		made.Config.KnownHostsFiles = []string{WriteFile(t, "known_hosts", "what is this?\n"+line+"\n")}
		if err := connect(t, made); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	other := NewKey(t)
	file := WriteFile(t, "known_hosts", "\n# changed\n"+xknownhosts.Line([]string{xknownhosts.HashHostname(name)}, other.Signer.PublicKey())+"\n")
	made.Config.KnownHostsFiles = []string{file}
	err := connect(t, made)
	var wrong *remote.HostKeyError
	if !errors.As(err, &wrong) || wrong.File != file || wrong.Line != 3 || wrong.Expected != other.Fingerprint() || wrong.Presented != made.HostKey.Fingerprint() {
		t.Errorf("changed key: got %v", err)
	}
	revoked := knownhosts.Line([]string{name}, public) + "\n@revoked * " + made.HostKey.Authorized() + "\n"
	made.Config.KnownHostsFiles = []string{WriteFile(t, "known_hosts", revoked)}
	if err := connect(t, made); !errors.As(err, &wrong) || wrong.Line != 2 || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("revoked key: got %v", err)
	}
}

func testAddresses(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	made.Endpoint.Addresses = []string{"127.0.0.2", "127.0.0.1"}
	host := made.Host(t)
	run(t, host, "true")
	if host.Address() != "127.0.0.1" {
		t.Errorf("connected to %q", host.Address())
	}
	made.Endpoint.Addresses = []string{"127.0.0.2", "127.0.0.3"}
	if err := connect(t, made); !errors.Is(err, remote.ErrUnreachable) || !strings.Contains(err.Error(), "127.0.0.3") {
		t.Errorf("nobody answers: got %v", err)
	}
	made.Endpoint.Addresses = []string{"127.0.0.2", "127.0.0.1"}
	made.Endpoint.HostKey = NewKey(t).Authorized()
	var wrong *remote.HostKeyError
	if err := connect(t, made); errors.Is(err, remote.ErrUnreachable) || !errors.As(err, &wrong) {
		t.Errorf("somebody else answers: got %v", err)
	}
}

func testRefused(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	file := NewKey(t).Write(t, "")
	made.Config.IdentityFiles = []string{file}
	err := connect(t, made)
	var refused *remote.AuthError
	if !errors.As(err, &refused) || len(refused.Offered) != 1 || refused.Offered[0] != file {
		t.Errorf("got %v, want an AuthError with the key", err)
	}
	if errors.Is(err, remote.ErrUnreachable) {
		t.Error("a host that refuses was reached")
	}
	made.Config.IdentityFiles = []string{"/does/not/exist"}
	if err := connect(t, made); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: got %v", err)
	}
}

func testEncrypted(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	made.Config.IdentityFiles = []string{made.Login.Write(t, "open sesame")}
	if err := connect(t, made); err == nil || !strings.Contains(err.Error(), remote.PassphraseVariable) {
		t.Errorf("without passphrase: got %v", err)
	}
	for passphrase, works := range map[remote.Secret]bool{"open sesame": true, "shut": false} {
		made.Config.Passphrase = func(string) (remote.Secret, error) { return passphrase, nil }
		err := connect(t, made)
		if works != (err == nil) || err != nil && strings.Contains(err.Error(), passphrase.Reveal()) {
			t.Errorf("passphrase %q: got %v", passphrase.Reveal(), err)
		}
	}
}

func testCertificate(t *testing.T, start Maker) {
	authority, login := NewKey(t), NewKey(t)
	made := New(t, start, Options{UserCA: &authority})
	certificate := &ssh.Certificate{
		Key: login.Signer.PublicKey(), CertType: ssh.UserCert, KeyId: "test", ValidPrincipals: []string{User(t)},
		ValidBefore: uint64(time.Now().Add(time.Hour).Unix()), //nolint:gosec // a time after 1970
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-port-forwarding": ""}},
	}
	if err := certificate.SignCert(rand.Reader, authority.Signer); err != nil {
		t.Fatalf("sign certificate: %v", err)
	}
	file := login.Write(t, "")
	made.Config.IdentityFiles = []string{file}
	var refused *remote.AuthError
	if err := connect(t, made); !errors.As(err, &refused) {
		t.Errorf("key alone: got %v", err)
	}
	if err := os.WriteFile(file+"-cert.pub", ssh.MarshalAuthorizedKey(certificate), 0o600); err != nil {
		t.Fatalf("write certificate: %v", err)
	}
	if err := connect(t, made); err != nil {
		t.Errorf("with certificate: %v", err)
	}
}

func testAgent(t *testing.T, start Maker) {
	made := New(t, start, Options{})
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: made.Login.Private}); err != nil {
		t.Fatalf("fill agent: %v", err)
	}
	socket := filepath.Join(t.TempDir(), "a")
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(ring, conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	made.Config.IdentityFiles = []string{made.Login.Write(t, "closed")}
	if err := os.WriteFile(made.Config.IdentityFiles[0]+".pub", []byte(made.Login.Authorized()), 0o600); err != nil {
		t.Fatalf("write public key: %v", err)
	}
	made.Config.UseAgent, made.Config.AgentSocket = true, socket
	if err := connect(t, made); err != nil {
		t.Errorf("with the agent: %v", err)
	}
}
