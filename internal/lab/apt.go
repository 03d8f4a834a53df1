package lab

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

const (
	debianMirror   = "http://deb.debian.org/debian"
	debianSecurity = "http://deb.debian.org/debian-security"
)

// Mirror says where Debian's packages come from.
type Mirror struct {
	Main     string
	Security string
}

// Lines are sources.list lines for bookworm.
func (m Mirror) Lines() []string {
	return []string{
		"deb " + m.Main + " bookworm main",
		"deb " + m.Main + " bookworm-updates main",
		"deb " + m.Security + " bookworm-security main",
	}
}

// ParseSources reads apt sources, deb822 or one line each, and returns Debian's
// mirror, or the public one where the text names none (an Ubuntu machine).
func ParseSources(text string) Mirror {
	m := Mirror{}
	for _, stanza := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n\n") {
		var uris, suites []string
		for _, line := range strings.Split(stanza, "\n") {
			f := strings.Fields(line)
			switch {
			case len(f) > 1 && strings.EqualFold(f[0], "URIs:"):
				uris = append(uris, f[1:]...)
			case len(f) > 1 && strings.EqualFold(f[0], "Suites:"):
				suites = append(suites, f[1:]...)
			case len(f) > 2 && f[0] == "deb":
				uri, suite := oneLine(f[1:])
				m.note(uri, suite)
			}
		}
		for _, uri := range uris {
			m.note(uri, suites...)
		}
	}
	if m.Main == "" {
		m.Main = debianMirror
	}
	if m.Security == "" {
		m.Security = debianSecurity
	}
	return m
}

// note keeps the first of each kind.
func (m *Mirror) note(uri string, suites ...string) {
	uri = strings.TrimSuffix(uri, "/")
	if !strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://") {
		return
	}
	for _, suite := range suites {
		switch {
		case strings.HasSuffix(uri, "debian-security") && m.Security == "":
			m.Security = uri
		case strings.HasSuffix(uri, "/debian") && !strings.Contains(suite, "security") && m.Main == "":
			m.Main = uri
		}
	}
}

// oneLine is the URI and the suite of a sources.list line, without its options.
func oneLine(f []string) (string, string) {
	if strings.HasPrefix(f[0], "[") {
		for len(f) > 0 && !strings.HasSuffix(f[0], "]") {
			f = f[1:]
		}
		if len(f) == 0 {
			return "", ""
		}
		f = f[1:]
	}
	if len(f) < 2 {
		return "", ""
	}
	return f[0], f[1]
}

// machineMirror reads the machine's own apt sources.
func machineMirror() (Mirror, error) {
	files := []string{"/etc/apt/sources.list"}
	for _, pattern := range []string{"/etc/apt/sources.list.d/*.sources", "/etc/apt/sources.list.d/*.list"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return Mirror{}, err
		}
		files = append(files, found...)
	}
	var text strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f) //nolint:gosec // apt's own files
		if err != nil && !os.IsNotExist(err) {
			return Mirror{}, err
		}
		text.Write(data)
		text.WriteString("\n\n")
	}
	return ParseSources(text.String()), nil
}

// ParseAptConfig keeps, of what `apt-config dump` prints, the settings without
// which packages cannot be fetched on this machine: proxies, certificates, time checks.
func ParseAptConfig(dump string) []string {
	var keep []string
	for _, line := range strings.Split(dump, "\n") {
		key, _, _ := strings.Cut(line, " ")
		lower := strings.ToLower(key)
		value := strings.TrimSpace(strings.TrimPrefix(line, key))
		if value == `"";` || strings.HasSuffix(key, "::") {
			continue
		}
		for _, prefix := range []string{
			"acquire::http::", "acquire::https::", "acquire::check-valid-until", "acquire::check-date", "acquire::retries",
		} {
			if strings.HasPrefix(lower, prefix) {
				keep = append(keep, strings.TrimSuffix(line, ";"))
			}
		}
	}
	return keep
}

func machineAptOptions(ctx context.Context) ([]string, error) {
	dump, err := run(ctx, "apt-config", "dump")
	if err != nil {
		return nil, err
	}
	return ParseAptConfig(dump), nil
}
