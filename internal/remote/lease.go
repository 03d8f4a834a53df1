package remote

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// errReadOnlyAgent answers a host that wants to change a forwarded agent.
var errReadOnlyAgent = errors.New("this agent only lists and signs")

// Lease is an ephemeral ed25519 key pair that lives in this process's memory.
// Its public half goes into an authorized_keys file, its private half is only
// ever used through an agent forwarded by [Host.Run].
type Lease struct {
	public ssh.PublicKey
	agent  agent.Agent
	note   string
}

// NewLease makes a key pair. comment ends up in authorized_keys and must be
// one printable line.
func NewLease(comment string) (Lease, error) {
	if strings.ContainsFunc(comment, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Lease{}, fmt.Errorf("lease comment %q: not one printable line", comment)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Lease{}, fmt.Errorf("make lease key: %w", err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return Lease{}, fmt.Errorf("encode lease key: %w", err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: private, Comment: comment}); err != nil {
		return Lease{}, fmt.Errorf("keep lease key: %w", err)
	}
	return Lease{public: key, agent: readOnly{ring}, note: comment}, nil
}

// AuthorizedKey is the public half as one line of authorized_keys, without
// options and without a line end.
func (l Lease) AuthorizedKey() string {
	line := strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(l.public)), "\n")
	if l.note == "" {
		return line
	}
	return line + " " + l.note
}

// Fingerprint names the key, as OpenSSH prints it ("SHA256:…").
func (l Lease) Fingerprint() string { return ssh.FingerprintSHA256(l.public) }

// Agent is an agent that holds this key only and that nobody can add to,
// remove from or lock. Two calls return equal values.
func (l Lease) Agent() agent.Agent { return l.agent }

// Close forgets the private key: sessions still running can no longer sign.
func (l Lease) Close() error {
	ring, ok := l.agent.(readOnly)
	if !ok {
		return nil
	}
	if err := ring.Agent.RemoveAll(); err != nil {
		return fmt.Errorf("forget lease key: %w", err)
	}
	return nil
}

// readOnly keeps the far side from changing the keyring.
type readOnly struct{ agent.Agent }

// Add refuses.
func (readOnly) Add(agent.AddedKey) error { return errReadOnlyAgent }

// Remove refuses.
func (readOnly) Remove(ssh.PublicKey) error { return errReadOnlyAgent }

// RemoveAll refuses.
func (readOnly) RemoveAll() error { return errReadOnlyAgent }

// Lock refuses.
func (readOnly) Lock([]byte) error { return errReadOnlyAgent }

// Unlock refuses.
func (readOnly) Unlock([]byte) error { return errReadOnlyAgent }
