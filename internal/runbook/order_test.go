package runbook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func op(id string, stage runbook.Stage, change ...func(*runbook.Operation)) runbook.Operation {
	o := runbook.Operation{ID: id, Kind: "run_job", Stage: stage, Host: "h", Sentence: "do " + id}
	for _, c := range change {
		c(&o)
	}
	return o
}

func needs(ids ...string) func(*runbook.Operation) {
	return func(o *runbook.Operation) { o.Needs = ids }
}

func touches(list ...string) func(*runbook.Operation) {
	return func(o *runbook.Operation) { o.Touches = list }
}

func host(id string) func(*runbook.Operation) { return func(o *runbook.Operation) { o.Host = id } }

func takes(d time.Duration) func(*runbook.Operation) {
	return func(o *runbook.Operation) { o.Estimate = d }
}
func offline(o *runbook.Operation) { o.Offline = true }

func book(ops ...runbook.Operation) runbook.Runbook {
	return runbook.Runbook{Name: "book", Version: runbook.FormatVersion, Operations: ops}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		book runbook.Runbook
		want string // of the error, empty: none
	}{
		"empty":        {book(), ""},
		"sound":        {book(op("a", runbook.Arm), op("b", runbook.Cold, needs("a")), op("c", runbook.Cold, needs("a", "b"))), ""},
		"no id":        {book(op("", runbook.Arm)), `operation "" (run_job) lacks an id, a kind or a sentence`},
		"no kind":      {book(op("a", runbook.Arm, func(o *runbook.Operation) { o.Kind = "" })), `operation "a" () lacks an id, a kind or a sentence`},
		"no sentence":  {book(op("a", runbook.Arm, func(o *runbook.Operation) { o.Sentence = "" })), `operation "a" (run_job) lacks an id, a kind or a sentence`},
		"twice":        {book(op("a", runbook.Arm), op("a", runbook.Cold)), "operation a is there twice"},
		"unknown need": {book(op("a", runbook.Arm, needs("b"))), "operation a needs b, which does not come before it"},
		"later need":   {book(op("a", runbook.Arm, needs("b")), op("b", runbook.Arm)), "operation a needs b, which does not come before it"},
		"own need":     {book(op("a", runbook.Arm, needs("a"))), "operation a needs a, which does not come before it"},
		"stage":        {book(op("a", "later")), `operation a is in the unknown stage "later"`},
		"backwards":    {book(op("a", runbook.Cold), op("b", runbook.Arm)), "operation b of stage arm comes after stage cold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.book.Validate()
			if test.want == "" {
				if err != nil {
					t.Errorf("%v", err)
				}
				return
			}
			if !errors.Is(err, runbook.ErrOrder) || !strings.HasSuffix(err.Error(), ": "+test.want) {
				t.Errorf("%v; want %q", err, test.want)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	got := book(
		op("stop", runbook.Freeze, touches("service:a")),
		op("fence", runbook.Freeze, touches("fence")),
		op("again", runbook.Freeze, touches("service:b", "service:a")),
		op("elsewhere", runbook.Freeze, touches("service:a"), host("other")),
		op("after", runbook.Freeze, needs("fence")),
		op("copy", runbook.Cold),
		op("controller", runbook.Checks, host("")),
		op("nothing", runbook.Checks, host("")),
	).Waits()
	frozen := []string{"stop", "fence", "again", "elsewhere", "after"}
	cold := append(frozen[:5:5], "copy")
	want := map[string][]string{
		"stop": nil, "fence": nil, "again": {"stop"}, "elsewhere": nil, "after": {"fence"},
		"copy": frozen, "controller": cold, "nothing": cold,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTimetable(t *testing.T) {
	t.Parallel()
	second := time.Second
	table := book(
		op("prepare", runbook.Converge, takes(10*second)),
		op("fence", runbook.Freeze, takes(1*second), offline),
		op("stop", runbook.Freeze, takes(4*second), offline, needs("fence")),
		op("short", runbook.Cold, takes(2*second), offline),
		op("long", runbook.Cold, takes(5*second), offline),
		op("open", runbook.Commit, takes(1*second), offline),
		op("tidy", runbook.Jobs, takes(3*second)),
	).Timetable()
	type row struct {
		ID         string
		Start, End time.Duration
		Critical   bool
	}
	var got []row
	for _, s := range table.Steps {
		got = append(got, row{s.ID, s.Start, s.End, s.Critical})
	}
	want := []row{
		{"prepare", 0, 10 * second, true},
		{"fence", 10 * second, 11 * second, true},
		{"stop", 11 * second, 15 * second, true},
		{"short", 15 * second, 17 * second, false},
		{"long", 15 * second, 20 * second, true},
		{"open", 20 * second, 21 * second, true},
		{"tidy", 21 * second, 24 * second, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if table.Work != 24*second || table.Outage != 11*second {
		t.Errorf("work %s, outage %s; want 24s, 11s", table.Work, table.Outage)
	}
}

func TestTimetableWithoutOutage(t *testing.T) {
	t.Parallel()
	if table := book().Timetable(); table.Work != 0 || table.Outage != 0 || len(table.Steps) != 0 {
		t.Errorf("nothing to do takes time: %+v", table)
	}
	if table := book(op("a", runbook.Change, takes(time.Second))).Timetable(); table.Outage != 0 || table.Work != time.Second {
		t.Errorf("nothing is offline: %+v", table)
	}
}

// In every runbook an operation begins when the last one it waits for ends and its host has room, and the critical path alone makes up the whole time.
func TestTimetableLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawBook(t)
		if err := r.Validate(); err != nil {
			t.Fatalf("validate: %v", err)
		}
		table, waits := r.Timetable(), r.Waits()
		ends := map[string]time.Duration{}
		var critical, total time.Duration
		for i, step := range table.Steps {
			var ready time.Duration
			for _, id := range waits[step.ID] {
				ready = max(ready, ends[id])
			}
			full := beside(r, table.Steps, i, ready) >= runbook.PerHost
			if step.Start < ready || step.Start > ready && !full || step.End != step.Start+r.Operations[i].Estimate {
				t.Errorf("%s runs from %s to %s; it can begin at %s and takes %s", step.ID, step.Start, step.End, ready, r.Operations[i].Estimate)
			}
			ends[step.ID] = step.End
			total += r.Operations[i].Estimate
			if step.Critical {
				critical += r.Operations[i].Estimate
			}
		}
		if critical != table.Work || table.Work > total || table.Outage > table.Work {
			t.Errorf("critical path %s, work %s, outage %s, sum %s", critical, table.Work, table.Outage, total)
		}
	})
}

// beside counts what else ran on the host of a step at a time, or began then before it.
func beside(r runbook.Runbook, steps []runbook.Step, step int, at time.Duration) int {
	n := 0
	for i, other := range steps {
		if i != step && r.Operations[i].Host == r.Operations[step].Host && other.Start <= at && other.End >= at && other.Start < steps[step].Start {
			n++
		}
	}
	return n
}

// What a stage's end waits for longest is begun first, and a host has no more operations than it has room for.
func TestQueue(t *testing.T) {
	t.Parallel()
	var ops []runbook.Operation
	for i := range runbook.PerHost {
		ops = append(ops, op(fmt.Sprint("short", i), runbook.Cold, takes(time.Second)))
	}
	ops = append(ops, op("long", runbook.Cold, takes(3*time.Second)),
		op("first", runbook.Cold, takes(time.Second), touches("x")), op("then", runbook.Cold, takes(4*time.Second), touches("x")),
		op("elsewhere", runbook.Cold, host("other")), op("after", runbook.Identity))
	queue := book(ops...).Queue()
	queue.Expect("short2", 2*time.Second)
	var got []string
	for id, ok := queue.Next(); ok; id, ok = queue.Next() {
		got = append(got, id)
	}
	if diff := cmp.Diff([]string{"first", "long", "short2", "short0", "short1", "short3", "short4", "elsewhere"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	queue.Ended("first")
	if id, _ := queue.Next(); id != "then" {
		t.Errorf("%s begins after the first, want then", id)
	}
	if id, ok := queue.Next(); ok {
		t.Errorf("%s begins on a host without room", id)
	}
}

// A lane holds its operations back, and no others.
func TestLane(t *testing.T) {
	t.Parallel()
	var ops []runbook.Operation
	for i := range 4 {
		o := op(fmt.Sprint("copy", i), runbook.Cold, takes(time.Duration(i)*time.Second))
		o.Lane = &runbook.Lane{Name: "trees", Width: 2}
		ops = append(ops, o)
	}
	table := book(append(ops, op("beside", runbook.Cold, takes(time.Second)))...).Timetable()
	got := map[string]time.Duration{}
	for _, step := range table.Steps {
		got[step.ID] = step.Start
	}
	if diff := cmp.Diff(map[string]time.Duration{"copy3": 0, "copy2": 0, "copy1": 2 * time.Second, "copy0": 3 * time.Second, "beside": 0}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func drawBook(t *rapid.T) runbook.Runbook {
	stages := runbook.Stages()
	var ops []runbook.Operation
	at := 0
	for i := range rapid.IntRange(0, 24).Draw(t, "operations") {
		at = min(len(stages)-1, at+rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "later"))
		o := op(fmt.Sprint("op", i), stages[at], host(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "host")),
			touches(rapid.StringMatching("[a-p]").Draw(t, "touches")), takes(time.Duration(rapid.IntRange(0, 9).Draw(t, "seconds"))*time.Second))
		o.Offline = rapid.Bool().Draw(t, "offline")
		if i > 0 && rapid.Bool().Draw(t, "needs") {
			o.Needs = []string{fmt.Sprint("op", rapid.IntRange(0, i-1).Draw(t, "needed"))}
		}
		ops = append(ops, o)
	}
	return book(ops...)
}
