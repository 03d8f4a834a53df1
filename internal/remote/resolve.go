package remote

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// pin is the key a host must present.
type pin struct {
	// id is the key's fingerprint.
	id string
	// key is nil where only the fingerprint is known.
	key  ssh.PublicKey
	file string
	line int
}

// ResolveID names the host of an endpoint without touching the network: by
// HostKey; else by ID, if known_hosts has that key; else by the key that
// known_hosts has for the first of the addresses that it knows (hashed names
// and [host]:port too; ed25519 before ecdsa before rsa). It gives the SHA256
// fingerprint and the key as in authorized_keys. An unknown host is a
// [*HostKeyError].
func ResolveID(config Config, endpoint Endpoint) (string, string, error) {
	pinned, err := resolve(config, endpoint)
	if err != nil {
		return "", "", err
	}
	if pinned.key == nil {
		return "", "", &HostKeyError{Address: pinned.id, Detail: "no known_hosts file has this key: set host_key"}
	}
	return pinned.id, strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(pinned.key)), "\n"), nil
}

// resolve finds the pinned key. Where only ID is given and no file has the
// key, the pin has a fingerprint and no key.
func resolve(config Config, endpoint Endpoint) (pin, error) {
	lines, files, err := readKnownHosts(config)
	if err != nil {
		return pin{}, err
	}
	pinned, err := choosePin(endpoint, lines, files)
	if err != nil {
		return pin{}, err
	}
	if endpoint.ID != "" && endpoint.ID != pinned.id {
		return pin{}, &HostKeyError{Address: endpoint.name(), Expected: endpoint.ID, Presented: pinned.id, Detail: "the configured key is not the one that names the host"}
	}
	if pinned.key != nil {
		if line, bad := revoked(lines, pinned.key); bad {
			return pin{}, &HostKeyError{Address: endpoint.name(), File: line.file, Line: line.line, Expected: pinned.id, Presented: pinned.id, Detail: "this key is revoked"}
		}
	}
	return pinned, nil
}

func choosePin(endpoint Endpoint, lines []knownLine, files []string) (pin, error) {
	if endpoint.HostKey != "" {
		return pinFromText(endpoint)
	}
	if endpoint.ID != "" {
		for _, line := range lines {
			if line.marker == "" && ssh.FingerprintSHA256(line.key) == endpoint.ID {
				return pin{id: endpoint.ID, key: line.key, file: line.file, line: line.line}, nil
			}
		}
		return pin{id: endpoint.ID, file: "the host's id"}, nil
	}
	authority := ""
	for _, address := range endpoint.Addresses {
		for _, strict := range []bool{true, false} {
			best, found := pin{}, false
			for _, line := range lines {
				if line.marker == markerRevoked || !line.matches(address, endpoint.port(), strict) {
					continue
				}
				if line.marker == markerCA {
					authority = fmt.Sprintf("; %s:%d has a certificate authority for it, which does not name the machine", line.file, line.line)
					continue
				}
				if !found || rank(line.key) < rank(best.key) {
					best, found = pin{ssh.FingerprintSHA256(line.key), line.key, line.file, line.line}, true
				}
			}
			if found {
				return best, nil
			}
		}
	}
	return pin{}, &HostKeyError{
		Address: strings.Join(endpoint.Addresses, ", "),
		Detail: "looked in " + strings.Join(files, ", ") + authority +
			"; compare the key with the host's /etc/ssh/ssh_host_*_key.pub, then set host_key or add it to known_hosts",
	}
}

// pinFromText reads Endpoint.HostKey; of a host certificate it takes the key.
func pinFromText(endpoint Endpoint) (pin, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(endpoint.HostKey))
	if err != nil {
		return pin{}, fmt.Errorf("read host_key of %s (want \"ssh-ed25519 AAAA…\"): %w", endpoint.name(), err)
	}
	if certificate, ok := key.(*ssh.Certificate); ok {
		key = certificate.Key
	}
	return pin{id: ssh.FingerprintSHA256(key), key: key, file: "host_key"}, nil
}

// rank orders key types, best first.
func rank(key ssh.PublicKey) int {
	switch key.Type() {
	case ssh.KeyAlgoED25519:
		return 0
	case ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
		return 1
	default:
		return 2
	}
}

// EndpointsByKey gives the endpoints at which known_hosts files place the key
// with the fingerprint id: one for each port, in the order of the files.
// Hashed names and patterns cannot be turned back into addresses.
func EndpointsByKey(config Config, id string) ([]Endpoint, error) {
	lines, _, err := readKnownHosts(config)
	if err != nil {
		return nil, err
	}
	var endpoints []Endpoint
	at := map[int]int{}
	for _, line := range lines {
		if line.marker != "" || ssh.FingerprintSHA256(line.key) != id {
			continue
		}
		for _, name := range line.names {
			if strings.ContainsAny(name, "|*?!") {
				continue
			}
			address, port := splitName(name)
			if _, known := at[port]; !known {
				at[port] = len(endpoints)
				endpoints = append(endpoints, Endpoint{ID: id, Port: port, HostKey: strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(line.key)), "\n")})
			}
			endpoint := &endpoints[at[port]]
			endpoint.Addresses = append(endpoint.Addresses, address)
		}
	}
	return endpoints, nil
}

// splitName reads "name" or "[name]:port".
func splitName(name string) (string, int) {
	if strings.HasPrefix(name, "[") {
		if host, text, err := net.SplitHostPort(name); err == nil {
			if port, err := strconv.Atoi(text); err == nil {
				return host, port
			}
		}
	}
	return strings.Trim(name, "[]"), defaultPort
}
