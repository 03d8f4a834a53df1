package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ModifyPlan implements resource.ResourceWithModifyPlan. Terraform calls it when planning and again when applying: whatever is known the first
// time must be the same the second time, so planned values come from configuration and state only. Hosts are looked at for diagnostics.
func (l *lifecycle[M, P]) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if l.shared == nil {
		return
	}
	prior := l.past(ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		l.planDestroy(ctx, req, prior, &resp.Diagnostics)
		return
	}
	if prior.model != nil && held(P(prior.model).base().Status) {
		l.planHeld(ctx, req, resp)
		return
	}
	var plan M
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !inputsKnown(req.Plan) {
		resp.Diagnostics.Append(l.planUnknown(ctx, &plan, prior, resp)...)
		return
	}
	l.planKnown(ctx, &plan, prior, resp)
}

// past reads what the plan starts from.
func (l *lifecycle[M, P]) past(ctx context.Context, req resource.ModifyPlanRequest, diags *diag.Diagnostics) past[M] {
	if req.State.Raw.IsNull() {
		return past[M]{}
	}
	var state M
	diags.Append(req.State.Get(ctx, &state)...)
	return past[M]{
		model: &state, unsettled: unsettled(P(&state).base().Status),
		drift:    recall[[]string](ctx, req.Private, keyDrift, diags),
		imported: recall[bool](ctx, req.Private, keyImported, diags),
		measured: recall[map[string]float64](ctx, req.Private, keyMeasured, diags),
	}
}

// planDestroy says while planning what will keep destroy from succeeding, and what it will do where that is more than taking back.
func (l *lifecycle[M, P]) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, prior past[M], diags *diag.Diagnostics) {
	if prior.model == nil {
		return
	}
	p := P(prior.model)
	if refuser, ok := any(p).(refuser); ok {
		diags.Append(refuser.refuse()...)
	}
	departs, ok := any(p).(departer)
	if !ok || diags.HasError() {
		return
	}
	shown := departs.departure(l.shared.products, prior.measured)
	diags.Append(shown...)
	if len(shown) == 0 || shown.HasError() {
		return
	}
	if _, err := l.shared.book.find(p.hosts(), endpoints(ctx, req.Private, diags)); err != nil {
		l.shared.unreachable(err, p.hosts(), diags)
		return
	}
	diags.Append(departs.inspectDeparture(ctx, l.shared)...)
}

// planHeld plans no change for what a cutover governs. Terraform demands the configuration's value where an attribute appears or disappears; those
// alone are taken over, and touch no host.
func (l *lifecycle[M, P]) planHeld(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state, config map[string]tftypes.Value
	if err := req.State.Raw.As(&state); err != nil {
		resp.Diagnostics.AddError("State cannot be read", err.Error())
		return
	}
	if err := req.Config.Raw.As(&config); err != nil {
		resp.Diagnostics.AddError("Configuration cannot be read", err.Error())
		return
	}
	planned := make(map[string]tftypes.Value, len(state))
	for name, attribute := range req.Plan.Schema.GetAttributes() {
		planned[name] = state[name]
		if !attribute.IsComputed() && !attribute.IsWriteOnly() && state[name].IsNull() != config[name].IsNull() {
			planned[name] = config[name]
		}
	}
	resp.Plan.Raw = tftypes.NewValue(req.Plan.Raw.Type(), planned)
	resp.RequiresReplace = nil
	var model M
	resp.Diagnostics.Append(req.State.Get(ctx, &model)...)
	resp.Diagnostics.Append(heldWarning(P(&model).subject()))
}

// heldWarning says who governs a resource, and what ends that.
func heldWarning(subject string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Held by a cutover", subject+" is governed by a cutover, so this plan changes nothing of it. A back-out of the cutover releases it. "+
		"Finalizing releases what is on the source only; what is on the target stays held, so that nothing overwrites the mail that is served."+
		"\n\nNext: nothing, unless it shall be changed on the target after finalizing. Then: terraform-provider-mail rescue unlock -hold NAME HOST, with the cutover's name.")
}

