// Package timetable makes a timetable of a run as the state has it: what was predicted when it began, and what was measured. It is pure.
package timetable

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ErrNoRun means that a value is not what last_run holds.
var ErrNoRun = errors.New("not a last_run")

// Run is last_run, in the names of its attributes. Times are in seconds.
type Run struct {
	Name      string     `json:"run"`
	Digest    string     `json:"digest"`
	Status    string     `json:"status"`
	Started   string     `json:"started"` // RFC 3339
	Ended     string     `json:"ended"`
	Outage    float64    `json:"outage_seconds"`
	Remaining []string   `json:"remaining"`
	Predicted *Predicted `json:"predicted"` // nil: an older version ran it
	Steps     []Step     `json:"steps"`
}

// Predicted are the sums as they were predicted when the run began.
type Predicted struct {
	Work              float64 `json:"work_seconds"`
	Outage            float64 `json:"outage_seconds"`
	ContingencyWork   float64 `json:"contingency_work_seconds"`
	ContingencyOutage float64 `json:"contingency_outage_seconds"`
}

// Step is one step of last_run.
type Step struct {
	ID               string            `json:"id"`
	Stage            string            `json:"stage"`
	Sentence         string            `json:"sentence"`
	Begin            float64           `json:"begin"` // since the run's start
	Seconds          float64           `json:"seconds"`
	Skipped          bool              `json:"skipped"`
	Undone           bool              `json:"undone"`
	Offline          bool              `json:"offline"`
	Result           map[string]string `json:"result"`
	Error            string            `json:"error"`
	PredictedBegin   *float64          `json:"predicted_begin"`
	PredictedSeconds *float64          `json:"predicted_seconds"`
	RecoverySeconds  *float64          `json:"recovery_seconds"`
}

// Parse reads last_run from JSON. nil, without an error: there has been no run.
func Parse(text []byte) (*Run, error) {
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(text, &shape); err != nil {
		return nil, fmt.Errorf("%w: it is no object", ErrNoRun)
	}
	if shape == nil {
		return nil, nil //nolint:nilnil // no run is no fault
	}
	if shape["steps"] == nil || shape["run"] == nil {
		return nil, fmt.Errorf("%w: it has no run or no steps", ErrNoRun)
	}
	var r Run
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoRun, err)
	}
	return &r, nil
}

// Seconds is a number of seconds as a duration.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Table is a timetable: the predicted one; of a run for which nothing was predicted, the measured one.
type Table struct {
	Rows        []Row
	Work        time.Duration
	Outage      time.Duration
	Contingency *runbook.Contingency // nil: nothing was predicted
	Hours       []runbook.Hour
	Measured    Sums
	Minutes     bool // all times are whole minutes
}

// Sums are what was measured.
type Sums struct{ Work, Outage time.Duration }

// Row is one step.
type Row struct {
	ID                           string
	Step                         string
	Stage                        string
	Offline                      bool
	Start, Takes, Recovery       time.Duration // Start on the clock
	Known                        bool          // false: how long it takes is not known
	MeasuredStart, MeasuredTakes time.Duration // the start on the clock
}

// Of makes the timetable of a run that begins at a time of day.
func Of(run Run, begin time.Duration) Table {
	table := Table{Measured: Sums{Outage: Seconds(run.Outage)}, Minutes: begin%time.Minute == 0}
	predicted := run.Predicted != nil
	var down []runbook.Span
	for _, s := range run.Steps {
		row := Row{ID: s.ID, Step: s.Sentence, Stage: s.Stage, Offline: s.Offline, MeasuredStart: begin + Seconds(s.Begin), MeasuredTakes: Seconds(s.Seconds)}
		start, takes := Seconds(s.Begin), Seconds(s.Seconds)
		row.Known = true
		if predicted && s.PredictedBegin != nil && s.PredictedSeconds != nil {
			start, takes = Seconds(*s.PredictedBegin), Seconds(*s.PredictedSeconds)
			row.Known = takes > 0
		}
		if s.RecoverySeconds != nil {
			row.Recovery = Seconds(*s.RecoverySeconds)
		}
		row.Start, row.Takes = begin+start, takes
		table.Work = max(table.Work, start+takes)
		table.Measured.Work = max(table.Measured.Work, Seconds(s.Begin+s.Seconds))
		table.Minutes = table.Minutes && start%time.Minute == 0 && takes%time.Minute == 0
		if s.Offline {
			down = widened(down, runbook.Span{From: start, To: start + takes})
		}
		table.Rows = append(table.Rows, row)
	}
	slices.SortStableFunc(table.Rows, func(a, b Row) int { return cmp.Compare(a.Start, b.Start) })
	for _, span := range down {
		table.Outage = span.To - span.From
	}
	if predicted {
		p := run.Predicted
		table.Work, table.Outage = Seconds(p.Work), Seconds(p.Outage)
		table.Contingency = &runbook.Contingency{Work: Seconds(p.ContingencyWork), Outage: Seconds(p.ContingencyOutage)}
	}
	table.Hours = runbook.Hours(begin, table.Work, down)
	return table
}

// widened is one span that holds what it held and another one: nobody is served from the first offline start to the last offline end.
func widened(down []runbook.Span, by runbook.Span) []runbook.Span {
	if len(down) == 0 {
		return []runbook.Span{by}
	}
	return []runbook.Span{{From: min(down[0].From, by.From), To: max(down[0].To, by.To)}}
}
