package executor_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

// A record that is read is one that can be run: its runbook is in order, and it is written as it was read.
func FuzzReadRecord(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"version":1}`, `{"version":2,"runbook":{}}`,
		`{"version":1,"resource":"mail_cutover.a","runbook":{"name":"a","version":1,"operations":[{"id":"x.y","kind":"run_job","stage":"change","host":"h","role":"host","sentence":"s"}]},"estimates":{"x.y":5}}`,
		`{"version":1,"runbook":{"operations":[{"id":"a","kind":"k","stage":"jobs","sentence":"s","needs":["b"]}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		record, err := executor.ReadRecord(text)
		if err != nil {
			return
		}
		if err := record.Runbook.Validate(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		again, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := executor.ReadRecord(again); err != nil {
			t.Errorf("%q was read and is refused as %q: %v", text, again, err)
		}
	})
}

// What a host's journal says of its runs, whatever stands around it.
func FuzzParseRuns(f *testing.F) {
	for _, seed := range []string{"", "run=a.1 revert open none 3 60 -\n", "run=a\nwaits=a.1 freeze 60 1\n", "waits=a freeze x y\n", "run=a.1 done commit settled -1 0 cut"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, run := range executor.ParseRuns(text) {
			if run.Run == "" || !strings.Contains(text, "run="+run.Run) {
				t.Errorf("%q gave %+v", text, run)
			}
		}
		for _, wait := range executor.ParseWaits(text) {
			if wait.Run == "" || wait.Stage == "" || !strings.Contains(text, wait.Run) {
				t.Errorf("%q gave %+v", text, wait)
			}
		}
	})
}

// A preview counts every name once: a list beside itself has no differences, beside none all are new or gone.
func FuzzMergeLists(f *testing.F) {
	for _, seed := range []string{"", "///d\x00/a//f 644 2 1.5\x00", "/a//d\x00/a/b//l x//y\x00/c//f 600 99 1\x00", "/a//f 644 x 1\x00", "no entry\x00", "/a//p"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		entries := strings.SplitAfter(list, "\x00")
		slices.Sort(entries)
		sorted := strings.Join(entries, "")
		same, err := executor.MergeLists(strings.NewReader(sorted), strings.NewReader(sorted))
		if err != nil {
			return
		}
		if same.New.Count+same.Changed.Count+same.Gone.Count != 0 || same.Bytes != 0 {
			t.Errorf("%q differs from itself: %+v", sorted, same)
		}
		left, err := executor.MergeLists(strings.NewReader(sorted), strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		right, err := executor.MergeLists(strings.NewReader(""), strings.NewReader(sorted))
		if err != nil {
			t.Fatal(err)
		}
		if left.New.Count != right.Gone.Count || left.Changed.Count+left.Gone.Count+right.New.Count+right.Changed.Count != 0 {
			t.Errorf("%q: %+v, %+v", sorted, left, right)
		}
	})
}
