//go:build lab

package acceptance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// cutoverAddress is the cutover of the module in the root module.
const cutoverAddress = "module.bluemind.mail_cutover.bluemind"

// migration is a workspace with the BLUEMIND module, as a user would call it.
type migration struct {
	*workspace
	old, new machine
	provide  string            // extra lines of the provider's configuration
	set      map[string]string // arguments of the module in HCL, by name
}

// newMigration copies the module and declares the lab's hosts to it.
func newMigration(t *testing.T, l *lab.Lab) *migration {
	t.Helper()
	m := &migration{workspace: newWorkspace(t, l), old: on(t, l, bluemind.Old), new: on(t, l, bluemind.New)}
	m.must(copyModule(m.dir))
	m.set = map[string]string{
		"old":               fmt.Sprintf("{ addresses = [%q], host_key = %q }", bluemind.OldAddress, m.keys[bluemind.Old]),
		"new":               fmt.Sprintf("{ addresses = [%q], host_key = %q }", bluemind.NewAddress, m.keys[bluemind.New]),
		"service_addresses": fmt.Sprintf("[%q]", bluemind.ServiceAddress+"/24"),
		"probe_mailbox":     fmt.Sprintf("%q", bluemind.UserName(1)+"@"+bluemind.Domain),
		"my_networks":       fmt.Sprintf("{ old = %q, new = %q }", bluemind.OldAddress+"/32", bluemind.NewAddress+"/32"),
		"active":            `"source"`,
		"window":            `{ confirm_within = "10m", outage_budget = "8m" }`,
	}
	m.write()
	m.get()
	return m
}

// copyModule puts the BLUEMIND module beside a root module.
func copyModule(dir string) error {
	return os.CopyFS(filepath.Join(dir, "bluemind"), os.DirFS(filepath.Join("..", "..", "examples", "migrations", "bluemind")))
}

// in gives the same migration to a sub-test.
func (m *migration) in(t *testing.T) *migration {
	t.Helper()
	copied := *m
	copied.workspace = m.workspace.in(t)
	copied.old.t, copied.new.t = t, t
	return &copied
}

// declare sets arguments of the module, in pairs of name and HCL, and writes the root module.
func (m *migration) declare(pairs ...string) {
	m.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		m.set[pairs[i]] = pairs[i+1]
	}
	m.write()
}

func (m *migration) write() {
	m.t.Helper()
	text := m.provider(m.provide) + "module \"bluemind\" {\n  source = \"./bluemind\"\n"
	for _, name := range sortedNames(m.set) {
		text += fmt.Sprintf("  %s = %s\n", name, m.set[name])
	}
	m.file("main.tf", text+"}\n")
}

// cutover is what the state says of the cutover.
type cutover struct {
	Active          string            `json:"active"`
	Status          string            `json:"status"`
	Outage          string            `json:"outage"`
	PredictedOutage string            `json:"predicted_outage"`
	ActiveAddress   string            `json:"active_address"`
	Reversible      string            `json:"reversible"`
	Digest          string            `json:"digest"`
	Drift           []string          `json:"drift"`
	Runbook         []string          `json:"runbook"`
	Ledger          map[string]string `json:"ledger"`
	LastRun         struct {
		Run    string `json:"run"`
		Status string `json:"status"`
		Steps  []struct {
			ID     string `json:"id"`
			Error  string `json:"error"`
			Undone bool   `json:"undone"`

			Result map[string]string `json:"result"`
		} `json:"steps"`
	} `json:"last_run"`
}

type moduleValues struct {
	Resources []struct {
		Address string          `json:"address"`
		Values  json.RawMessage `json:"values"`
	} `json:"resources"`
	Children []moduleValues `json:"child_modules"`
}

func (v moduleValues) find(address string) json.RawMessage {
	for _, r := range v.Resources {
		if r.Address == address {
			return r.Values
		}
	}
	for _, child := range v.Children {
		if found := child.find(address); found != nil {
			return found
		}
	}
	return nil
}

// state reads a resource's attributes from the state, or from a plan's file, into value; false: it is not there.
func (w *workspace) read(address string, value any, planFile ...string) bool {
	w.t.Helper()
	shown := w.call(append([]string{"show", "-json"}, planFile...)...).good()
	var top struct {
		Values *struct {
			Root moduleValues `json:"root_module"`
		} `json:"values"`
		Planned *struct {
			Root moduleValues `json:"root_module"`
		} `json:"planned_values"`
	}
	// Warnings of the CLI's own come before the JSON.
	text := shown.Text
	for i := range text {
		if text[i] == '{' {
			text = text[i:]
			break
		}
	}
	if err := json.NewDecoder(stringReader(text)).Decode(&top); err != nil {
		w.t.Fatalf("show: %v\n%s", err, shown.Text)
	}
	values := top.Values
	if len(planFile) > 0 {
		values = top.Planned
	}
	if values == nil {
		return false
	}
	raw := values.Root.find(address)
	if raw == nil {
		return false
	}
	if err := json.Unmarshal(raw, value); err != nil {
		w.t.Fatalf("read %s: %v", address, err)
	}
	return true
}

// cutover reads the cutover from the state.
func (m *migration) cutover() cutover {
	m.t.Helper()
	var c cutover
	if !m.read(cutoverAddress, &c) {
		m.t.Fatalf("%s is not in the state", cutoverAddress)
	}
	return c
}

// status asserts the cutover's status and active side.
func (m *migration) status(active, status string) cutover {
	m.t.Helper()
	c := m.cutover()
	if c.Active != active || c.Status != status {
		m.t.Errorf("the cutover is %s with active %q, want %s with %q; drift %q", c.Status, c.Active, status, active, c.Drift)
	}
	return c
}
