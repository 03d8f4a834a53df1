package bench_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/bench"
)

func TestReadJournal(t *testing.T) {
	t.Parallel()
	booted := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return booted.Add(time.Duration(seconds * float64(time.Second))) }
	text := `{"v":1,"up":10.00,"op":"stop_service.source.bm","event":"begin"}
{"v":1,"up":11.50,"op":"stop_service.source.bm","event":"end","seconds":1.6}

{"v":1,"up":12.00,"op":"flush_queue.source","event":"skip","seconds":0.25}
{"v":1,"up":13.00,"op":"","event":"guard"}
`
	got, err := bench.ReadJournal(strings.NewReader(text), booted, map[string]string{"stop_service.source.bm": "freeze"})
	if err != nil {
		t.Fatal(err)
	}
	want := []bench.Step{
		{ID: "stop_service.source.bm", Stage: "freeze", Begin: at(10), End: at(11.5)},
		{ID: "flush_queue.source", Begin: at(11.75), End: at(12)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := bench.ReadJournal(strings.NewReader("torn"), booted, nil); err == nil {
		t.Error("a torn line is no error")
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	zero := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	step := func(id, stage string, from, to int) bench.Step {
		return bench.Step{ID: id, Stage: stage, Begin: zero.Add(time.Duration(from) * time.Second), End: zero.Add(time.Duration(to) * time.Second)}
	}
	parts, longest := bench.Profile([]bench.Step{
		step("sync_tree.hot", "converge", 0, 9),
		step("raise_fence.source", "freeze", 10, 11),
		step("restore_database.target.bj", "cold", 13, 18),
		step("take_address.target", "identity", 18, 19),
		step("write_cut_mark.target", "commit", 21, 22),
		step("lower_fence.target", "commit", 22, 23),
		step("disarm_timer.target", "commit", 24, 40),
	}, 2)
	if diff := cmp.Diff([]bench.Part{{Name: "freeze", Seconds: 3}, {Name: "cold", Seconds: 5}, {Name: "identity", Seconds: 3}, {Name: "commit", Seconds: 2}}, parts); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]bench.Part{{Name: "cold: restore_database.target.bj", Seconds: 5}, {Name: "freeze: raise_fence.source", Seconds: 1}}, longest); diff != "" {
		t.Errorf("longest (-want +got):\n%s", diff)
	}
}

// A journal of any content is read or refused; what is read ends after it began, or is an operation that was skipped.
func FuzzReadJournal(f *testing.F) {
	for _, seed := range []string{"", `{"v":1,"up":10.00,"op":"a","event":"begin"}` + "\n" + `{"v":1,"up":11,"op":"a","event":"end"}`, `{"op":"a","event":"skip","seconds":1e300}`, "torn"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := bench.ReadJournal(strings.NewReader(text), time.Unix(0, 0), nil)
		if err != nil {
			return
		}
		if ended := strings.Count(text, "end") + strings.Count(text, "skip") + strings.Count(text, "fail") + strings.Count(text, "\\u"); len(steps) > ended {
			t.Errorf("%q gave %d steps", text, len(steps))
		}
	})
}
