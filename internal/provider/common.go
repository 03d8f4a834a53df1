package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// common holds the attributes that every resource has which changes hosts. Models embed it.
type common struct {
	ID       types.String   `tfsdk:"id"`
	Status   types.String   `tfsdk:"status"`
	Runbook  types.List     `tfsdk:"runbook"`
	Drift    types.List     `tfsdk:"drift"`
	LastRun  types.Object   `tfsdk:"last_run"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// base gives the embedded attributes; it is what makes a struct that embeds them a [model].
func (c *common) base() *common { return c }

// withCommon adds the attributes of [common] to a resource's own. identity says what the id is made of, which is also how to import.
func withCommon(ctx context.Context, identity string, own map[string]schema.Attribute) map[string]schema.Attribute {
	own["id"] = computedText("Names the resource, and imports it: " + identity + ".")
	own["status"] = computedText("How things stand: `settled`, `drifted` (something declared no longer holds), `held` (a cutover governs it; nothing is changed), " +
		"`backed-out`, `halted`, `failed` or `unsettled`. Whatever is neither settled nor held is taken up again by the next plan.")
	own["runbook"] = schema.ListAttribute{
		Computed: true, ElementType: types.StringType,
		MarkdownDescription: "The procedure that this plan would run, in words, and its digest. Refresh empties it: use `last_run` in outputs.",
	}
	own["drift"] = schema.ListAttribute{
		Computed: true, ElementType: types.StringType,
		MarkdownDescription: "What was found on the hosts that is not as declared, one sentence each.",
	}
	own["last_run"] = schema.ObjectAttribute{
		Computed: true, AttributeTypes: lastRunTypes(),
		MarkdownDescription: "The last run, step by step: its name in the hosts' journals, digest, status, times (RFC 3339), measured outage in seconds and what remains to be done by hand. A step begins so many seconds after the run. What was predicted when the run began stands beside; the function `timetable` makes a timetable of it.",
	}
	own["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: "How long creation may take. Default `12h`.",
		ReadDescription:   "How long a refresh may take. Default `5m`.",
		UpdateDescription: "How long an update may take. Default `12h`.",
		DeleteDescription: "How long the undo may take. Default `1h`.",
	})
	return own
}

// lastRunTypes is the type of last_run.
func lastRunTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"run": types.StringType, "digest": types.StringType, "status": types.StringType,
		"started": types.StringType, "ended": types.StringType, "outage_seconds": types.Float64Type,
		"predicted": types.ObjectType{AttrTypes: predictedTypes()},
		"remaining": types.ListType{ElemType: types.StringType},
		"steps":     types.ListType{ElemType: types.ObjectType{AttrTypes: stepTypes()}},
	}
}

// stepTypes is the type of one step of last_run; begin and seconds are in seconds, begin since the run's start.
func stepTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"id": types.StringType, "stage": types.StringType, "sentence": types.StringType, "begin": types.Float64Type, "seconds": types.Float64Type,
		"skipped": types.BoolType, "undone": types.BoolType, "offline": types.BoolType,
		"result": types.MapType{ElemType: types.StringType}, "error": types.StringType,
		"predicted_begin": types.Float64Type, "predicted_seconds": types.Float64Type, "recovery_seconds": types.Float64Type,
	}
}

// predictedTypes is the type of last_run.predicted: sums in seconds, as they were predicted when the run began.
func predictedTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"work_seconds": types.Float64Type, "outage_seconds": types.Float64Type,
		"contingency_work_seconds": types.Float64Type, "contingency_outage_seconds": types.Float64Type,
	}
}
