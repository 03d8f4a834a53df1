// Package shell makes lines for a POSIX shell: the one place where values become shell words.
package shell

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Quote makes one line for a POSIX shell out of an argument vector, so that
// the shell runs exactly argv: no expansion, no assignment, no reserved word.
// It is the only function of the project that does so. An argument cannot hold
// a NUL byte; the remote layer refuses one.
func Quote(argv ...string) string {
	if len(argv) == 0 {
		return ""
	}
	line := shellescape.QuoteCommand(argv)
	first := argv[0]
	if shellescape.Quote(first) == first && (strings.Contains(first, "=") || reserved(first)) {
		// Bare, the shell would read an assignment or a keyword here.
		line = "'" + first + "'" + line[len(first):]
	}
	return line
}

// reserved reports whether a shell reads word, unquoted in command position,
// as syntax (POSIX.1-2017 XCU 2.4, and what bash, ksh and zsh add).
func reserved(word string) bool {
	switch word {
	case "if", "then", "else", "elif", "fi", "do", "done", "case", "esac",
		"while", "until", "for", "in", "function", "select", "time",
		"coproc", "namespace", "repeat", "foreach", "end", "nocorrect":
		return true
	default:
		return false
	}
}
