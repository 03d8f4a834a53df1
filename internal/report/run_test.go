package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/report"
)

func stateFile(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A cutover that backed out, a file set of an older version, and a service that nothing was run for.
func TestRuns(t *testing.T) {
	t.Parallel()
	runs, err := report.ReadState(stateFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for format, ending := range map[string]string{"text": "txt", "markdown": "md", "html": "html"} {
		out, err := report.Runs(runs, format)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "runs."+ending, string(out))
		if format == "html" {
			wellFormed(t, out)
		}
	}
	if _, err := report.Runs(runs, "json"); err == nil {
		t.Error("a format that is not known is taken")
	}
}

func TestReadState(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":       {"No state.", "it is not JSON"},
		"a plan":        {`{"format_version":"1.2","resource_changes":[]}`, "it is a plan"},
		"a state file":  {`{"version":4,"serial":1,"resources":[]}`, "it is a state file"},
		"no version":    {`{"values":{}}`, "format version"},
		"empty":         {`{"format_version":"1.0"}`, "it is empty"},
		"others only":   {`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"a.b","mode":"managed","type":"a","name":"b","values":{}}]}}}`, "no resource of this provider"},
		"other run":     {`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"mail_sync.b","mode":"managed","type":"mail_sync","name":"b","values":{"last_run":{"a":1}}}]}}}`, "mail_sync.b: not a last_run"},
		"another shape": {`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"mail_sync.b","mode":"managed","type":"mail_sync","name":"b","values":{"status":1}}]}}}`, "mail_sync.b"},
	} {
		if _, err := report.ReadState([]byte(test.text)); !errors.Is(err, report.ErrInput) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is given, it is read or refused.
func FuzzState(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "state.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		runs, err := report.ReadState([]byte(text))
		if err != nil {
			return
		}
		for _, r := range runs {
			if r.Last == nil {
				continue
			}
			for _, s := range r.Last.Steps {
				if s.Begin+s.Seconds > 1e5 || s.PredictedBegin != nil && *s.PredictedBegin > 1e5 || s.PredictedSeconds != nil && *s.PredictedSeconds > 1e5 {
					return // a timetable of years has as many hours
				}
			}
			if p := r.Last.Predicted; p != nil && p.Work > 1e5 {
				return
			}
		}
		for _, format := range report.RunFormats() {
			if _, err := report.Runs(runs, format); err != nil {
				t.Error(err)
			}
		}
	})
}
