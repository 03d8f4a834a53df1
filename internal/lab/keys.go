package lab

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// SSHKey is the path of the private key that every host lets in as root.
func (l *Lab) SSHKey() string { return filepath.Join(l.dir, "id_ed25519") }

// KnownHosts is the path of a known_hosts file with every host's key under its
// addresses and names: known because the lab made the keys itself.
func (l *Lab) KnownHosts() string { return filepath.Join(l.dir, "known_hosts") }

// HostKey is a host's ed25519 key as a line of an authorized_keys file, without comment.
func (l *Lab) HostKey(host string) (string, error) {
	text, err := os.ReadFile(filepath.Join(l.hostDir(host), "host_key.pub"))
	if err != nil {
		return "", err
	}
	f := strings.Fields(string(text))
	if len(f) < 2 {
		return "", fmt.Errorf("host key of %s: %q is not a public key", host, text)
	}
	return f[0] + " " + f[1], nil
}

// Fingerprint is a public key's SHA256 fingerprint as OpenSSH prints it.
func Fingerprint(publicKey string) (string, error) {
	f := strings.Fields(publicKey)
	if len(f) < 2 {
		return "", fmt.Errorf("%q is not a public key", publicKey)
	}
	blob, err := base64.StdEncoding.DecodeString(f[1])
	if err != nil {
		return "", fmt.Errorf("public key: %w", err)
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), nil
}

// FingerprintSHA256 is the fingerprint of a host's ed25519 key.
func (l *Lab) FingerprintSHA256(host string) (string, error) {
	key, err := l.HostKey(host)
	if err != nil {
		return "", err
	}
	return Fingerprint(key)
}

func makeKey(ctx context.Context, path, comment string) error {
	_, err := run(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path)
	return err
}

func (l *Lab) makeHostKeys(ctx context.Context, h HostSpec, tree *Tree) error {
	path := filepath.Join(tree.dir, "etc/ssh/ssh_host_ed25519_key")
	if err := makeKey(ctx, path, "root@"+h.FQDN); err != nil {
		return err
	}
	key, err := os.ReadFile(path + ".pub") //nolint:gosec // the key that was just made
	if err != nil {
		return err
	}
	// sshd would complain about the host keys of its defaults that are not there.
	sshd := "HostKey /etc/ssh/ssh_host_ed25519_key\nUseDNS no\n"
	if err := tree.Write("/etc/ssh/sshd_config.d/lab.conf", []byte(sshd), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.hostDir(h.Name), "host_key.pub"), key, 0o644) //nolint:gosec // public
}

func (l *Lab) writeKnownHosts() error {
	var text strings.Builder
	for _, h := range l.state.Hosts {
		key, err := l.HostKey(h.Name)
		if err != nil {
			return err
		}
		names := []string{h.FQDN, h.Name}
		for _, a := range h.Addresses {
			if !l.shared(a.Addr().String(), h.Name) {
				names = append(names, a.Addr().String())
			}
		}
		fmt.Fprintf(&text, "%s %s\n", strings.Join(names, ","), key)
	}
	return os.WriteFile(l.KnownHosts(), []byte(text.String()), 0o644) //nolint:gosec // public keys
}

// shared says whether another host has the address too.
func (l *Lab) shared(address, except string) bool {
	for _, h := range l.state.Hosts {
		for _, a := range h.Addresses {
			if h.Name != except && a.Addr().String() == address {
				return true
			}
		}
	}
	return false
}
