package progress

import (
	"cmp"
	"slices"
	"time"
)

// State is how a run stands, by the events that were read of it.
type State struct {
	First   Event // begin
	Back    bool  // it is being taken back
	Status  string
	Ended   time.Time // zero: it goes on, or its process is gone
	Seen    time.Time // its last sign of life
	started map[string]time.Time
	ended   map[string]Event
	takes   map[string]float64
}

// Add takes an event in. It reports whether the event was understood.
func (s *State) Add(e Event) bool {
	if e.V != Version || e.Kind != Begin && s.First.Kind == "" {
		return false
	}
	s.Seen = e.At
	switch e.Kind {
	case Begin:
		*s = State{First: e, Seen: e.At, started: map[string]time.Time{}, ended: map[string]Event{}, takes: map[string]float64{}}
		for _, step := range e.Steps {
			s.takes[step.ID] = step.Takes
		}
	case Start:
		s.started[e.Op] = e.At
	case End:
		s.ended[e.Op] = e
	case Expect:
		s.takes[e.Op] = e.Seconds
	case Back:
		s.Back = true
	case Beat:
	case Close:
		s.Status, s.Ended = e.Status, e.At
	default:
		return false
	}
	return true
}

// Over reports whether the run has ended.
func (s *State) Over() bool { return !s.Ended.IsZero() }

// Dead reports whether it has given no sign of life for too long.
func (s *State) Dead(now time.Time) bool { return !s.Over() && now.Sub(s.Seen) > DeadAfter }

// Count gives how many steps have ended, and how many there are.
func (s *State) Count() (int, int) { return len(s.ended), len(s.First.Steps) }

// Step finds a step by its id.
func (s *State) Step(id string) Step {
	for _, step := range s.First.Steps {
		if step.ID == id {
			return step
		}
	}
	return Step{ID: id, Sentence: id}
}

// Running are the steps that have begun and not ended, the oldest first.
func (s *State) Running() []Step {
	var out []Step
	for _, step := range s.First.Steps {
		if _, begun := s.started[step.ID]; begun && s.ended[step.ID].Kind == "" {
			out = append(out, step)
		}
	}
	slices.SortStableFunc(out, func(a, b Step) int { return s.started[a.ID].Compare(s.started[b.ID]) })
	return out
}

// Stage is the stage that the run is in: that of the step that began last.
func (s *State) Stage() string {
	last := ""
	for _, step := range s.First.Steps {
		if at, begun := s.started[step.ID]; begun && (last == "" || !at.Before(s.started[last])) {
			last = step.ID
		}
	}
	return s.Step(last).Stage
}

// Elapsed is how long the run has taken so far, or took.
func (s *State) Elapsed(now time.Time) time.Duration {
	if s.Over() {
		now = s.Ended
	}
	return max(0, now.Sub(s.First.At))
}

// Left is how long the run is expected to take still: what the timetable has after the earliest step that has not ended. While what was done is taken
// back nothing is expected.
func (s *State) Left(now time.Time) (time.Duration, bool) {
	if s.Over() || s.Back {
		return 0, false
	}
	at, gained := s.First.Work, 0.0
	for _, step := range s.First.Steps {
		gained += s.takes[step.ID] - step.Takes // what was learned since
		if s.ended[step.ID].Kind != "" {
			continue
		}
		position := step.Begin
		if begun, running := s.started[step.ID]; running {
			position += min(now.Sub(begun).Seconds(), s.takes[step.ID])
		}
		at = min(at, position)
	}
	return time.Duration(max(0, s.First.Work+gained-at) * float64(time.Second)), true
}

// Outage is how long nobody has been served so far, whether that has begun, and whether it goes on.
func (s *State) Outage(now time.Time) (time.Duration, bool, bool) {
	var first, last time.Time
	open := false
	for _, step := range s.First.Steps {
		at, started := s.started[step.ID]
		if !step.Offline {
			continue
		}
		open = open || s.ended[step.ID].Kind == ""
		if !started {
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if end := s.ended[step.ID].At; end.After(last) {
			last = end
		}
	}
	if first.IsZero() {
		return 0, false, false
	}
	switch {
	case s.Over() && (open || s.Back):
		last = s.Ended
	case !s.Over() && (open || s.Back):
		return now.Sub(first), true, true
	}
	return last.Sub(first), true, false
}

// Bytes is what was carried so far, and how much of it a second while it was.
func (s *State) Bytes() (int64, float64) {
	total, rate, seconds := int64(0), 0.0, 0.0
	for _, e := range s.ended {
		if e.Bytes > 0 {
			total += e.Bytes
			seconds += e.Seconds
		}
	}
	if seconds > 0 {
		rate = float64(total) / seconds
	}
	return total, rate
}

// Failed are the steps that failed, in the order of the run.
func (s *State) Failed() []Event {
	var out []Event
	for _, e := range s.ended {
		if e.Error != "" {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Op, b.Op)) })
	return out
}
