package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"sort"
	"strings"
)

// joinID makes an id out of parts; a comma and a percent sign in a part are escaped.
func joinID(parts ...string) string {
	escape := strings.NewReplacer("%", "%25", ",", "%2C")
	out := make([]string, len(parts))
	for i, part := range parts {
		out[i] = escape.Replace(part)
	}
	return strings.Join(out, ",")
}

// splitID is the inverse of joinID. least is how many parts there must be, form how the id looks, for the error.
func splitID(id string, least int, form string) ([]string, error) {
	unescape := strings.NewReplacer("%2C", ",", "%2c", ",", "%25", "%")
	var parts []string
	for _, part := range strings.Split(id, ",") {
		parts = append(parts, unescape.Replace(part))
	}
	for _, part := range parts {
		if part == "" {
			return nil, fmt.Errorf("import id %q has an empty part: it looks like %s", id, form)
		}
	}
	if len(parts) < least {
		return nil, fmt.Errorf("import id %q has too few parts: it looks like %s", id, form)
	}
	return parts, nil
}

// label makes the short name by which a declaration is known in journals and on hosts: readable, and distinct for distinct ids.
func label(readable, id string) string {
	plain := strings.Trim(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(readable, "-"), "-")
	if plain == "" {
		plain = "x"
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToLower(plain) + "-" + hex.EncodeToString(sum[:3])
}

// treeList writes trees as FROM=>TO, sorted.
func treeList(paths map[string]string) []string {
	out := make([]string, 0, len(paths))
	for from, to := range paths {
		out = append(out, from+"=>"+to)
	}
	sort.Strings(out)
	return out
}

// parseTrees is the inverse of treeList.
func parseTrees(list []string) (map[string]string, error) {
	paths := make(map[string]string, len(list))
	for _, tree := range list {
		from, to, ok := strings.Cut(tree, "=>")
		if !ok {
			return nil, fmt.Errorf("%q is not FROM=>TO", tree)
		}
		for _, p := range []string{from, to} {
			if err := absolute(p); err != nil {
				return nil, fmt.Errorf("path %q: %w", p, err)
			}
		}
		paths[from] = to
	}
	return paths, nil
}

// first gives the lexically first key, as a name for the whole.
func first(paths map[string]string) string {
	name := ""
	for from := range paths {
		if name == "" || from < name {
			name = from
		}
	}
	return path.Base(strings.TrimSuffix(name, "/"))
}
