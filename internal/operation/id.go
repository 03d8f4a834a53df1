package operation

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Party is a host with its part in the procedure: "source", "target" or "host".
type Party struct {
	ID     string // of the host
	Role   string
	Called string // in sentences, where that is not its role: of a back-out the declaration's target is the source
	Named  bool   // Role is a name of its own
}

// the is the party in a sentence.
func (p Party) the() string {
	switch {
	case p.Named:
		return p.Role
	case p.Called != "":
		return "the " + p.Called
	}
	return "the " + p.Role
}

// Name makes a part of an id out of any text: letters, digits, dot, dash and underscore stay; what is lost otherwise comes back as a digest, so that
// two absolute paths never share a name (slashes at the end apart), nor two words without a slash.
func Name(text string) string {
	lossy := strings.Contains(text, "/") && strings.Contains(text, "-")
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return '-'
		case plain(r):
			return r
		}
		lossy = true
		return '_'
	}, strings.Trim(text, "/"))
	if lossy || len(name) > longestName || name == "" {
		sum := sha256.Sum256([]byte(text))
		name = name[:min(len(name), longestName-10)] + "." + hex.EncodeToString(sum[:3])
	}
	return name
}

// longestName keeps folder names on the hosts readable.
const longestName = 60

func plain(r rune) bool {
	return r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// on starts an operation of a kind on a party's host; what makes the id unique.
func on(kind string, p Party, stage runbook.Stage, what ...string) runbook.Operation {
	id := kind + "." + p.Role
	for _, w := range what {
		id += "." + Name(w)
	}
	return runbook.Operation{ID: id, Kind: kind, Stage: stage, Host: p.ID, Role: p.Role}
}
