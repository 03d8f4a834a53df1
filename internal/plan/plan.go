// Package plan reads what `terraform show -json` writes of a plan, and lays out everything that the plan does to mail servers: one procedure over all
// resources, in the order in which Terraform will run them.
package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ErrInput is wrapped by every fault of what was given to be read.
var ErrInput = errors.New("this is no plan that can be compiled")

// Action is what a plan does with a resource. A replacement is two of them.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Read   Action = "read"
	Forget Action = "forget"
)

// Change is what a plan does to one resource, in the values that Terraform shows.
type Change struct {
	Address string
	Type    string
	Action  Action
	Before  json.RawMessage // the resource as the state has it; null: there is none
	After   json.RawMessage // as it is planned, without what is not known yet; null: it will be gone
	Unknown json.RawMessage // true where After lacks a value
}

// Finding is a danger that the declaration itself shows.
type Finding struct {
	Code    string `json:"code"`
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
}

// Procedure is what a change comes to on the hosts.
type Procedure struct {
	Book     runbook.Runbook // the operations; empty where there are none, or where they are not known
	Words    []string        // the plan's own words for it, without the digest; only where the operations are not known
	Undoes   bool            // the operations are taken back, the last one first, instead of carried out
	Digest   string          // as the plan has it; empty: the plan has none
	Note     string          // why there are no operations, or what is to be known of them
	Known    bool            // false: something is done, and the plan does not tell all of it
	Findings []Finding
	Outage   string        // as the plan itself predicts it; empty: it does not
	Budget   time.Duration // the outage that is allowed; zero: any
}

// Compiler makes procedures of changes: the provider's own code, without hosts.
type Compiler interface {
	Compile(ctx context.Context, change Change) (Procedure, error)
}

// Parse reads a plan.
func Parse(text []byte) (*tfjson.Plan, error) {
	if strings.TrimSpace(string(text)) == "" {
		return nil, fmt.Errorf("%w: it is empty", ErrInput)
	}
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(text, &shape); err != nil {
		return nil, fmt.Errorf("%w: it is not JSON: %w; give the output of `terraform show -json PLANFILE`", ErrInput, err)
	}
	if shape["planned_values"] == nil && shape["resource_changes"] == nil {
		if shape["values"] != nil || shape["serial"] != nil {
			return nil, fmt.Errorf("%w: it is a state; give the output of `terraform show -json PLANFILE`", ErrInput)
		}
		return nil, fmt.Errorf("%w: it has neither planned_values nor resource_changes; give the output of `terraform show -json PLANFILE`", ErrInput)
	}
	var p tfjson.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return &p, nil
}

// ours reports whether a resource is one of this provider, wherever its registry is.
func ours(kind, provider string) bool {
	return strings.HasPrefix(kind, "mail_") && (provider == "" || strings.HasSuffix(provider, "/mail"))
}

// raw writes a value back as JSON.
func raw(value any) (json.RawMessage, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return text, nil
}
