package runbook

import (
	"fmt"
	"time"
)

// Span is a time, counted from the start of a procedure.
type Span struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// Down is when nobody is served: from the first offline start to the last offline end; false: at no time.
func (t Timetable) Down() (Span, bool) {
	down, found := Span{}, false
	for _, step := range t.Steps {
		if !step.Offline {
			continue
		}
		if !found || step.Start < down.From {
			down.From = step.Start
		}
		down.To = max(down.To, step.End)
		found = true
	}
	return down, found
}

// Hour is how the service stands at a full hour, and when in that hour it changes.
type Hour struct {
	At      time.Duration   `json:"at"` // on the clock: since midnight of the first day
	Offline bool            `json:"offline"`
	Changes []time.Duration `json:"changes,omitempty"` // on the clock; each turns offline into online, or online into offline
}

// Hours says how the service stands hour by hour, by the minute, for a procedure that begins at a time of day and takes so long. What it names first
// is the hour in which the procedure begins, as it stands when it begins.
func Hours(begin, work time.Duration, down []Span) []Hour {
	offline := func(at time.Duration) bool {
		for _, span := range down {
			if begin+span.From <= at && at < begin+span.To {
				return true
			}
		}
		return false
	}
	var hours []Hour
	for at := begin; at < begin+work; at = at.Truncate(time.Hour) + time.Hour {
		hour := Hour{At: at, Offline: offline(at)}
		next, state := at.Truncate(time.Hour)+time.Hour, hour.Offline
		for _, edge := range edges(down) {
			if edge += begin; at < edge && edge < next && offline(edge) != state {
				hour.Changes, state = append(hour.Changes, edge), !state
			}
		}
		hours = append(hours, hour)
	}
	return hours
}

// Join merges times that overlap or touch. The times must be given in the order in which they begin.
func Join(spans []Span) []Span {
	var out []Span
	for _, span := range spans {
		if last := len(out) - 1; last >= 0 && span.From <= out[last].To {
			out[last].To = max(out[last].To, span.To)
			continue
		}
		out = append(out, span)
	}
	return out
}

// edges are the beginnings and ends of times, in order.
func edges(spans []Span) []time.Duration {
	var out []time.Duration
	for _, span := range Join(spans) {
		out = append(out, span.From, span.To)
	}
	return out
}

// TimeOfDay writes a moment that is counted from midnight of the first day: to the minute, or to the second.
func TimeOfDay(at time.Duration, minutes bool) string {
	text := ""
	if days := at / (24 * time.Hour); days > 0 {
		text = fmt.Sprintf("day %d, ", days+1)
		at %= 24 * time.Hour
	}
	text += fmt.Sprintf("%02d:%02d", at/time.Hour, at%time.Hour/time.Minute)
	if !minutes {
		text += fmt.Sprintf(":%02d", at%time.Minute/time.Second)
	}
	return text
}

// ParseTimeOfDay reads HH:MM.
func ParseTimeOfDay(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q: a time of day is HH:MM", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}
