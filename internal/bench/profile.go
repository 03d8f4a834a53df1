package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Step is one operation of a run, with its times on this machine's clock.
type Step struct {
	ID, Stage  string
	Begin, End time.Time
}

// stages are those in which nobody is served, in their order.
func stages() []string { return []string{"freeze", "cold", "identity", "start", "checks", "commit"} }

// outageEnds names the operation with which the outage ends.
const outageEnds = "lower_fence.target"

// Profile tells where an outage went: each stage from its first operation to the next stage's first, and the longest operations.
func Profile(steps []Step, longest int) ([]Part, []Part) {
	first := map[string]time.Time{}
	var ops []Part
	var over time.Time
	for _, s := range steps {
		if !slices.Contains(stages(), s.Stage) || !over.IsZero() && s.Begin.After(over) {
			continue
		}
		if at, ok := first[s.Stage]; !ok || s.Begin.Before(at) {
			first[s.Stage] = s.Begin
		}
		if strings.HasPrefix(s.ID, outageEnds) {
			over = s.End
		}
		ops = append(ops, Part{s.Stage + ": " + s.ID, s.End.Sub(s.Begin).Seconds()})
	}
	var parts []Part
	for i, stage := range stages() {
		begin, ok := first[stage]
		if !ok {
			continue
		}
		end := over
		for _, next := range stages()[i+1:] {
			if at, ok := first[next]; ok {
				end = at
				break
			}
		}
		parts = append(parts, Part{stage, end.Sub(begin).Seconds()})
	}
	slices.SortStableFunc(ops, func(a, b Part) int { return int((b.Seconds - a.Seconds) * 1e6) })
	return parts, ops[:min(longest, len(ops))]
}

// ReadJournal reads a host's journal of a run. Booted is when the host's uptime was zero; stageOf gives an operation's stage.
func ReadJournal(r io.Reader, booted time.Time, stageOf map[string]string) ([]Step, error) {
	begun := map[string]time.Time{}
	var steps []Step
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record struct {
			Op      string  `json:"op"`
			Event   string  `json:"event"`
			Up      float64 `json:"up"`
			Seconds float64 `json:"seconds"`
		}
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return nil, fmt.Errorf("read a journal: %w", err)
		}
		at := booted.Add(time.Duration(record.Up * float64(time.Second)))
		switch record.Event {
		case "begin":
			begun[record.Op] = at
		case "end", "skip", "fail":
			// A probe that finds all done writes no beginning.
			from, ok := begun[record.Op]
			if !ok {
				from = at.Add(-time.Duration(record.Seconds * float64(time.Second)))
			}
			steps = append(steps, Step{ID: record.Op, Stage: stageOf[record.Op], Begin: from, End: at})
		}
	}
	return steps, lines.Err()
}
