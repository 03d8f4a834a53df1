package remote

import (
	"bytes"
	"errors"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"
)

// checker is how one machine's key is judged.
type checker struct {
	algorithms []string
	verify     ssh.HostKeyCallback
	// others are algorithms to ask for next, where only a fingerprint is
	// known: a host shows one key at a time.
	others [][]string
}

// pinChecker accepts the pinned key only.
func pinChecker(pinned pin, address string) checker {
	otherTypes := [][]string{
		{ssh.KeyAlgoED25519},
		{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
		algorithms(ssh.KeyAlgoRSA),
	}
	verify := func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if presented := ssh.FingerprintSHA256(key); presented != pinned.id {
			return &HostKeyError{
				Address: address, File: pinned.file, Line: pinned.line, Expected: pinned.id, Presented: presented,
				Detail: "another machine answers at this address, or its key was changed",
			}
		}
		return nil
	}
	if pinned.key == nil {
		return checker{algorithms: otherTypes[0], verify: verify, others: otherTypes[1:]}
	}
	return checker{algorithms: algorithms(pinned.key.Type()), verify: verify}
}

// algorithms are the signature algorithms of a key type.
func algorithms(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// certificateAlgorithms are those of host certificates, of any key.
func certificateAlgorithms() []string {
	return []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01,
		ssh.CertAlgoECDSA521v01, ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
	}
}

// nameChecker accepts what known_hosts has for a jump host's name: one of its
// keys, or a certificate of one of its authorities.
func nameChecker(lines []knownLine, files []string, hop Hop) (checker, error) {
	var keys, authorities []knownLine
	for _, line := range lines {
		switch {
		case line.marker == markerRevoked || !line.matches(hop.Host, hop.Port, false):
		case line.marker == markerCA:
			authorities = append(authorities, line)
		default:
			keys = append(keys, line)
		}
	}
	address := hostPort(hop.Host, hop.Port)
	if len(keys)+len(authorities) == 0 {
		return checker{}, unknownHop(address, files)
	}
	var offered []string
	if len(authorities) > 0 {
		offered = certificateAlgorithms()
	}
	for _, line := range keys {
		for _, algorithm := range algorithms(line.key.Type()) {
			if !slices.Contains(offered, algorithm) {
				offered = append(offered, algorithm)
			}
		}
	}
	verify := func(name string, remote net.Addr, key ssh.PublicKey) error {
		if line, bad := revoked(lines, key); bad {
			print := ssh.FingerprintSHA256(key)
			return &HostKeyError{Address: address, File: line.file, Line: line.line, Expected: print, Presented: print, Detail: "this key is revoked"}
		}
		if certificate, ok := key.(*ssh.Certificate); ok {
			return checkCertificate(authorities, certificate, name, remote)
		}
		return checkKeys(keys, address, key)
	}
	return checker{algorithms: offered, verify: verify}, nil
}

func unknownHop(address string, files []string) error {
	return &HostKeyError{Address: address, Detail: "this is a jump host: add its key to " + files[0]}
}

func checkKeys(keys []knownLine, address string, key ssh.PublicKey) error {
	failed := &HostKeyError{Address: address, Presented: ssh.FingerprintSHA256(key)}
	for _, line := range keys {
		if sameKey(line.key, key) {
			return nil
		}
		if failed.File == "" || line.key.Type() == key.Type() {
			failed.File, failed.Line, failed.Expected = line.file, line.line, ssh.FingerprintSHA256(line.key)
		}
	}
	failed.Detail = "another machine answers at this address, or its key was changed"
	return failed
}

func checkCertificate(authorities []knownLine, certificate *ssh.Certificate, name string, remote net.Addr) error {
	check := ssh.CertChecker{IsHostAuthority: func(key ssh.PublicKey, _ string) bool {
		return slices.ContainsFunc(authorities, func(line knownLine) bool { return sameKey(line.key, key) })
	}}
	err := check.CheckHostKey(name, remote, certificate)
	if err == nil {
		return nil
	}
	failed := &HostKeyError{Address: name, Presented: ssh.FingerprintSHA256(certificate.SignatureKey), Detail: err.Error()}
	if len(authorities) > 0 {
		line := authorities[0]
		failed.File, failed.Line, failed.Expected = line.file, line.line, ssh.FingerprintSHA256(line.key)
	}
	return failed
}

// sshAuthRefused reports whether a handshake failed at the login. x/crypto
// has a type only for the server's side of this.
func sshAuthRefused(err error) bool {
	return err != nil && (bytes.Contains([]byte(err.Error()), []byte("unable to authenticate")) ||
		errors.Is(err, ssh.ErrNoAuth))
}
