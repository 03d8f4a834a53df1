package client

import (
	"slices"
	"time"
)

// Outage is a time in which the service was not there: from the last good probe
// to the first good one. Open: it had not ended when the probes did.
type Outage struct {
	Protocol string    `json:"protocol"` // "smtp", "imap", or "both"
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Open     bool      `json:"open,omitempty"`
	Detail   string    `json:"detail,omitempty"` // of the first probe that failed
}

// Seconds is how long it lasted, or had lasted when the probes ended.
func (o Outage) Seconds() float64 { return o.To.Sub(o.From).Seconds() }

// Outages finds the outages of one protocol in its samples.
func Outages(protocol string, samples []Sample) []Outage {
	mine := slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool { return s.Protocol != protocol })
	slices.SortStableFunc(mine, func(a, b Sample) int { return a.Start.Compare(b.Start) })
	var all []Outage
	var good time.Time // the end of the last good probe
	var now *Outage
	for _, s := range mine {
		switch {
		case s.OK && now != nil:
			now.To = s.End
			all, now = append(all, *now), nil
			good = s.End
		case s.OK:
			good = s.End
		case now == nil:
			now = &Outage{Protocol: protocol, From: s.Start, To: s.End, Detail: s.Detail}
			if !good.IsZero() && good.Before(s.Start) {
				now.From = good
			}
		default:
			now.To = s.End
		}
	}
	if now != nil {
		now.Open = true
		all = append(all, *now)
	}
	return all
}

// Combine joins outages that overlap: from the last moment at which every
// protocol was good to the first at which every one was good again.
func Combine(outages ...[]Outage) []Outage {
	all := slices.Concat(outages...)
	slices.SortStableFunc(all, func(a, b Outage) int { return a.From.Compare(b.From) })
	var joined []Outage
	for _, o := range all {
		o.Protocol = "both"
		last := len(joined) - 1
		if last < 0 || o.From.After(joined[last].To) {
			joined = append(joined, o)
			continue
		}
		if o.To.After(joined[last].To) {
			joined[last].To = o.To
		}
		joined[last].Open = joined[last].Open || o.Open
	}
	return joined
}

// AllOutages are the outages of both protocols and the joined ones, in that order.
func AllOutages(samples []Sample) []Outage {
	smtpOut, imapOut := Outages("smtp", samples), Outages("imap", samples)
	return slices.Concat(smtpOut, imapOut, Combine(smtpOut, imapOut))
}
