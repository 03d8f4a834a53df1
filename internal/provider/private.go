package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Keys of a resource's private state.
const (
	keyEndpoints = "endpoints" // []remote.Endpoint: how the hosts taking part were reached
	keyDrift     = "drift"     // []string: ids of the operations that would mend what was found
	keyMeasured  = "measured"  // map[string]float64: seconds that operations took in earlier runs, by runbook.MeasureOf
	keyImported  = "imported"  // bool: the state comes from an import and knows only what the id says
	keyProblem   = "problem"   // string: why a mail_host is drifted
)

// privateReader and privateWriter are the framework's private state.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// recall reads a key; the zero value where it is not there.
func recall[T any](ctx context.Context, private privateReader, key string, diags *diag.Diagnostics) T {
	var value T
	data, problems := private.GetKey(ctx, key)
	diags.Append(problems...)
	if len(data) == 0 {
		return value
	}
	if err := json.Unmarshal(data, &value); err != nil {
		diags.AddWarning("Private state cannot be read", key+": "+err.Error())
	}
	return value
}

// keep writes a key.
func keep(ctx context.Context, private privateWriter, key string, value any, diags *diag.Diagnostics) {
	data, err := json.Marshal(value)
	if err != nil {
		diags.AddWarning("Private state cannot be written", key+": "+err.Error())
		return
	}
	diags.Append(private.SetKey(ctx, key, data)...)
}

// endpoints reads the endpoints that a resource keeps.
func endpoints(ctx context.Context, private privateReader, diags *diag.Diagnostics) []remote.Endpoint {
	return recall[[]remote.Endpoint](ctx, private, keyEndpoints, diags)
}
