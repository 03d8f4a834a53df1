//go:build lab

package acceptance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// timed is a window with a bound at a time from now.
func timed(bound string, in time.Duration) []string {
	return []string{"window", fmt.Sprintf("{ confirm_within = \"10m\", %s = %q }", bound, time.Now().Add(in).UTC().Format(time.RFC3339))}
}

// refusedWindows applies moves outside their windows: nothing is frozen, and no service is so much as restarted.
func (f *failures) refusedWindows() {
	for _, r := range []struct {
		name  string
		pairs []string
		texts []string
	}{
		{"not_yet", timed("not_before", time.Hour), []string{"Too early for the window", "not_before", "Nothing was changed"}},
		{"over", timed("not_after", -time.Minute), []string{"Too late for the window", "not_after", "Nothing was changed"}},
		{"too_short", append(timed("not_after", 4*time.Minute), "estimates", `{ stop = "3m", start = "3m" }`), []string{"the window would be exceeded", "nothing was stopped"}},
	} {
		f.t.(*testing.T).Run(r.name, func(t *testing.T) {
			f := &failures{procedure: f.at(t)}
			before := f.prints()
			f.while(func() {
				f.apply().refused("", r.texts...)
				f.unfrozen(before)
			}, append(r.pairs, "active", `"target"`)...)
			f.apply().good()
			f.status("source", "settled")
			f.unfrozen(before)
			f.empty()
		})
	}
}

// unfrozen asserts that the source is as it was, and so is all of the target but what a hot pass brings, and when its services last ran: they stand, and
// systemd forgets that of units that stand when it reads its files again.
func (f *failures) unfrozen(before map[string]map[string]string) {
	f.t.Helper()
	f.old.serves()
	after := f.prints()
	for host, topics := range before {
		for _, topic := range sortedNames(topics) {
			if slices.Contains([]string{"trees", "databases", "starts"}, topic) && host == f.new.Name() {
				continue
			}
			same(f.t, host+" "+topic, diffLines(topics[topic], after[host][topic]))
		}
	}
}

// forgotten destroys a cutover while its target serves and a way back is open: with on_destroy = "forget" it only ends being governed.
func forgotten(m *migration) {
	m.declare("on_destroy", `"forget"`)
	m.apply().good()
	before := m.prints()
	m.destroy().good()
	m.untouched(before)
	m.new.serves()
	m.old.passive()
	if left := strings.TrimSpace(m.call("state", "list").good().Text); left != "" {
		m.t.Errorf("the state still has %s", left)
	}
}
