//go:build lab

package acceptance_test

import (
	"fmt"
	"regexp"
	"testing"
)

// proof counts which of a procedure's numbered steps were carried out and seen on the hosts.
type proof struct {
	procedure     string // as the documents call it
	steps, proved int
}

// run makes one part of a procedure's test; those that are named after a step ("C2_…") count.
func (p *proof) run(t *testing.T, name string, part func(t *testing.T)) bool {
	t.Helper()
	ok := t.Run(name, part)
	if regexp.MustCompile(`^[A-Z][0-9]+_`).MatchString(name) {
		p.steps++
		if ok {
			p.proved++
		}
	}
	return ok
}

// tell prints the line with which a procedure's test ends.
func (p *proof) tell() {
	fmt.Printf("procedure %s: steps=%d proved=%d\n", p.procedure, p.steps, p.proved)
}
