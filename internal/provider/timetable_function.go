package provider

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/timetable"
)

var _ function.Function = (*timetableFunction)(nil)

// timetableFunction is provider::mail::timetable.
type timetableFunction struct{}

func newTimetableFunction() function.Function { return &timetableFunction{} }

// Metadata implements function.Function.
func (*timetableFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "timetable"
}

// Definition implements function.Function.
func (*timetableFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "A run as a timetable",
		MarkdownDescription: "Makes a timetable of any resource's `last_run`: `rows` with `step`, `stage`, `start`, `minutes`, `service` (`online` or `offline`), `recovery_minutes` " +
			"(what it costs on top if this proof fails once) and what was measured; `totals` with `work`, `outage`, and both with the contingency; `measured`; and `hours`, the status by the hour, " +
			"with the moments at which it changes. `start` and `minutes` are what was predicted when the run began; where nothing was, what was measured. `minutes` is null where it was not known. " +
			"Null, before the first run, gives null.",
		Parameters: []function.Parameter{function.DynamicParameter{
			Name: "last_run", AllowNullValue: true, MarkdownDescription: "The attribute `last_run` of a resource of this provider.",
		}},
		VariadicParameter: function.StringParameter{
			Name: "begin", MarkdownDescription: "The time of day at which the procedure begins, `HH:MM`. Default `00:00`: times count from the beginning.",
		},
		Return: function.ObjectReturn{AttributeTypes: timetableTypes()},
	}
}

// Run implements function.Function.
func (*timetableFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var last types.Dynamic
	var begins []string
	if resp.Error = req.Arguments.Get(ctx, &last, &begins); resp.Error != nil {
		return
	}
	var begin time.Duration
	if len(begins) > 1 {
		resp.Error = function.NewArgumentFuncError(2, "one time of day is enough")
		return
	}
	for _, text := range begins {
		at, err := runbook.ParseTimeOfDay(text)
		if err != nil {
			resp.Error = function.NewArgumentFuncError(1, err.Error())
			return
		}
		begin = at
	}
	run, err := runIn(ctx, last)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error()+": give the attribute last_run of a resource of this provider")
		return
	}
	if run == nil {
		resp.Error = resp.Result.Set(ctx, types.ObjectNull(timetableTypes()))
		return
	}
	resp.Error = resp.Result.Set(ctx, timetableValue(timetable.Of(*run, begin)))
}

// runIn reads a run from a value of any type; nil: there has been none.
func runIn(ctx context.Context, value types.Dynamic) (*timetable.Run, error) {
	if value.IsNull() || value.IsUnderlyingValueNull() {
		return nil, nil //nolint:nilnil // no run is no fault
	}
	raw, err := value.UnderlyingValue().ToTerraformValue(ctx)
	if err != nil {
		return nil, err
	}
	bare, err := plainValue(raw)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return nil, err
	}
	return timetable.Parse(text)
}

// errNotPlain: a value of a kind that JSON has not.
var errNotPlain = errors.New("a value of this type cannot be read")

// plainValue gives a value as encoding/json knows it.
func plainValue(value tftypes.Value) (any, error) {
	kind := value.Type()
	switch {
	case value.IsNull():
		return nil, nil //nolint:nilnil // null is a value
	case kind.Is(tftypes.String):
		var text string
		return text, value.As(&text)
	case kind.Is(tftypes.Bool):
		var yes bool
		err := value.As(&yes)
		return yes, err
	case kind.Is(tftypes.Number):
		var number big.Float
		if err := value.As(&number); err != nil {
			return nil, err
		}
		short, _ := number.Float64() // seconds: what is lost is far below what is measured
		return short, nil
	case kind.Is(tftypes.Object{}), kind.Is(tftypes.Map{}):
		var inner map[string]tftypes.Value
		if err := value.As(&inner); err != nil {
			return nil, err
		}
		out := make(map[string]any, len(inner))
		for name, child := range inner {
			var err error
			if out[name], err = plainValue(child); err != nil {
				return nil, err
			}
		}
		return out, nil
	case kind.Is(tftypes.List{}), kind.Is(tftypes.Tuple{}), kind.Is(tftypes.Set{}):
		var inner []tftypes.Value
		if err := value.As(&inner); err != nil {
			return nil, err
		}
		out := make([]any, len(inner))
		for i, child := range inner {
			var err error
			if out[i], err = plainValue(child); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, errNotPlain
}

func sumsTypes() map[string]attr.Type {
	return map[string]attr.Type{"work": types.StringType, "outage": types.StringType}
}

func timetableRowTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"step": types.StringType, "stage": types.StringType, "start": types.StringType, "minutes": types.Float64Type, "service": types.StringType,
		"recovery_minutes": types.Float64Type, "measured_start": types.StringType, "measured_minutes": types.Float64Type,
	}
}

func timetableHourTypes() map[string]attr.Type {
	change := types.ObjectType{AttrTypes: map[string]attr.Type{"at": types.StringType, "service": types.StringType}}
	return map[string]attr.Type{"hour": types.StringType, "service": types.StringType, "changes": types.ListType{ElemType: change}}
}

func timetableTotalsTypes() map[string]attr.Type {
	return map[string]attr.Type{"work": types.StringType, "outage": types.StringType, "contingency": types.ObjectType{AttrTypes: sumsTypes()}}
}

func timetableTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"rows":   types.ListType{ElemType: types.ObjectType{AttrTypes: timetableRowTypes()}},
		"totals": types.ObjectType{AttrTypes: timetableTotalsTypes()}, "measured": types.ObjectType{AttrTypes: sumsTypes()},
		"hours": types.ListType{ElemType: types.ObjectType{AttrTypes: timetableHourTypes()}},
	}
}
