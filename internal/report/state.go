package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/timetable"
)

// ErrInput is wrapped by every fault of what was given to be read.
var ErrInput = errors.New("this is no state that can be reported on")

// shown is what the state has of a resource, as far as it is reported.
type shown struct {
	ID        string            `json:"id"`
	Addresses []string          `json:"addresses"`
	Status    string            `json:"status"`
	Drift     []string          `json:"drift"`
	Ledger    map[string]string `json:"ledger"`
	LastRun   json.RawMessage   `json:"last_run"`
	Outage    string            `json:"outage"`
	Predicted string            `json:"predicted_outage"`
	Source    string            `json:"source"`
	Target    string            `json:"target"`
	Host      string            `json:"host"`
}

// ReadState reads the output of `terraform show -json`: the last run of every resource of this provider, in the order in which they were run.
func ReadState(text []byte) ([]Run, error) {
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(text, &shape); err != nil {
		return nil, fmt.Errorf("%w: it is not JSON: %w; give the output of `terraform show -json`", ErrInput, err)
	}
	if shape["resource_changes"] != nil || shape["planned_values"] != nil {
		return nil, fmt.Errorf("%w: it is a plan; give the output of `terraform show -json` without a file, or compile it", ErrInput)
	}
	if shape["serial"] != nil {
		return nil, fmt.Errorf("%w: it is a state file; give the output of `terraform show -json`", ErrInput)
	}
	var state tfjson.State
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if state.Values == nil || state.Values.RootModule == nil {
		return nil, fmt.Errorf("%w: it is empty", ErrInput)
	}
	resources := resourcesOf(state.Values.RootModule)
	values, names := map[string]shown{}, map[string]string{}
	for _, r := range resources {
		v, err := shownOf(r)
		if err != nil {
			return nil, err
		}
		values[r.Address] = v
		if r.Type == "mail_host" {
			names[v.ID] = r.Address + " (" + strings.Join(v.Addresses, ", ") + ")"
		}
	}
	var runs []Run
	for _, r := range resources {
		if r.Type == "mail_host" {
			continue
		}
		run, err := runOf(r.Address, values[r.Address], names)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("%w: it holds no resource of this provider that runs anything", ErrInput)
	}
	slices.SortStableFunc(runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(started(a), started(b)), cmp.Compare(a.Resource, b.Resource))
	})
	return runs, nil
}

// resourcesOf lists the provider's resources of a module and of those in it.
func resourcesOf(m *tfjson.StateModule) []*tfjson.StateResource {
	var out []*tfjson.StateResource
	for _, r := range m.Resources {
		if r != nil && r.Mode == tfjson.ManagedResourceMode && strings.HasPrefix(r.Type, "mail_") {
			out = append(out, r)
		}
	}
	for _, child := range m.ChildModules {
		if child != nil {
			out = append(out, resourcesOf(child)...)
		}
	}
	return out
}

func shownOf(r *tfjson.StateResource) (shown, error) {
	var v shown
	text, err := json.Marshal(r.AttributeValues)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		return v, fmt.Errorf("%w: %s: %w", ErrInput, r.Address, err)
	}
	return v, nil
}

func runOf(address string, v shown, names map[string]string) (Run, error) {
	run := Run{Resource: address, Status: v.Status, Drift: v.Drift, Ledger: v.Ledger}
	if v.Outage != "" {
		run.Move = "outage measured " + v.Outage
		if v.Predicted != "" {
			run.Move += ", predicted " + v.Predicted
		}
	}
	for _, side := range [][2]string{{"host", v.Host}, {"source", v.Source}, {"target", v.Target}} {
		if side[1] != "" {
			name := names[side[1]]
			if name == "" {
				name = side[1]
			}
			run.Hosts = append(run.Hosts, side[0]+": "+name)
		}
	}
	if v.LastRun == nil {
		return run, nil
	}
	last, err := timetable.Parse(v.LastRun)
	if err != nil {
		return run, fmt.Errorf("%w: %s: %w", ErrInput, address, err)
	}
	run.Last = last
	return run, nil
}

func started(r Run) string {
	if r.Last == nil {
		return "~" // after all times
	}
	return r.Last.Started
}
