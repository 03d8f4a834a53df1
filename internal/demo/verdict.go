package demo

import (
	"fmt"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// Enough is how many messages the client must have had accepted for the account to mean something.
const Enough = 2000

// Move is one move of the service: its outage as the client saw it, and as the plan had said.
type Move struct {
	Outage, Predicted time.Duration
}

// Verdict is what came of the whole story.
type Verdict struct {
	Ledger        client.Ledger
	Cutover, Back Move
	Faults        []string // what was not as it should be, a line each
}

// Good says that no message was lost or doubled, that there were enough of them, and that everything that was looked at was as it should be.
func (v Verdict) Good() bool {
	return len(v.Faults) == 0 && v.Ledger.Whole() && v.Ledger.Accepted == v.Ledger.Found && v.Ledger.Found >= Enough
}

// Lines are the last two lines of the story.
func (v Verdict) Lines() []string {
	ledger := fmt.Sprintf("ledger: accepted=%d found=%d lost=%d doubled=%d", v.Ledger.Accepted, v.Ledger.Found, len(v.Ledger.Lost), len(v.Ledger.Doubled))
	if n := len(v.Ledger.Unknown); n > 0 {
		ledger += fmt.Sprintf(" unknown=%d", n)
	}
	return []string{ledger, fmt.Sprintf("outage: cutover=%s predicted=%s · back-out=%s predicted=%s",
		seconds(v.Cutover.Outage), seconds(v.Cutover.Predicted), seconds(v.Back.Outage), seconds(v.Back.Predicted))}
}

// seconds writes a duration in seconds, to the tenth.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// longest is the longest outage of both protocols together that overlaps a time.
func longest(outages []client.Outage, from, to time.Time) time.Duration {
	var most time.Duration
	for _, o := range outages {
		if o.Protocol == "both" && o.From.Before(to) && o.To.After(from) {
			most = max(most, o.To.Sub(o.From))
		}
	}
	return most
}

// accepted counts the messages that were accepted.
func accepted(attempts []client.Attempt) int {
	tokens := map[string]bool{}
	for _, a := range attempts {
		if a.Outcome == client.Accepted {
			tokens[a.Token] = true
		}
	}
	return len(tokens)
}
