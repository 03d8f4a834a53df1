//go:build lab

package acceptance_test

import (
	"regexp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// proof counts which of a procedure's numbered steps were carried out and seen on the hosts.
type proof struct {
	procedure     string // as the documents call it
	steps, proved int
}

// note counts a part of a procedure's test, if it is named after a step ("C2_…"), and gives back how it ended.
func (p *proof) note(name string, ok bool) bool {
	if regexp.MustCompile(`^[A-Z][0-9]+_`).MatchString(name) {
		p.steps++
		if ok {
			p.proved++
		}
	}
	return ok
}

// tell prints the line with which a procedure's test ends.
func (p *proof) tell() error {
	return lab.Tell("procedure %s: steps=%d proved=%d", p.procedure, p.steps, p.proved)
}
