package remote

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // known_hosts hashes names with HMAC-SHA1, sshd(8)
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
)

const (
	markerCA      = "cert-authority"
	markerRevoked = "revoked"
)

// knownLine is one line of a known_hosts file, see sshd(8).
type knownLine struct {
	file   string
	line   int
	marker string
	names  []string
	key    ssh.PublicKey
}

// parseKnownHosts reads a known_hosts file. As OpenSSH does, it passes over
// lines it cannot read (other key types, SSH 1).
func parseKnownHosts(file string, data []byte) []knownLine {
	var lines []knownLine
	for i, raw := range bytes.Split(data, []byte("\n")) {
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || raw[0] == '#' {
			continue
		}
		marker, names, key, _, _, err := ssh.ParseKnownHosts(raw)
		if err != nil {
			continue
		}
		lines = append(lines, knownLine{file: file, line: i + 1, marker: marker, names: names, key: key})
	}
	return lines
}

// readKnownHosts reads all files of the configuration and gives their names
// beside the lines. A file that does not exist has no lines.
func readKnownHosts(config Config) ([]knownLine, []string, error) {
	files := config.KnownHostsFiles
	if len(files) == 0 {
		files = []string{"~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts"}
	}
	var lines []knownLine
	for _, name := range files {
		file, err := expandHome(name)
		if err != nil {
			return nil, nil, err
		}
		data, err := os.ReadFile(file) //nolint:gosec // the user names the file
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read known hosts: %w", err)
		}
		lines = append(lines, parseKnownHosts(file, data)...)
	}
	return lines, files, nil
}

// matches reports whether the line speaks of address and port. strict leaves
// out lines that name the host without its port other than 22.
func (k knownLine) matches(address string, port int, strict bool) bool {
	name := strings.ToLower(knownhosts.Normalize(hostPort(address, port)))
	if k.names1(name) {
		return true
	}
	return !strict && port != defaultPort && k.names1(strings.ToLower(strings.Trim(address, "[]")))
}

// names1 reports whether one of the line's patterns is name and none excludes it.
func (k knownLine) names1(name string) bool {
	found := false
	for _, pattern := range k.names {
		if strings.HasPrefix(pattern, "|") {
			found = found || hashedName(pattern, name)
			continue
		}
		pattern, negated := strings.CutPrefix(strings.ToLower(pattern), "!")
		if !wildcard(pattern, name) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// hashedName reports whether a pattern "|1|salt|hash" is name.
func hashedName(pattern, name string) bool {
	parts := strings.Split(pattern, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	want, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return false
	}
	sum := hmac.New(sha1.New, salt)
	sum.Write([]byte(name))
	return hmac.Equal(want, sum.Sum(nil))
}

// wildcard matches with * and ? only; brackets stand for themselves, as in
// the names of hosts with a port.
func wildcard(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return pattern == name
	}
	escape := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`)
	// path.Match stops * at a slash, which no host name holds.
	ok, err := path.Match(escape.Replace(pattern), name)
	return err == nil && ok
}

// revoked gives the line that revokes key, for any name.
func revoked(lines []knownLine, key ssh.PublicKey) (knownLine, bool) {
	for _, line := range lines {
		if line.marker == markerRevoked && sameKey(line.key, key) {
			return line, true
		}
	}
	return knownLine{}, false
}

// sameKey compares public keys by their wire form.
func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
