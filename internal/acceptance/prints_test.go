//go:build lab

package acceptance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// stillTrees are the trees in which nothing changes by itself while the source serves.
func stillTrees() []string {
	return []string{"/var/spool/bm-hsm", "/var/spool/sieve", "/var/spool/bm-elasticsearch", "/var/spool/bm-docs", "/var/spool/bm-filehosting"}
}

// listing is a tree with everything that travels: names, kinds, modes, owners,
// sizes, times, link counts, targets and contents, a NUL-free line each.
func (m machine) listing(tree string) string {
	m.t.Helper()
	return m.sh("cd " + tree + ` && LC_ALL=C && export LC_ALL
find . -mindepth 1 -printf '%P\t%y\t%m\t%u:%g\t%T@\t%n\t%l\0' | sort -z | tr '\n\0' '\001\n' | sed 's/^\(.*\td\t[^\t]*\t[^\t]*\t[^\t]*\t\)[0-9]*/\1/'
find . -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\n\0' '\001\n'`)
}

// print is a cheap fingerprint of what a refused run must not change, by topic.
func (m machine) print() map[string]string {
	m.t.Helper()
	out := map[string]string{}
	for topic, script := range map[string]string{
		"services":  "systemctl is-active postfix cyrus-imapd bm-core postgresql@15-main || true; systemctl is-enabled postfix cyrus-imapd bm-core || true",
		"starts":    "systemctl show -p ActiveEnterTimestampMonotonic,InactiveEnterTimestampMonotonic postfix cyrus-imapd bm-core",
		"addresses": "ip -o addr show scope global | awk '{ print $2, $4 }'",
		"boot":      "find /etc/systemd /etc/network -type f -exec sha256sum {} + | sort; find /etc/systemd -type l -printf '%p %l\\n' | sort",
		"fence":     "nft list ruleset",
		"access":    "cat /root/.ssh/authorized_keys",
		"trees":     "find /var/spool/cyrus /var/spool/bm-* /var/spool/sieve /etc/bm* /etc/postfix /etc/imapd* /etc/cyrus* ! -name 'cyrus.*' ! -name prng_exch \\( -type d -printf '%p %m %u\\n' -o -printf '%p %m %u %s %T@\\n' \\) | sort",
		"databases": "runuser -u postgres -- psql -AtXc \"SELECT oid, datname FROM pg_database ORDER BY 2\"",
		"queue":     "find /var/spool/postfix/hold /var/spool/postfix/deferred -type f | wc -l",
		"hold":      "ls " + journalDir + "/hold 2>/dev/null || true",
	} {
		out[topic] = m.sh(script)
	}
	return out
}

// prints are the fingerprints of both hosts.
func (m *migration) prints() map[string]map[string]string {
	m.t.Helper()
	return map[string]map[string]string{m.old.Name(): m.old.print(), m.new.Name(): m.new.print()}
}

// untouched asserts that the hosts are as they were.
func (m *migration) untouched(before map[string]map[string]string) {
	m.t.Helper()
	after := m.prints()
	for _, host := range sides() {
		for _, topic := range sortedNames(before[host]) {
			same(m.t, host+" "+topic, diffLines(before[host][topic], after[host][topic]))
		}
	}
}

// diffLines compares two texts as sets of lines.
func diffLines(before, after string) []string {
	count := map[string]int{}
	for _, line := range lines(before) {
		count[line]--
	}
	for _, line := range lines(after) {
		count[line]++
	}
	var differences []string
	for _, line := range sortedNames(count) {
		switch n := count[line]; {
		case n < 0:
			differences = append(differences, fmt.Sprintf("gone: %q", line))
		case n > 0:
			differences = append(differences, fmt.Sprintf("new: %q", line))
		}
	}
	return differences
}

// missing are the lines of before that after has not.
func missing(before, after string) []string {
	return slices.DeleteFunc(diffLines(before, after), func(line string) bool { return strings.HasPrefix(line, "new:") })
}

// at is the number of the first line that has all the words; -1: none has.
func at(text string, words ...string) int {
	for i, line := range lines(text) {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			return i
		}
	}
	return -1
}

// lifetime is a context that lasts beyond one sub-test.
func (m *migration) lifetime() context.Context { return context.WithoutCancel(m.t.Context()) }
