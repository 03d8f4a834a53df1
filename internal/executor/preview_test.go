package executor_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

// What a pass would send and delete is counted and named, and nothing is written.
func TestPreview(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	from, to := filepath.Join(s.work, "from")+"/", filepath.Join(s.work, "to")+"/"
	shell := func(script string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", script)
		cmd.Dir = s.work
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	sync := declare.Sync{Source: s.id, Target: s.id, Paths: map[string]string{from: to}, Exclude: []string{"proc/"}}
	preview := func(want executor.Preview) {
		t.Helper()
		want.From, want.To = from, to
		got, err := s.controller.Preview(t.Context(), sync)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]executor.Preview{want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	shell("mkdir -p from/a from/proc; echo 1 >from/a/1; echo 2 >'from/a/two words'; echo x >from/proc/x; ln -s a//1 from/link")
	preview(executor.Preview{New: executor.Entries{Count: 4, Names: []string{"a/", "a/1", "a/two words", "link"}}, Bytes: 4})
	shell("rsync -a --exclude=proc/ from/ to/")
	preview(executor.Preview{})
	shell("echo longer >from/a/1; rm 'from/a/two words'; for i in 1 2 3 4 5 6 7; do echo $i >to/own$i; done; touch 'from/new\nline'")
	preview(executor.Preview{
		New: executor.Entries{Count: 1, Names: []string{"new\nline"}}, Changed: executor.Entries{Count: 1, Names: []string{"a/1"}}, Bytes: 7,
		Gone: executor.Entries{Count: 8, Names: []string{"a/two words", "own1", "own2", "own3", "own4"}},
	})
	sync.Exclude = []string{"- x"}
	if _, err := s.controller.Preview(t.Context(), sync); err == nil || !strings.Contains(err.Error(), "cannot be told") {
		t.Errorf("a rule of rsync's: %v", err)
	}
	shell("rm -r from; mkdir from")
	if _, err := s.controller.Preview(t.Context(), sync); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty source: %v", err)
	}
}
