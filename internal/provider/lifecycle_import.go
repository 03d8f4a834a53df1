package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ImportState implements resource.ResourceWithImportState: the id says what is declared, the schema's defaults fill in the rest, and the refresh
// that follows looks at the hosts.
func (l *lifecycle[M, P]) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(setDefaults(ctx, &resp.State)...)
	var model M
	resp.Diagnostics.Append(resp.State.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p := P(&model)
	if err := p.parse(req.ID); err != nil {
		resp.Diagnostics.AddError("Import id cannot be used", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), p.identity())...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("runbook"), emptyTexts())...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("drift"), emptyTexts())...)
	keep(ctx, resp.Private, keyImported, true, &resp.Diagnostics)
}

// setDefaults writes the defaults of a schema's own attributes into a state.
func setDefaults(ctx context.Context, state *tfsdk.State) diag.Diagnostics {
	// A state of which nothing has been set is null as a whole, and cannot be read into a model.
	diags := state.SetAttribute(ctx, path.Root("id"), types.StringNull())
	for name, attribute := range state.Schema.GetAttributes() {
		switch a := attribute.(type) {
		case schema.StringAttribute:
			if a.Default != nil {
				var got defaults.StringResponse
				a.Default.DefaultString(ctx, defaults.StringRequest{Path: path.Root(name)}, &got)
				diags.Append(state.SetAttribute(ctx, path.Root(name), got.PlanValue)...)
			}
		case schema.BoolAttribute:
			if a.Default != nil {
				var got defaults.BoolResponse
				a.Default.DefaultBool(ctx, defaults.BoolRequest{Path: path.Root(name)}, &got)
				diags.Append(state.SetAttribute(ctx, path.Root(name), got.PlanValue)...)
			}
		case schema.Int64Attribute:
			if a.Default != nil {
				var got defaults.Int64Response
				a.Default.DefaultInt64(ctx, defaults.Int64Request{Path: path.Root(name)}, &got)
				diags.Append(state.SetAttribute(ctx, path.Root(name), got.PlanValue)...)
			}
		}
	}
	return diags
}
