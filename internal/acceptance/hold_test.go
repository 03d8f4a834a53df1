//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// rescue runs the sub-command by hand, on the machine where Terraform runs, and answers its questions with yes.
func (w *workspace) rescue(verb string, rest ...string) (int, string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), callPatience)
	defer cancel()
	args := append([]string{
		filepath.Join(shared.provider, "terraform-provider-mail"), "rescue", verb, "-identity", w.lab.SSHKey(), "-known-hosts", w.lab.KnownHosts(), "-yes",
	}, rest...)
	cmd := w.lab.Controller(ctx, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	w.t.Logf("rescue %s %q: %d\n%s", verb, rest, cmd.ProcessState.ExitCode(), out.String())
	return cmd.ProcessState.ExitCode(), out.String()
}

// rescued is rescue that must end well and say these texts.
func (w *workspace) rescued(verb string, host string, texts ...string) {
	w.t.Helper()
	code, said := w.rescue(verb, host)
	if code != 0 {
		w.t.Fatalf("rescue %s %s: exit code %d", verb, host, code)
	}
	for _, text := range texts {
		if !strings.Contains(said, text) {
			w.t.Errorf("rescue %s %s does not say %q", verb, host, text)
		}
	}
}

// TestHold lets moves wait for a person before each of the stages.
func TestHold(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	m.apply().good()
	holds := []struct {
		name string
		run  func(*migration)
	}{
		{"identity_continued", (*migration).holdIdentity},
		{"freeze_interrupted", (*migration).holdFreeze},
		{"commit_in_vain", (*migration).holdCommit},
	}
	for _, hold := range holds {
		if !t.Run(hold.name, func(t *testing.T) { hold.run(m.in(t)) }) {
			t.Fatal("the next one begins where this one should have ended")
		}
	}
}

// waiting begins a move and returns once it waits.
func (m *migration) waiting(before string, pairs ...string) *begun {
	m.t.Helper()
	m.declare(append([]string{"active", `"target"`, "hold_before", `"` + before + `"`}, pairs...)...)
	ctx, cancel := context.WithTimeout(m.t.Context(), callPatience)
	m.t.Cleanup(cancel)
	b := m.begin(ctx, "apply", "-json", "-auto-approve")
	m.new.await(2*time.Minute, "cd "+journalDir+"/runs && test -e $(ls -dt bluemind.* | head -n 1)/waits")
	return b
}

func (m *migration) holdIdentity() {
	b := m.waiting("identity")
	for _, unit := range units() {
		m.old.is("inactive", "systemctl", "is-active", unit)
	}
	m.old.address(bluemind.ServiceAddress, true)
	m.new.address(bluemind.ServiceAddress, false)
	m.rescued("status", bluemind.NewAddress, "\nwaits=bluemind.", " identity ")
	m.rescued("continue", bluemind.NewAddress, "waits before the identity stage", "goes on")
	b.wait().good()
	m.status("target", "settled")
	m.new.serves()
	m.old.passive()
	m.empty()
	m.declare("active", `"source"`, "hold_before", "null")
	m.apply().good()
	m.old.serves()
}

func (m *migration) holdFreeze() {
	b := m.waiting("freeze")
	m.old.serves()
	if err := b.cmd.Process.Signal(syscall.SIGINT); err != nil {
		m.t.Fatal(err)
	}
	b.wait().refused("", "backed out")
	m.status("source", "backed-out")
	m.old.serves()
	if code, said := m.rescue("continue", bluemind.NewAddress); code != 1 || !strings.Contains(said, "no run waits") {
		m.t.Errorf("continue after the end: %d %s", code, said)
	}
}

// holdCommit: nobody says continue. The run is taken back in order, before the timers act.
func (m *migration) holdCommit() {
	b := m.waiting("commit", "window", `{ confirm_within = "45s", outage_budget = "8m" }`)
	m.new.address(bluemind.ServiceAddress, true)
	b.wait().refused("", "nobody has said continue in time", "backed out")
	m.status("source", "backed-out")
	m.old.serves()
	m.new.address(bluemind.ServiceAddress, false)
	m.declare(append(usually(), "hold_before", "null")...)
	m.apply().good()
	m.status("target", "settled")
	m.new.serves()
	m.old.passive()
}
