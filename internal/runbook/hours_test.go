package runbook_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func TestHours(t *testing.T) {
	t.Parallel()
	const hour, minute = time.Hour, time.Minute
	for name, test := range map[string]struct {
		begin, work time.Duration
		down        []runbook.Span
		want        []runbook.Hour
	}{
		"nothing":        {9 * hour, 0, nil, nil},
		"never offline":  {9 * hour, 90 * minute, nil, []runbook.Hour{{At: 9 * hour}, {At: 10 * hour}}},
		"within an hour": {9*hour + 20*minute, 30 * minute, []runbook.Span{{From: 5 * minute, To: 10 * minute}}, []runbook.Hour{{At: 9*hour + 20*minute, Changes: []time.Duration{9*hour + 25*minute, 9*hour + 30*minute}}}},
		"at full hours":  {9 * hour, 3 * hour, []runbook.Span{{From: hour, To: 2 * hour}}, []runbook.Hour{{At: 9 * hour}, {At: 10 * hour, Offline: true}, {At: 11 * hour}}},
		"over midnight":  {23 * hour, 2 * hour, []runbook.Span{{From: 0, To: 90 * minute}}, []runbook.Hour{{At: 23 * hour, Offline: true}, {At: 24 * hour, Offline: true, Changes: []time.Duration{24*hour + 30*minute}}}},
		"two that touch": {0, hour, []runbook.Span{{From: minute, To: 2 * minute}, {From: 2 * minute, To: 3 * minute}}, []runbook.Hour{{Changes: []time.Duration{minute, 3 * minute}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, runbook.Hours(test.begin, test.work, test.down)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A proof that fails once costs its recovery; of a move, which goes back as a whole, the way back counts.
func TestContingency(t *testing.T) {
	t.Parallel()
	start := func(o *runbook.Operation) { o.Kind = "start_service" }
	recovers := func(d time.Duration) func(*runbook.Operation) { return func(o *runbook.Operation) { o.Recovery = d } }
	proofs := book(
		op("online", runbook.Change, takes(time.Minute), recovers(2*time.Minute)),
		op("offline", runbook.Change, takes(time.Minute), needs("online"), offline, start, recovers(5*time.Minute)),
	)
	if diff := cmp.Diff(runbook.Contingency{Work: 9 * time.Minute, Outage: 6 * time.Minute}, proofs.Contingency()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	move := book(op("before", runbook.Converge, takes(time.Hour)), op("start", runbook.Start, takes(time.Minute), offline, start))
	if latest, ok := move.LatestBack(10 * time.Minute); !ok || latest != 69*time.Minute {
		t.Errorf("going back begins at %s at the latest, %v", latest, ok)
	}
	if _, ok := move.LatestBack(time.Second); ok {
		t.Error("going back in a second, which takes a minute")
	}
	if _, ok := book(op("a", runbook.Change)).LatestBack(time.Hour); ok {
		t.Error("nobody is cut off")
	}
	move.Timer = time.Hour
	if diff := cmp.Diff(runbook.Contingency{Work: 62 * time.Minute, Outage: 2 * time.Minute}, move.Contingency()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
