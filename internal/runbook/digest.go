package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Digest is the SHA-256 over operations, parameters, hosts and order, as "sha256:<hex>". Estimates do not enter it.
func (r Runbook) Digest() (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("digest of runbook %s: %w", r.Name, err)
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// Words is the procedure for people: one line an operation, grouped by stage, and its digest at the end.
// An empty runbook has no words.
func (r Runbook) Words() ([]string, error) {
	if r.Empty() {
		return nil, nil
	}
	digest, err := r.Digest()
	if err != nil {
		return nil, err
	}
	lines := make([]string, 0, len(r.Operations)+1)
	for i, op := range r.Operations {
		line := fmt.Sprintf("%02d %s: %s", i+1, op.Stage, op.Sentence)
		if op.Stage == Change {
			line = fmt.Sprintf("%02d %s", i+1, op.Sentence)
		}
		if op.Offline {
			line += " [offline]"
		}
		if op.Undo != "" && !op.Keep {
			line += " (undo: " + op.Undo + ")"
		}
		lines = append(lines, line)
	}
	return append(lines, "digest "+digest), nil
}
