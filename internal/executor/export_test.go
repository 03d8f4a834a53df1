package executor

import (
	"context"
	"io"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// What the tests reach of the inside.
var (
	ParseSteps  = parseSteps
	FirstCause  = firstCause
	ErrNotBegun = errNotBegun
	ReadRecord  = readRecord
	ParseRuns   = parseRuns
	ParseWaits  = parseWaits
)

// MergeLists compares two lists of entries as a preview does.
func MergeLists(source, target io.Reader) (Preview, error) {
	var p Preview
	err := p.merge(source, target)
	return p, err
}

// Account is what a run says of itself once its steps have ended.
type Account struct {
	Ledger    map[string]string
	Outage    time.Duration
	Backwards []string
	Steps     []StepResult
}

// AccountOf gives the account of a run whose operations ended with these results.
func AccountOf(book runbook.Runbook, results map[string]StepResult, committed bool, since time.Duration) Account {
	r := &run{book: book, results: results, committed: committed, started: time.Now().Add(-since)}
	return Account{r.ledger(), r.outage(), r.backwards(), r.steps()}
}

// Seen is what preflight's hosts say; an error stands for a host that is away.
type Seen struct {
	Source, Target map[string]string
	Helpers        []map[string]string
	Err            error
	Now            time.Time
	Ways           map[string][]string // at which addresses hosts are looked for
}

// Judge gives the findings of preflight.
func Judge(d declare.Cutover, seen Seen) []Finding {
	p := &preflight{d: d, ways: seen.Ways, source: &looked{role: "source", answers: seen.Source}, target: &looked{role: "target", answers: seen.Target, err: seen.Err}, now: seen.Now}
	for _, s := range d.Syncs {
		p.trees = append(p.trees, operation.Trees(s)...)
	}
	for _, answers := range seen.Helpers {
		p.helpers = append(p.helpers, &looked{role: "192.0.2.50", answers: answers, err: seen.Err})
	}
	return p.findings()
}

// Relay opens a relay and gives its port and its end.
func Relay(ctx context.Context, at, to *remote.Host) (int, func() error, error) {
	r, err := newRelay(ctx, at, to)
	if err != nil {
		return 0, nil, err
	}
	return r.port, r.close, nil
}

// Owner is who holds the controller's locks.
func (c *Controller) Owner() string { return c.owner }

// Named is what a host is called where people read it.
func (c *Controller) Named(id string) (string, error) {
	h, err := c.host(id)
	if err != nil {
		return "", err
	}
	return h.named(), nil
}
