package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// errNoPassphrase: an identity file is encrypted and nothing opens it.
var errNoPassphrase = errors.New("the key is encrypted: set " + PassphraseVariable + " or load it into the agent")

// identity is what one login can offer.
type identity struct {
	signers []ssh.Signer
	offered []string
	notes   []string
	agent   net.Conn
}

// close ends the talk with the agent.
func (i *identity) close() error {
	if i.agent == nil {
		return nil
	}
	return i.agent.Close()
}

func (i *identity) add(signer ssh.Signer, name string) {
	same := func(other ssh.Signer) bool { return sameKey(other.PublicKey(), signer.PublicKey()) }
	if slices.ContainsFunc(i.signers, same) {
		return
	}
	i.signers = append(i.signers, signer)
	i.offered = append(i.offered, name)
}

// loadIdentity gathers keys: files first (certificate, then key), then the
// agent's. The caller closes it after the login.
func loadIdentity(ctx context.Context, config Config) (*identity, error) {
	found := &identity{}
	held, err := found.fromAgent(ctx, config)
	if err != nil {
		found.notes = append(found.notes, err.Error())
	}
	files, chosen := config.IdentityFiles, true
	if len(files) == 0 {
		files, chosen = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"}, false
	}
	for _, name := range files {
		err := found.fromFile(config, name, held)
		switch {
		case err == nil, !chosen && errors.Is(err, fs.ErrNotExist):
		case chosen:
			return nil, errors.Join(err, found.close())
		default:
			found.notes = append(found.notes, err.Error())
		}
	}
	for _, signer := range held {
		found.add(signer, "agent key "+ssh.FingerprintSHA256(signer.PublicKey()))
	}
	return found, nil
}

// fromAgent lists the agent's keys; nil where none is to be used.
func (i *identity) fromAgent(ctx context.Context, config Config) ([]ssh.Signer, error) {
	socket := config.AgentSocket
	if socket == "" {
		socket = os.Getenv("SSH_AUTH_SOCK")
	}
	if !config.UseAgent || socket == "" {
		return nil, nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("agent at %s: %w", socket, err)
	}
	i.agent = conn
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, fmt.Errorf("list the agent's keys: %w", err)
	}
	return signers, nil
}

// fromFile reads one private key and the certificate beside it.
func (i *identity) fromFile(config Config, name string, held []ssh.Signer) error {
	file, err := expandHome(name)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return fmt.Errorf("read identity file: %w", err)
	}
	signer, err := parseKey(config, file, data)
	if errors.Is(err, errNoPassphrase) && agentHolds(file, held) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("identity file %s: %w", file, err)
	}
	certified, err := withCertificate(file, signer)
	if err != nil {
		return err
	}
	if certified != nil {
		i.add(certified, file+"-cert.pub")
	}
	i.add(signer, file)
	return nil
}

func parseKey(config Config, file string, data []byte) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(data)
	var missing *ssh.PassphraseMissingError
	if err == nil {
		return signer, nil
	}
	if !errors.As(err, &missing) {
		return nil, fmt.Errorf("read private key: %w", err)
	}
	passphrase := Secret(os.Getenv(PassphraseVariable))
	if config.Passphrase != nil {
		if passphrase, err = config.Passphrase(file); err != nil {
			return nil, fmt.Errorf("get passphrase: %w", err)
		}
	}
	if passphrase == "" {
		return nil, errNoPassphrase
	}
	signer, err = ssh.ParsePrivateKeyWithPassphrase(data, []byte(passphrase.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("open encrypted key: %w", err)
	}
	return signer, nil
}

// agentHolds reports whether the agent has the key whose public half is
// beside file, so that the encrypted file is not needed.
func agentHolds(file string, held []ssh.Signer) bool {
	data, err := os.ReadFile(file + ".pub") //nolint:gosec // the user names the file
	if err != nil {
		return false
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(held, func(s ssh.Signer) bool { return bytes.Equal(s.PublicKey().Marshal(), public.Marshal()) })
}

// withCertificate pairs signer with FILE-cert.pub; nil where there is none.
func withCertificate(file string, signer ssh.Signer) (ssh.Signer, error) {
	name := file + "-cert.pub"
	data, err := os.ReadFile(name) //nolint:gosec // the user names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no certificate is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", name, err)
	}
	certificate, ok := public.(*ssh.Certificate)
	if !ok {
		return nil, fmt.Errorf("certificate %s: it holds a plain key", name)
	}
	certified, err := ssh.NewCertSigner(certificate, signer)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", name, err)
	}
	return certified, nil
}
