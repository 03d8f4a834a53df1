package executor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// A run tells what was predicted of it when it began.
func TestRunTellsWhatWasPredicted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book := books("book", s.job("one", "true"), s.job("two", "true", "run_job.host.one"))
	book.Operations[0].Estimate, book.Operations[0].Offline = 3*time.Second, true
	book.Operations[1].Estimate, book.Operations[1].Recovery = 2*time.Second, time.Minute
	out, err := s.controller.Run(t.Context(), book, executor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := runbook.Totals{Work: 5 * time.Second, Outage: 3 * time.Second, Contingency: runbook.Contingency{Work: 65 * time.Second, Outage: 3 * time.Second}}
	if diff := cmp.Diff(want, out.Predicted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	steps := []executor.Prediction{{Takes: 3 * time.Second}, {Begin: 3 * time.Second, Takes: 2 * time.Second, Recovery: time.Minute}}
	if diff := cmp.Diff(steps, []executor.Prediction{out.Steps[0].Predicted, out.Steps[1].Predicted}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
