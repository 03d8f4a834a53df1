//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestCommands looks at a move through the commands that people run beside Terraform: its plan compiled, the move watched, its end reported from the
// state and from the hosts' journals.
func TestCommands(t *testing.T) {
	m := newMigration(t, fresh(t, bluemind.Options{}))
	t.Run("compile_before_anything_is_known", func(t *testing.T) { m.in(t).compiled(nil) })
	m.apply().good()
	m.declare("active", `"target"`)
	t.Run("compile_the_move", func(t *testing.T) { m.in(t).compiled([]string{cutoverAddress}) })
	t.Run("watch_the_move", func(t *testing.T) { m.in(t).watched() })
	t.Run("report_from_the_state", func(t *testing.T) {
		said := m.in(t).run("report", "-format", "markdown", m.showFile("state.json"))
		contains(t, said, "## "+cutoverAddress, "| Ended as | settled |", "### Ledger", "tree:/var/spool/cyrus/", "commit: the target serves from here on")
		if strings.Contains(section(said, cutoverAddress), "predicted not known") {
			t.Error("the move had no prediction")
		}
	})
	t.Run("report_from_the_journals", func(t *testing.T) {
		said := m.in(t).run("report", "-identity", m.lab.SSHKey(), "-known-hosts", m.lab.KnownHosts(), bluemind.NewAddress)
		contains(t, said, "mail_cutover.", "settled, committed", "source: "+bluemind.OldAddress, "target: "+bluemind.NewAddress, "commit: the target serves from here on: done")
	})
	t.Run("the_next_plan_is_empty", func(t *testing.T) { m.in(t).empty() })
}

// run runs a command of the provider's binary in the workspace, inside the controller's network, and wants it to end well.
func (w *workspace) run(args ...string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), callPatience)
	defer cancel()
	cmd := w.binary(ctx, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("%q: %v\n%s%s", args, err, out.String(), errOut.String())
	}
	return out.String()
}

func (w *workspace) binary(ctx context.Context, args ...string) *exec.Cmd {
	cmd := w.lab.Controller(ctx, append([]string{filepath.Join(shared.provider, "terraform-provider-mail")}, args...)...)
	cmd.Dir = w.dir
	return cmd
}

// showFile writes what show says, of the state or of a plan's file, and gives the file's name.
func (w *workspace) showFile(name string, planFiles ...string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), callPatience)
	defer cancel()
	cmd := w.command(ctx, append([]string{"show", "-json"}, planFiles...)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("show: %v\n%s", err, errOut.String())
	}
	file := filepath.Join(w.dir, name)
	w.must(os.WriteFile(file, out.Bytes(), 0o600))
	return file
}

// laidOut is what compile writes as JSON.
type laidOut struct {
	Totals struct {
		Outage float64 `json:"outage"`
	} `json:"totals"`
	Resources []struct {
		Address   string `json:"address"`
		Known     bool   `json:"known"`
		Note      string `json:"note"`
		Digest    string `json:"digest"`
		Predicted string `json:"predicted_outage"`
		Steps     []any  `json:"steps"`
	} `json:"resources"`
}

// compiled plans, and compiles what was planned: everything in it is known, and has the plan's digest. only are the resources that change; nil: all.
func (m *migration) compiled(only []string) {
	m.t.Helper()
	if p := m.plan(); p.Code != 2 {
		m.t.Fatalf("the plan ends with %d: %s", p.Code, p.explain())
	}
	file := m.showFile("plan.json", planFile)
	var d laidOut
	m.must(json.Unmarshal([]byte(m.run("compile", "-format", "json", file)), &d))
	if only != nil && len(d.Resources) != len(only) {
		m.t.Errorf("%d resources change, want %q", len(d.Resources), only)
	}
	for i, r := range d.Resources {
		if !r.Known && !strings.Contains(r.Note, "depends on what changes in the same apply") {
			m.t.Errorf("%s is not known: %s", r.Address, r.Note)
		}
		if only != nil {
			m.asPlanned(only[i], d, i)
		}
	}
	for _, format := range []string{"text", "markdown", "html"} {
		if first, second := m.run("compile", "-format", format, file), m.run("compile", "-format", format, file); first != second {
			m.t.Errorf("compiled to %s it is not the same twice", format)
		}
	}
}

// asPlanned: what is compiled of a resource is what the plan has of it.
func (m *migration) asPlanned(address string, d laidOut, at int) {
	m.t.Helper()
	r := d.Resources[at]
	var planned cutover
	if r.Address != address || !m.read(address, &planned, planFile) || r.Digest != planned.Digest || len(r.Steps) != len(planned.Runbook)-1 {
		m.t.Errorf("%s: compiled to %d steps with %s, planned were %d with %s", r.Address, len(r.Steps), r.Digest, len(planned.Runbook)-1, planned.Digest)
	}
	predicted, err := time.ParseDuration(r.Predicted)
	if off := predicted.Seconds() - d.Totals.Outage; err != nil || off > 1 || off < -1 {
		m.t.Errorf("the plan predicts %s, compiled are %.1f s: %v", r.Predicted, d.Totals.Outage, err)
	}
}

// watched moves while somebody watches.
func (m *migration) watched() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), callPatience)
	defer cancel()
	watch := m.binary(ctx, "watch", "-linger", "3s", m.dir)
	var out bytes.Buffer
	watch.Stdout, watch.Stderr = &out, &out
	m.must(watch.Start())
	m.apply().good()
	if err := watch.Wait(); err != nil {
		m.t.Errorf("watch: %v", err)
	}
	contains(m.t, out.String(), "begins: ", "OUT OF SERVICE for ", "commit: the target serves from here on: done in ", " left · ", "ended: settled, after ", "out of service for ")
	if strings.Contains(out.String(), "\x1b") {
		m.t.Error("it draws though nobody looks at a terminal")
	}
}

func contains(tb testing.TB, text string, wants ...string) {
	tb.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			tb.Errorf("%q is not said in:\n%s", want, text)
		}
	}
}

// section is the part of a Markdown text under a heading.
func section(text, heading string) string {
	_, after, _ := strings.Cut(text, "## "+heading+"\n")
	part, _, _ := strings.Cut(after, "\n## ")
	return part
}
