package timetable_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/timetable"
)

func number(n float64) *float64 { return &n }

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"a text":          {`"x"`, "no object"},
		"a list":          {`[]`, "no object"},
		"no JSON":         {`{`, "no object"},
		"another object":  {`{"a":1}`, "no run or no steps"},
		"steps of a kind": {`{"run":"r","steps":[1]}`, "cannot unmarshal"},
	} {
		if _, err := timetable.Parse([]byte(test.text)); !errors.Is(err, timetable.ErrNoRun) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if run, err := timetable.Parse([]byte("null")); run != nil || err != nil {
		t.Errorf("null: %v %v", run, err)
	}
	run, err := timetable.Parse([]byte(`{"run":"r","digest":null,"steps":[{"id":"a","seconds":1.5,"later":true}]}`))
	if err != nil || run.Name != "r" || run.Predicted != nil || run.Steps[0].Seconds != 1.5 {
		t.Errorf("%+v %v", run, err)
	}
}

// What was predicted is the timetable, what was measured stands beside it.
func TestOf(t *testing.T) {
	t.Parallel()
	run := timetable.Run{
		Name: "r", Outage: 45, Predicted: &timetable.Predicted{Work: 600, Outage: 120, ContingencyWork: 900, ContingencyOutage: 420},
		Steps: []timetable.Step{
			{Sentence: "late", Begin: 10, Seconds: 5, PredictedBegin: number(480), PredictedSeconds: number(120)},
			{Sentence: "proof", Begin: 2, Seconds: 4, Offline: true, PredictedBegin: number(60), PredictedSeconds: number(120), RecoverySeconds: number(300)},
			{Sentence: "unknown", Begin: 0, Seconds: 1, PredictedBegin: number(0), PredictedSeconds: number(0)},
		},
	}
	const hour, minute, second = time.Hour, time.Minute, time.Second
	want := timetable.Table{
		Rows: []timetable.Row{
			{Step: "unknown", Start: 9 * hour, MeasuredStart: 9 * hour, MeasuredTakes: second},
			{Step: "proof", Offline: true, Start: 9*hour + minute, Takes: 2 * minute, Recovery: 5 * minute, Known: true, MeasuredStart: 9*hour + 2*second, MeasuredTakes: 4 * second},
			{Step: "late", Start: 9*hour + 8*minute, Takes: 2 * minute, Known: true, MeasuredStart: 9*hour + 10*second, MeasuredTakes: 5 * second},
		},
		Work: 10 * minute, Outage: 2 * minute, Contingency: &runbook.Contingency{Work: 15 * minute, Outage: 7 * minute},
		Hours:    []runbook.Hour{{At: 9 * hour, Changes: []time.Duration{9*hour + minute, 9*hour + 3*minute}}},
		Measured: timetable.Sums{Work: 15 * second, Outage: 45 * second}, Minutes: true,
	}
	if diff := cmp.Diff(want, timetable.Of(run, 9*hour)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run of an older version tells only what was measured.
func TestOfMeasuredAlone(t *testing.T) {
	t.Parallel()
	run := timetable.Run{Outage: 3.5, Steps: []timetable.Step{{Sentence: "a", Begin: 1, Seconds: 3, Offline: true}, {Sentence: "b", Begin: 2, Seconds: 2.5, Offline: true}}}
	got := timetable.Of(run, 0)
	if got.Contingency != nil || got.Work != 4500*time.Millisecond || got.Outage != 3500*time.Millisecond || got.Minutes || !got.Rows[0].Known {
		t.Errorf("%+v", got)
	}
	if empty := timetable.Of(timetable.Run{}, 0); len(empty.Rows) != 0 || len(empty.Hours) != 0 || empty.Work != 0 {
		t.Errorf("nothing was run: %+v", empty)
	}
}

// Whatever a value holds, it makes a timetable or an error.
func FuzzRun(f *testing.F) {
	f.Add(`{"run":"r","steps":[{"begin":1,"seconds":2,"offline":true,"predicted_begin":3}],"predicted":{"work_seconds":9}}`)
	f.Add("null")
	f.Fuzz(func(t *testing.T, text string) {
		run, err := timetable.Parse([]byte(text))
		if err != nil || run == nil {
			return
		}
		for i := range run.Steps {
			if s := &run.Steps[i]; s.Seconds > 1e5 || s.Begin > 1e5 || s.PredictedBegin != nil && *s.PredictedBegin > 1e5 || s.PredictedSeconds != nil && *s.PredictedSeconds > 1e5 {
				return // a timetable of years has as many hours
			}
		}
		if run.Predicted != nil && run.Predicted.Work > 1e6 {
			return
		}
		if table := timetable.Of(*run, 0); len(table.Rows) != len(run.Steps) {
			t.Errorf("%d rows of %d steps", len(table.Rows), len(run.Steps))
		}
	})
}
