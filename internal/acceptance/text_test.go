//go:build lab

package acceptance_test

import (
	"io"
	"maps"
	"slices"
	"strings"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func stringReader(text string) io.Reader { return strings.NewReader(text) }

// lines are the lines of a text without empty ones.
func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return line == "" })
}
