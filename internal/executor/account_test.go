package executor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func offlineBook(timer time.Duration) runbook.Runbook {
	op := func(id, kind, host, role string, offline bool, args ...string) runbook.Operation {
		return runbook.Operation{ID: id, Kind: kind, Host: host, Role: role, Offline: offline, Args: args, Sentence: id}
	}
	return runbook.Runbook{Timer: timer, Operations: []runbook.Operation{
		op("hot", "sync_tree", "new", "target", false),
		op("fence", "raise_fence", "old", "source", true),
		op("compare", "compare_tree", "new", "target", true, "var", "/var/spool/"),
		op("restore", "restore_database", "new", "target", true, "bj"),
		op("queue", "copy_queue", "new", "target", true),
		op("portal", "stop_service", "third", "host-third", true),
		op("open", "lower_fence", "new", "target", true),
		op("tidy", "close_access", "old", "source", false),
	}}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	at := func(begin, seconds float64) executor.StepResult {
		return executor.StepResult{Begin: time.Duration(begin * float64(time.Second)), Seconds: seconds}
	}
	whole := map[string]executor.StepResult{"hot": at(0, 60), "fence": at(60, 0.5), "compare": at(61, 5), "restore": at(61, 2), "open": at(67, 0.5), "tidy": at(68, 30)}
	for name, test := range map[string]struct {
		results   map[string]executor.StepResult
		committed bool
		timer     time.Duration
		want      time.Duration
	}{
		"committed":              {whole, true, time.Minute, 7500 * time.Millisecond},
		"nothing offline":        {map[string]executor.StepResult{"hot": at(0, 60)}, false, time.Minute, 0},
		"nothing at all":         {nil, false, time.Minute, 0},
		"taken back":             {map[string]executor.StepResult{"fence": at(60, 1)}, false, time.Minute, 40 * time.Second}, // until now
		"no timer, not a move":   {map[string]executor.StepResult{"fence": at(60, 1)}, false, 0, time.Second},
		"long one among shorter": {map[string]executor.StepResult{"fence": at(1, 100), "compare": at(2, 1)}, true, time.Minute, 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := executor.AccountOf(offlineBook(test.timer), test.results, test.committed, 100*time.Second).Outage
			if got.Round(time.Second/10) != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	results := map[string]executor.StepResult{
		"compare": {Result: map[string]string{"entries": "12", "bytes": "345"}},
		"restore": {Result: map[string]string{"tables": "3", "rows": "678"}},
		"queue":   {Result: map[string]string{"messages": "2"}},
		"hot":     {Result: map[string]string{"files": "9"}},
	}
	want := map[string]string{
		"tree:/var/spool/": "12 entries, 345 bytes, no difference",
		"database:bj":      "3 tables and sequences, 678 rows, no difference",
		"queue":            "2 undelivered messages taken along",
	}
	account := executor.AccountOf(offlineBook(0), results, true, 0)
	if diff := cmp.Diff(want, account.Ledger); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(account.Steps) != len(results) {
		t.Errorf("steps: %+v", account.Steps)
	}
	if diff := cmp.Diff(map[string]string{}, executor.AccountOf(offlineBook(0), nil, true, 0).Ledger); diff != "" {
		t.Errorf("nothing ran (-want +got):\n%s", diff)
	}
}

// The source is taken back last: nobody serves there again before the others have stopped. Only hosts that checks were made from can wait.
func TestBackwards(t *testing.T) {
	t.Parallel()
	book := offlineBook(0)
	book.Operations = append([]runbook.Operation{{ID: "passage", Kind: "open_passage", Host: "fourth", Role: "host-fourth"}, {ID: "own", Kind: "open_passage", Host: "old", Role: "source"}}, book.Operations...)
	got := executor.AccountOf(book, nil, false, 0).Backwards
	if diff := cmp.Diff([]string{"new", "third", "old", "fourth"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
