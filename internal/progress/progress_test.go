package progress_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func begin() progress.Event {
	return progress.Event{Run: "bluemind-2026", Resource: "mail_cutover.bluemind", Work: 40, Outage: 10, Steps: []progress.Step{
		{ID: "hot", Stage: "converge", Sentence: "copy", Takes: 20},
		{ID: "stop", Stage: "freeze", Sentence: "stop", Begin: 20, Takes: 5, Offline: true},
		{ID: "open", Stage: "commit", Sentence: "open", Begin: 25, Takes: 5, Offline: true},
		{ID: "tidy", Stage: "jobs", Sentence: "tidy", Begin: 30, Takes: 10},
	}}
}

func kinds(told []progress.Told) []string {
	var out []string
	for _, t := range told {
		out = append(out, t.Kind+" "+t.Op+t.Status)
	}
	return out
}

func read(t *testing.T, f *progress.Follower) []string {
	t.Helper()
	told, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	return kinds(told)
}

func TestWhatIsToldIsRead(t *testing.T) {
	t.Parallel()
	dir := progress.Dir(t.TempDir())
	f := progress.Follow(dir)
	if got := read(t, f); got != nil {
		t.Errorf("of nothing: %q", got)
	}
	l := progress.Open(dir, begin())
	l.Tell(progress.Event{Kind: progress.Start, Op: "hot"})
	if diff := cmp.Diff([]string{"begin ", "start hot"}, read(t, f)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if open := f.Open(time.Now()); len(open) != 1 || open[0].First.Run != "bluemind-2026" || open[0].Stage() != "converge" {
		t.Errorf("open: %+v", open)
	}
	if open := f.Open(time.Now().Add(time.Hour)); len(open) != 0 {
		t.Error("a run without a sign of life goes on for ever")
	}
	var tellers sync.WaitGroup
	for range 8 {
		tellers.Go(func() { l.Tell(progress.Event{Kind: progress.Beat}) })
	}
	tellers.Wait()
	l.Close("settled")
	l.Tell(progress.Event{Kind: progress.Beat}) // after the end: nothing
	if got := read(t, f); len(got) != 9 || got[8] != "close settled" {
		t.Errorf("%q", got)
	}
	if len(f.Open(time.Now())) != 0 || read(t, f) != nil {
		t.Error("a run that is over goes on")
	}
	file := only(t, dir)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func only(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q %v", files, err)
	}
	return files[0]
}

// Half a line waits for its other half; what is not understood is passed over.
func TestTornLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "x.jsonl")
	add := func(text string) {
		out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f := progress.Follow(dir)
	add("noise\n{\"v\":1,\"event\":\"start\",\"op\":\"before it began\"}\n{\"v\":1,\"event\":\"beg")
	if got := read(t, f); got != nil {
		t.Errorf("%q", got)
	}
	add("in\",\"run\":\"r\",\"steps\":[{\"id\":\"a\"}]}\n{\"v\":2,\"event\":\"close\"}\n{\"v\":1,\"event\":\"later\"}\n{\"v\":1,\"event\":\"start\",\"op\":\"a\"}\n")
	if diff := cmp.Diff([]string{"begin ", "start a"}, read(t, f)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run goes on whether or not it can tell of itself.
func TestLogIsSilentWhereItCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(file, "below")} {
		l := progress.Open(dir, begin())
		l.Tell(progress.Event{Kind: progress.Start, Op: "hot"})
		l.Close("settled")
	}
}

func TestFewFilesStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 25 {
		progress.Open(dir, progress.Event{Run: fmt.Sprintf("../%d %s", i, strings.Repeat("x", 200))}).Close("settled")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) != 20 || !strings.Contains(files[19], ".._24_x") || !strings.Contains(files[0], ".._5_x") {
		t.Errorf("%d files, %v: %q", len(files), err, files)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	var s progress.State
	tell := func(seconds int, e progress.Event) time.Time {
		e.V, e.At = progress.Version, at.Add(time.Duration(seconds)*time.Second)
		if !s.Add(e) {
			t.Fatalf("%+v is not understood", e)
		}
		return e.At
	}
	look := func(name string, now time.Time, left, outage int, open bool) {
		t.Helper()
		gotLeft, _ := s.Left(now)
		gotOutage, _, gotOpen := s.Outage(now)
		if gotLeft != time.Duration(left)*time.Second || gotOutage != time.Duration(outage)*time.Second || gotOpen != open {
			t.Errorf("%s: left %s, outage %s %v", name, gotLeft, gotOutage, gotOpen)
		}
	}
	first := begin()
	first.Kind = progress.Begin
	look("begun", tell(0, first), 40, 0, false)
	tell(0, progress.Event{Kind: progress.Start, Op: "hot"})
	look("in the pass", at.Add(5*time.Second), 35, 0, false)
	look("the pass takes longer than expected", at.Add(50*time.Second), 20, 0, false)
	tell(50, progress.Event{Kind: progress.End, Op: "hot", Seconds: 50, Bytes: 1000})
	tell(50, progress.Event{Kind: progress.Expect, Op: "open", Seconds: 8})
	tell(50, progress.Event{Kind: progress.Start, Op: "stop"})
	look("stopping", at.Add(52*time.Second), 21, 2, true)
	tell(55, progress.Event{Kind: progress.End, Op: "stop", Seconds: 5})
	look("between", at.Add(56*time.Second), 18, 6, true)
	tell(56, progress.Event{Kind: progress.Start, Op: "open"})
	tell(60, progress.Event{Kind: progress.End, Op: "open", Seconds: 4})
	look("open", at.Add(62*time.Second), 13, 10, false)
	if done, total := s.Count(); done != 3 || total != 4 || s.Stage() != "commit" {
		t.Errorf("%d of %d, stage %s", done, total, s.Stage())
	}
	if total, rate := s.Bytes(); total != 1000 || rate != 20 {
		t.Errorf("%d bytes, %f a second", total, rate)
	}
	tell(63, progress.Event{Kind: progress.Close, Status: "settled"})
	if s.Elapsed(at.Add(time.Hour)) != 63*time.Second || !s.Over() || s.Dead(at.Add(time.Hour)) {
		t.Errorf("elapsed %s", s.Elapsed(at.Add(time.Hour)))
	}
}

// While what was done is taken back, nobody is served until that is over.
func TestStateTakenBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	var s progress.State
	for i, e := range []progress.Event{begin(), {Kind: progress.Start, Op: "stop"}, {Kind: progress.End, Op: "stop", Error: "it broke"}, {Kind: progress.Back}} {
		if i == 0 {
			e.Kind = progress.Begin
		}
		e.V, e.At = progress.Version, at.Add(time.Duration(i)*time.Second)
		s.Add(e)
	}
	if lasts, begun, open := s.Outage(at.Add(10 * time.Second)); lasts != 9*time.Second || !begun || !open {
		t.Errorf("%s %v %v", lasts, begun, open)
	}
	if _, known := s.Left(at); known || len(s.Failed()) != 1 {
		t.Error("somebody knows how long it takes")
	}
	s.Add(progress.Event{V: progress.Version, At: at.Add(12 * time.Second), Kind: progress.Close, Status: "backed-out"})
	if lasts, _, open := s.Outage(at.Add(time.Hour)); lasts != 11*time.Second || open {
		t.Errorf("%s %v", lasts, open)
	}
}

func FuzzFollow(f *testing.F) {
	f.Add("{\"v\":1,\"event\":\"begin\",\"steps\":[{\"id\":\"a\",\"offline\":true}]}\n{\"v\":1,\"event\":\"start\",\"op\":\"a\"}\n{\"v\":1,\"event\":\"end\",\"op\":\"b\"}\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		told, err := progress.Follow(dir).Read()
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		for _, e := range told {
			e.State.Left(now)
			e.State.Outage(now)
			e.State.Running()
			if done, total := e.State.Count(); done < 0 || total < 0 {
				t.Error("fewer than none")
			}
		}
	})
}
