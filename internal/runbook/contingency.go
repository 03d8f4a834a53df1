package runbook

import "time"

// Contingency is what a runbook costs if each of its proofs fails once: as long as the timetable says, and the recoveries.
type Contingency struct {
	Work   time.Duration `json:"work"`
	Outage time.Duration `json:"outage"`
}

// Totals are the sums of a runbook's timetable.
type Totals struct {
	Work        time.Duration `json:"work"`
	Outage      time.Duration `json:"outage"`
	Contingency Contingency   `json:"contingency"`
}

// Totals sums the timetable up.
func (r Runbook) Totals() Totals {
	table := r.Timetable()
	return Totals{Work: table.Work, Outage: table.Outage, Contingency: r.Contingency()}
}

// WayBack is how long service needs to be back where it was, if a move fails: the services start again there, which takes about what it takes on the
// other side.
func (r Runbook) WayBack() time.Duration {
	var back time.Duration
	for _, op := range r.Operations {
		if op.Kind == "start_service" {
			back += op.Estimate
		}
	}
	return back
}

// LatestBack is the last moment at which going back must begin so that service is back within the outage that is allowed; false: nobody is cut off, or
// going back takes longer than is allowed.
func (r Runbook) LatestBack(allowed time.Duration) (time.Duration, bool) {
	down, found := r.Timetable().Down()
	return down.From + allowed - r.WayBack(), found && allowed >= r.WayBack()
}

// Contingency adds to the timetable what a failure costs: the recovery of each proof, and of a move, which goes back as a whole, its way back.
func (r Runbook) Contingency() Contingency {
	table := r.Timetable()
	c := Contingency{Work: table.Work, Outage: table.Outage}
	if r.Timer > 0 {
		c.Work, c.Outage = c.Work+r.WayBack(), c.Outage+r.WayBack()
	}
	for _, op := range r.Operations {
		c.Work += op.Recovery
		if op.Offline {
			c.Outage += op.Recovery
		}
	}
	return c
}
