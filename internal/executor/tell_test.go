package executor_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
)

// Who watches is told of each operation, of what is taken back, and of the end.
func TestRunTellsHowItGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := progress.Dir(t.TempDir())
	c, err := executor.NewController(executor.Config{Remote: s.Config, JournalDir: s.journal, Progress: dir})
	if err != nil {
		t.Fatal(err)
	}
	c.Register(s.Endpoint)
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	f := progress.Follow(dir)
	read := func() []string {
		told, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range told {
			word := e.Kind + " " + e.Op + e.Status
			if e.Error != "" {
				word += " failed"
			}
			got = append(got, strings.TrimSpace(word))
		}
		return got
	}
	if out, err := c.Run(t.Context(), books("good", s.job("one", "true"), s.job("two", "true", "run_job.host.one")), executor.Options{Resource: "mail_job.x"}); err != nil {
		t.Fatalf("%+v %v", out, err)
	}
	want := []string{"begin", "start run_job.host.one", "end run_job.host.one", "start run_job.host.two", "end run_job.host.two", "close settled"}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := c.Run(t.Context(), books("bad", s.job("one", "false")), executor.Options{}); err == nil {
		t.Fatal("it does not fail")
	}
	if diff := cmp.Diff([]string{"begin", "start run_job.host.one", "end run_job.host.one failed", "back", "close backed-out"}, read()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out, err := c.Undo(t.Context(), books("good", s.job("one", "true")), "good", executor.Options{}); err != nil {
		t.Fatalf("%+v %v", out, err)
	}
	if diff := cmp.Diff([]string{"begin", "back", "close backed-out"}, read()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
