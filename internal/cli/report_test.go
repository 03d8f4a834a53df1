package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/cli"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

const smallState = `{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"mail_sync.a","mode":"managed","type":"mail_sync","name":"a","values":{"status":"settled",
 "last_run":{"run":"mail_sync.a","status":"settled","steps":[{"id":"x","sentence":"copy it","seconds":2}]}}}]}}}`

func TestReportOfAState(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, []byte(smallState), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		in   string
		code int
		want string
	}{
		"a file":         {[]string{file}, "", 0, "copy it: done"},
		"standard input": {[]string{"-format", "markdown", "-"}, smallState, 0, "| 1 | copy it |"},
		"HTML":           {[]string{"-format", "html", file}, "", 0, "<!DOCTYPE html>"},
		"nothing":        {nil, "", 2, "usage: "},
		"no such flag":   {[]string{"-nope", file}, "", 2, "usage: "},
		"no such format": {[]string{"-format", "json", file}, "", 2, "json is not known"},
		"no such file":   {[]string{file + ".json"}, "", 2, "no such file"},
		"a plan":         {[]string{"-"}, smallPlan, 2, "standard input: this is no state that can be reported on: it is a plan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			code := cli.Report(t.Context(), test.args, strings.NewReader(test.in), &out, &errOut)
			if text := out.String() + errOut.String(); code != test.code || !strings.Contains(text, test.want) {
				t.Errorf("exit code %d\n%s", code, text)
			}
		})
	}
}

// What the journals know is reported without a state: here two runs of one resource, of which the newer counts.
func TestReportOfJournals(t *testing.T) {
	t.Parallel()
	f := remotetest.New(t, remotetest.InProcess, remotetest.Options{})
	f.Endpoint.ID = f.HostKey.Fingerprint()
	known := remotetest.WriteFile(t, "known", "["+f.Endpoint.Addresses[0]+"]:"+strconv.Itoa(f.Endpoint.Port)+" "+f.Endpoint.HostKey+"\n")
	journal := filepath.Join(t.TempDir(), "journal")
	controller, err := executor.NewController(executor.Config{Remote: f.Config, JournalDir: journal})
	if err != nil {
		t.Fatal(err)
	}
	controller.Register(f.Endpoint)
	for _, name := range []string{"first", "second"} {
		op := operation.RunJob(operation.Party{ID: f.Endpoint.ID, Role: "host"}, runbook.Change, []string{"true"})
		op.Estimate, op.Sentence = 90*time.Second, "do the "+name
		book := runbook.Runbook{Name: name, Version: runbook.FormatVersion, Operations: []runbook.Operation{op}}
		if _, err := controller.Run(t.Context(), book, executor.Options{Resource: "mail_job.rebuild"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := controller.Close(); err != nil {
		t.Fatal(err)
	}
	report := func(args ...string) (int, string) {
		var out bytes.Buffer
		args = append([]string{
			"-user", f.Endpoint.User, "-port", strconv.Itoa(f.Endpoint.Port), "-journal-dir", journal, "-identity", f.Config.IdentityFiles[0], "-known-hosts", known,
		}, args...)
		return cli.Report(t.Context(), append(args, f.Endpoint.Addresses[0]), strings.NewReader(""), &out, &out), out.String()
	}
	code, text := report()
	for _, want := range []string{"mail_job.rebuild", "host: 127.0.0.1", "do the second: done", "predicted 1 min 30 s", "Ended as:", "settled"} {
		if code != 0 || !strings.Contains(text, want) || strings.Contains(text, "first") {
			t.Errorf("%d, want %q\n%s", code, want, text)
		}
	}
	if code, text = report("-run", "first"); code != 0 || !strings.Contains(text, "do the first") {
		t.Errorf("%d\n%s", code, text)
	}
	if code, text = report("-run", "third"); code != 2 || !strings.Contains(text, "no run that was asked for") {
		t.Errorf("%d\n%s", code, text)
	}
}
