package runbook

import (
	"cmp"
	"slices"
	"time"
)

// Step is one operation in time, counted from the start of the runbook.
type Step struct {
	ID       string        `json:"id"`
	Stage    Stage         `json:"stage"`
	Sentence string        `json:"sentence"`
	Start    time.Duration `json:"start"`
	End      time.Duration `json:"end"`
	Offline  bool          `json:"offline"`
	Critical bool          `json:"critical"` // the end waits for it
}

// Timetable is a runbook laid out in time by its estimates.
type Timetable struct {
	Steps  []Step        `json:"steps"`
	Work   time.Duration `json:"work"`   // from the first start to the last end
	Outage time.Duration `json:"outage"` // from the first offline start to the last offline end
}

// Timetable lays the runbook out as it will be run: each operation starts as soon as all it waits for has ended and its host has room.
func (r Runbook) Timetable() Timetable {
	at := make(map[string]int, len(r.Operations))
	for i, op := range r.Operations {
		at[op.ID] = i
	}
	steps := make([]Step, len(r.Operations))
	follows := make([]int, len(r.Operations)) // the step whose end let each one start
	queue, now, ended := r.Queue(), time.Duration(0), -1
	var running []int
	for {
		for id, ok := queue.Next(); ok; id, ok = queue.Next() {
			i := at[id]
			op := r.Operations[i]
			steps[i] = Step{ID: id, Stage: op.Stage, Sentence: op.Sentence, Start: now, End: now + op.Estimate, Offline: op.Offline}
			follows[i] = ended
			running = append(running, i)
		}
		if len(running) == 0 {
			return newTimetable(steps, follows)
		}
		ended = slices.MinFunc(running, func(a, b int) int { return cmp.Compare(steps[a].End, steps[b].End) })
		running = slices.DeleteFunc(running, func(i int) bool { return i == ended })
		now = steps[ended].End
		queue.Ended(steps[ended].ID)
	}
}

func newTimetable(steps []Step, follows []int) Timetable {
	table := Timetable{Steps: steps}
	for _, step := range steps {
		table.Work = max(table.Work, step.End)
	}
	if down, found := table.Down(); found {
		table.Outage = down.To - down.From
	}
	markCritical(steps, follows, table.Work)
	return table
}

func markCritical(steps []Step, follows []int, work time.Duration) {
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].End != work {
			continue
		}
		for j := i; j >= 0; j = follows[j] {
			steps[j].Critical = true
		}
		return
	}
}
