//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// workspace is a root module of its own with its state, and the CLI that runs in
// it from inside the controller's network.
type workspace struct {
	t    testing.TB
	lab  *lab.Lab
	dir  string
	env  []string
	keys map[string]string // host keys, as in authorized_keys
}

// newWorkspace makes a folder with the CLI's configuration.
func newWorkspace(tb testing.TB, l *lab.Lab) *workspace {
	tb.Helper()
	w := &workspace{t: tb, lab: l, dir: tb.TempDir(), keys: map[string]string{}}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides { \"terraform-provider-mail/mail\" = %q }\n  direct {}\n}\n", shared.provider)
	w.file("cli.tfrc", config)
	for _, host := range l.Hosts() {
		key, err := l.HostKey(host.Name())
		if err != nil {
			tb.Fatal(err)
		}
		w.keys[host.Name()] = key
	}
	return w
}

// in gives the same workspace to a sub-test, whose failures then are its own.
func (w *workspace) in(tb testing.TB) *workspace {
	tb.Helper()
	copied := *w
	copied.t = tb
	return &copied
}

// file writes a file of the root module.
func (w *workspace) file(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		w.t.Fatal(err)
	}
}

// provider is the configuration of the provider, with extra lines.
func (w *workspace) provider(extra string) string {
	return fmt.Sprintf(`terraform {
  required_providers {
    mail = { source = "terraform-provider-mail/mail" }
  }
}
provider "mail" {
  identity_files    = [%q]
  known_hosts_files = [%q]
  %s
}
`, w.lab.SSHKey(), w.lab.KnownHosts(), extra)
}

// said is what a call of the CLI printed, and how it ended.
type said struct {
	t           testing.TB
	args        string
	Code        int
	Text        string
	Diagnostics []diagnostic
}

// diagnostic is one of the CLI's, as -json prints it.
type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Snippet  struct {
		Code string `json:"code"`
	} `json:"snippet"`
}

// command prepares a call of the CLI.
func (w *workspace) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := w.lab.Controller(ctx, append([]string{shared.cli}, args...)...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(w.dir, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")
	cmd.Env = append(cmd.Env, w.env...)
	return cmd
}

// How long one call of the CLI may take.
const callPatience = 5 * time.Minute

// call runs the CLI to its end, whatever that is.
func (w *workspace) call(args ...string) said {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), callPatience)
	defer cancel()
	return w.begin(ctx, args...).wait()
}

// begun is a call that is under way.
type begun struct {
	w    *workspace
	cmd  *exec.Cmd
	args []string
	out  *bytes.Buffer
	over chan struct{} // closed when it has ended
	err  error         // of its end
}

// begin starts the CLI.
func (w *workspace) begin(ctx context.Context, args ...string) *begun {
	w.t.Helper()
	b := &begun{w: w, cmd: w.command(ctx, args...), args: args, out: &bytes.Buffer{}, over: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = b.out, b.out
	if err := b.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(b.over)
		b.err = b.cmd.Wait()
	}()
	return b
}

// wait waits for the end of the call.
func (b *begun) wait() said {
	b.w.t.Helper()
	<-b.over
	var exit *exec.ExitError
	if b.err != nil && !errors.As(b.err, &exit) {
		b.w.t.Fatalf("%v: %v\n%s", b.args, b.err, b.out.String())
	}
	s := said{t: b.w.t, args: strings.Join(b.args, " "), Code: b.cmd.ProcessState.ExitCode(), Text: b.out.String()}
	for line := range strings.Lines(s.Text) {
		var entry struct {
			Diagnostic *diagnostic `json:"diagnostic"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Diagnostic != nil {
			s.Diagnostics = append(s.Diagnostics, *entry.Diagnostic)
		}
	}
	return s
}

// planFile is where plan leaves its plan.
const planFile = "acceptance.tfplan"

// get installs modules.
func (w *workspace) get() {
	w.t.Helper()
	w.call("get", "-no-color").good()
}

func (w *workspace) plan(args ...string) said {
	w.t.Helper()
	return w.call(append([]string{"plan", "-json", "-detailed-exitcode", "-out=" + planFile}, args...)...)
}

// apply plans and applies at once.
func (w *workspace) apply(args ...string) said {
	w.t.Helper()
	return w.call(append([]string{"apply", "-json", "-auto-approve"}, args...)...)
}

func (w *workspace) destroy(args ...string) said {
	w.t.Helper()
	return w.call(append([]string{"destroy", "-json", "-auto-approve"}, args...)...)
}

// empty asserts that a plan has nothing to do.
func (w *workspace) empty() {
	w.t.Helper()
	if p := w.plan(); p.Code != 0 {
		w.t.Errorf("the plan is not empty (exit code %d): %s", p.Code, p.explain())
	}
}

// good asserts the end without an error.
func (s said) good() said {
	s.t.Helper()
	if s.Code != 0 {
		s.t.Fatalf("%s: exit code %d: %s", s.args, s.Code, s.explain())
	}
	return s
}

// changes asserts a plan that has something to do.
func (s said) changes() said {
	s.t.Helper()
	if s.Code != 2 {
		s.t.Fatalf("%s: exit code %d, want 2: %s", s.args, s.Code, s.explain())
	}
	return s
}

// refused asserts an error with these texts in one diagnostic's summary or
// detail, at an attribute where attribute is not empty.
func (s said) refused(attribute string, texts ...string) {
	s.t.Helper()
	if s.Code == 0 || s.Code == 2 {
		s.t.Fatalf("%s: exit code %d, want an error with %q", s.args, s.Code, texts)
	}
	s.told("error", attribute, texts...)
}

// told asserts a diagnostic.
func (s said) told(severity, attribute string, texts ...string) {
	s.t.Helper()
	for _, d := range s.Diagnostics {
		if d.Severity == severity && d.has(texts) && (attribute == "" || strings.Contains(d.Snippet.Code, attribute)) {
			return
		}
	}
	s.t.Errorf("%s: no %s at %q says %q: %s", s.args, severity, attribute, texts, s.explain())
}

// has says that every text is there, wherever lines were broken.
func (d diagnostic) has(texts []string) bool {
	all := strings.Join(strings.Fields(d.Summary+" "+d.Detail), " ")
	for _, text := range texts {
		if !strings.Contains(all, text) {
			return false
		}
	}
	return true
}

// explain is what went wrong, for a person.
func (s said) explain() string {
	var b strings.Builder
	for _, d := range s.Diagnostics {
		fmt.Fprintf(&b, "\n%s: %s (%s, at %q)\n%s", d.Severity, d.Summary, d.Address, d.Snippet.Code, d.Detail)
	}
	for line := range strings.Lines(s.Text) {
		var change struct {
			Type   string          `json:"type"`
			Change json.RawMessage `json:"change"`
		}
		if json.Unmarshal([]byte(line), &change) == nil && (change.Type == "planned_change" || change.Type == "resource_drift") {
			fmt.Fprintf(&b, "\n%s %s", change.Type, change.Change)
		}
	}
	if b.Len() == 0 {
		return s.Text
	}
	return b.String()
}
