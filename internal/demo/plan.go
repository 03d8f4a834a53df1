package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const cutoverAddress = "module.bluemind.mail_cutover.bluemind"

// cutover is what a plan or a state says of the cutover.
type cutover struct {
	Status    string            `json:"status"`
	Runbook   []string          `json:"runbook"`
	Predicted string            `json:"predicted_outage"`
	Outage    string            `json:"outage"`
	Drift     []string          `json:"drift"`
	Ledger    map[string]string `json:"ledger"`
	LastRun   struct {
		Steps []step `json:"steps"`
	} `json:"last_run"`
}

// step is one of a run's steps; times are in seconds.
type step struct {
	Stage   string  `json:"stage"`
	Begin   float64 `json:"begin"`
	Seconds float64 `json:"seconds"`
	Offline bool    `json:"offline"`
}

// outageByStage says how long each stage of the last run cut clients off: from its first offline step to the next stage's, or to its last one's end.
func (c cutover) outageByStage() string {
	var names []string
	begins, ends := map[string]float64{}, 0.0
	for _, s := range c.LastRun.Steps {
		if !s.Offline {
			continue
		}
		if begin, known := begins[s.Stage]; !known {
			names = append(names, s.Stage)
			begins[s.Stage] = s.Begin
		} else {
			begins[s.Stage] = min(begin, s.Begin)
		}
		ends = max(ends, s.Begin+s.Seconds)
	}
	var parts []string
	for i, name := range names {
		end := ends
		if i+1 < len(names) {
			end = begins[names[i+1]]
		}
		parts = append(parts, fmt.Sprintf("%s %.1fs", name, end-begins[name]))
	}
	return strings.Join(parts, " · ")
}

// change is one resource that a plan changes.
type change struct {
	Address string   // without the module
	Actions []string // as Terraform calls them
	Runbook []string
}

// plan is what a plan says.
type plan struct {
	Changes  bool // exit code 2 of -detailed-exitcode
	Warnings []string
	Resource []change
	Cutover  cutover  // as planned
	Drift    []string // the cutover's, as refresh found it
}

// predicted is the planned outage.
func (p plan) predicted() (time.Duration, error) {
	if p.Cutover.Predicted == "" {
		return 0, errors.New("the plan predicts no outage")
	}
	return time.ParseDuration(p.Cutover.Predicted)
}

type planJSON struct {
	Changes []struct {
		Address string `json:"address"`
		Change  struct {
			Actions []string        `json:"actions"`
			After   json.RawMessage `json:"after"`
		} `json:"change"`
	} `json:"resource_changes"`
	Prior stateJSON `json:"prior_state"`
}

type stateJSON struct {
	Values struct {
		Root moduleJSON `json:"root_module"`
	} `json:"values"`
}

type moduleJSON struct {
	Resources []struct {
		Address string          `json:"address"`
		Values  json.RawMessage `json:"values"`
	} `json:"resources"`
	Children []moduleJSON `json:"child_modules"`
}

// readPlan reads the output of `show -json PLANFILE`.
func readPlan(text []byte) (plan, error) {
	var raw planJSON
	var p plan
	if err := json.Unmarshal(text, &raw); err != nil {
		return p, fmt.Errorf("read the plan: %w", err)
	}
	for _, c := range raw.Changes {
		var after cutover
		if len(c.Change.After) > 0 {
			if err := json.Unmarshal(c.Change.After, &after); err != nil {
				continue // another kind of resource, whose attributes of these names have other types
			}
		}
		if c.Address == cutoverAddress {
			p.Cutover = after
		}
		if !slices.Equal(c.Change.Actions, []string{"no-op"}) && !slices.Equal(c.Change.Actions, []string{"read"}) {
			p.Resource = append(p.Resource, change{Address: c.Address, Actions: c.Change.Actions, Runbook: after.Runbook})
		}
	}
	if values := raw.Prior.Values.Root.find(cutoverAddress); values != nil {
		var before cutover
		if err := json.Unmarshal(values, &before); err != nil {
			return p, fmt.Errorf("read the plan's prior state: %w", err)
		}
		p.Drift = before.Drift
	}
	return p, nil
}

// readState reads the output of `show -json`.
func readState(text []byte) (cutover, error) {
	var raw stateJSON
	var c cutover
	if err := json.Unmarshal(text, &raw); err != nil {
		return c, fmt.Errorf("read the state: %w", err)
	}
	values := raw.Values.Root.find(cutoverAddress)
	if values == nil {
		return c, fmt.Errorf("read the state: %s is not in it", cutoverAddress)
	}
	if err := json.Unmarshal(values, &c); err != nil {
		return c, fmt.Errorf("read the state: %w", err)
	}
	return c, nil
}

// find looks a resource up; nil: it is not there.
func (m moduleJSON) find(address string) json.RawMessage {
	for _, r := range m.Resources {
		if r.Address == address {
			return r.Values
		}
	}
	for _, child := range m.Children {
		if values := child.find(address); values != nil {
			return values
		}
	}
	return nil
}
