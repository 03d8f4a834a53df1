package executor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

func TestParseSteps(t *testing.T) {
	t.Parallel()
	result := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for name, test := range map[string]struct {
		text string
		want map[string]executor.StepResult
	}{
		"nothing": {"", map[string]executor.StepResult{}},
		"two": {
			"op a.b 0 1.25\nfiles=3\nbytes=12\nop c 10 0.01\n",
			map[string]executor.StepResult{
				"a.b": {Seconds: 1.25, Result: result("files", "3", "bytes", "12")},
				"c":   {Seconds: 0.01, Skipped: true, Result: result()},
			},
		},
		"failed":               {"op a 1 0.5\n", map[string]executor.StepResult{"a": {Seconds: 0.5, Error: "exit code 1", Result: result()}}},
		"held":                 {"op a 76 0\nholder=move\n", map[string]executor.StepResult{"a": {Error: "exit code 76", Result: result("holder", "move")}}},
		"an = in the value":    {"op a 0 1\ncommand=x=y z\n", map[string]executor.StepResult{"a": {Seconds: 1, Result: result("command", "x=y z")}}},
		"no number":            {"op a 0 soon\n", map[string]executor.StepResult{"a": {Result: result()}}},
		"before any operation": {"lost=1\nop a 0 1\n", map[string]executor.StepResult{"a": {Seconds: 1, Result: result()}}},
		"noise":                {"welcome to this host\nop a 0 1\nno value here\n", map[string]executor.StepResult{"a": {Seconds: 1, Result: result()}}},
		"no line end":          {"op a 0 1\nfiles=3", map[string]executor.StepResult{"a": {Seconds: 1, Result: result("files", "3")}}},
		"the last word counts": {"op a 1 1\nop a 0 2\n", map[string]executor.StepResult{"a": {Seconds: 2, Result: result()}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, executor.ParseSteps(test.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseSteps(f *testing.F) {
	for _, seed := range []string{"", "op a 0 1\nfiles=3\n", "op a 10 x\n=\n", "op  a 0 1\r\nx=\n", "op a 0 NaN\n", "op\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for id, step := range executor.ParseSteps(text) {
			if id == "" || !strings.Contains(text, id) || step.Result == nil {
				t.Errorf("%q gave the step %q: %+v", text, id, step)
			}
			if step.Skipped && step.Error != "" {
				t.Errorf("%q: %q was skipped and failed", text, id)
			}
		}
	})
}

func TestFirstCause(t *testing.T) {
	t.Parallel()
	disk, net := errors.New("disk full"), errors.New("no route")
	after := fmt.Errorf("%w: b: %w", executor.ErrNotBegun, disk)
	for name, test := range map[string]struct {
		errs []error
		want string
	}{
		"none":           {nil, ""},
		"one":            {[]error{disk}, "disk full"},
		"and followers":  {[]error{after, disk, after}, "disk full"},
		"two causes":     {[]error{disk, after, net}, "disk full\nno route"},
		"followers only": {[]error{after}, "not brought to its end: b: disk full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := executor.FirstCause(test.errs); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestOperationError(t *testing.T) {
	t.Parallel()
	classes := []error{executor.ErrOperation, executor.ErrHeld, executor.ErrSuperseded, executor.ErrLocked}
	for exit, want := range map[int][]error{
		1: {executor.ErrOperation}, 75: {executor.ErrOperation, executor.ErrSuperseded}, 76: {executor.ErrOperation, executor.ErrHeld}, 78: {executor.ErrOperation},
	} {
		err := error(&executor.OperationError{ID: "stop_service.source.bm", Sentence: "stop bm on the source", Address: "192.0.2.21", Exit: exit, Reason: "no such service"})
		wrapped := fmt.Errorf("move: %w", err)
		for _, class := range classes {
			is := false
			for _, w := range want {
				is = is || class == w //nolint:errorlint // the classes themselves
			}
			if errors.Is(wrapped, class) != is {
				t.Errorf("exit %d is %v: %v, want %v", exit, class, !is, is)
			}
		}
		if got := err.Error(); got != "stop bm on the source (operation stop_service.source.bm on 192.0.2.21): no such service" {
			t.Errorf("%q", got)
		}
	}
}

func TestNewController(t *testing.T) {
	t.Parallel()
	for dir, sound := range map[string]bool{
		"": true, "/var/lib/terraform-provider-mail": true, "relative": false, "/with blank": false, "/with'quote": false, "/with\"quote": false, `/with\backslash`: false, "/with\nline": false,
	} {
		c, err := executor.NewController(executor.Config{JournalDir: dir})
		if (err == nil) != sound {
			t.Errorf("journal_dir %q: %v", dir, err)
		}
		if err == nil {
			if err := c.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	}
}