// planUnknown leaves everything computed unknown until the inputs are known.
func (l *lifecycle[M, P]) planUnknown(ctx context.Context, plan *M, prior past[M], resp *resource.ModifyPlanResponse) diag.Diagnostics {
	p := P(plan)
	base := p.base()
	base.ID, base.Status = types.StringUnknown(), types.StringUnknown()
	base.Runbook, base.Drift = types.ListUnknown(types.StringType), types.ListUnknown(types.StringType)
	base.LastRun = types.ObjectUnknown(lastRunTypes())
	p.open(prior.model, &runbook.Runbook{})
	return resp.Plan.Set(ctx, plan)
}

// planKnown compiles what would run and plans it in words.
func (l *lifecycle[M, P]) planKnown(ctx context.Context, plan *M, prior past[M], resp *resource.ModifyPlanResponse) {
	p := P(plan)
	if guard, ok := any(p).(guarded[M]); ok {
		resp.Diagnostics.Append(guard.guard(prior)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	book, err := p.change(l.shared.products, prior)
	if err != nil {
		blame(&resp.Diagnostics, "No procedure can be made of "+p.subject(), err)
		return
	}
	base := p.base()
	base.ID = types.StringValue(p.identity())
	runs := prior.model == nil || prior.unsettled || !book.Empty()
	if runs {
		words, err := book.Words()
		if err != nil {
			resp.Diagnostics.AddError("No procedure can be made of "+p.subject(), err.Error())
			return
		}
		base.Runbook = textList(words)
		base.Status, base.Drift = types.StringUnknown(), types.ListUnknown(types.StringType)
		base.LastRun = types.ObjectUnknown(lastRunTypes())
		p.open(prior.model, &book)
	} else {
		was := P(prior.model).base()
		base.Status, base.Drift, base.LastRun, base.Runbook = was.Status, was.Drift, was.LastRun, was.Runbook
		p.open(prior.model, nil)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	if !runs {
		return
	}
	if inspect, ok := any(p).(inspector[M]); ok {
		if _, err := l.shared.book.find(p.hosts(), endpoints(ctx, resp.Private, &resp.Diagnostics)); err != nil {
			l.shared.unreachable(err, p.hosts(), &resp.Diagnostics)
			return
		}
		resp.Diagnostics.Append(inspect.inspect(ctx, l.shared, prior, book)...)
	}
}

// held reports whether a status says that a cutover governs the resource.
func held(status types.String) bool { return status.ValueString() == string(executor.Held) }

// inputsKnown reports whether everything is known that the user declares. Measurements that came from other resources may be missing: they enter
// predictions, never a procedure.
func inputsKnown(plan tfsdk.Plan) bool {
	var attributes map[string]tftypes.Value
	if err := plan.Raw.As(&attributes); err != nil {
		return false
	}
	for name, attribute := range plan.Schema.GetAttributes() {
		if attribute.IsComputed() && !attribute.IsOptional() {
			continue
		}
		if !knownBut(attributes[name], "last_pass") {
			return false
		}
	}
	return true
}

// knownBut reports whether nothing in a value is unknown, except below attributes of the names given.
func knownBut(value tftypes.Value, except ...string) bool {
	good := true
	err := tftypes.Walk(value, func(at *tftypes.AttributePath, v tftypes.Value) (bool, error) {
		if name, ok := at.LastStep().(tftypes.AttributeName); ok && slices.Contains(except, string(name)) {
			return false, nil
		}
		good = good && v.IsKnown()
		return good, nil
	})
	return err == nil && good
}

// textList makes a list of strings; never null.
func textList(texts []string) types.List {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = types.StringValue(text)
	}
	return types.ListValueMust(types.StringType, elements)
}
