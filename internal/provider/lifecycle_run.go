package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Time-outs where the user sets none. A move of much mail takes hours; looking does not.
const (
	changeTimeout = 12 * time.Hour
	readTimeout   = 5 * time.Minute
	undoTimeout   = time.Hour
)

// Create implements resource.Resource. A creation that fails and leaves something on hosts is kept in the state, tainted: destroying it is an
// idempotent undo. One that left nothing leaves no state. Gentle resources end in a warning and an unsettled status instead.
func (l *lifecycle[M, P]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config M
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p := P(&plan)
	ctx, cancel, diags := withTimeout(ctx, p.base().Timeouts.Create, changeTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	found, err := l.shared.book.find(p.hosts(), nil)
	if err != nil {
		resp.Diagnostics.AddError("Host is not known", err.Error())
		return
	}
	if admit, ok := any(p).(admitter); ok {
		resp.Diagnostics.Append(admit.admit(ctx, l.shared)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ran, problem := l.run(ctx, p, &config, past[M]{}, found)
	if problem != nil && problem.Severity() == diag.SeverityError && (ran.refused || !ran.left() && !isGentle(p)) {
		resp.Diagnostics.Append(problem)
		return
	}
	p.measure(nil, ran.outcome)
	ran.record(p.base())
	if problem != nil && isGentle(p) {
		problem = diag.NewWarningDiagnostic(problem.Summary(), problem.Detail())
	}
	resp.Diagnostics.Append(problem)
	resp.Diagnostics.Append(l.complete(ctx, p)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	keep(ctx, resp.Private, keyEndpoints, found, &resp.Diagnostics)
	keep(ctx, resp.Private, keyDrift, ran.failed, &resp.Diagnostics)
	keep(ctx, resp.Private, keyMeasured, ran.measured(nil), &resp.Diagnostics)
}

// Update implements resource.Resource. What was not reached does not get into the state: after a failure it holds the prior values with the run's
// status, which the next plan takes up again.
func (l *lifecycle[M, P]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config M
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	prior := past[M]{
		model: &state, unsettled: unsettled(P(&state).base().Status),
		drift:    recall[[]string](ctx, req.Private, keyDrift, &resp.Diagnostics),
		imported: recall[bool](ctx, req.Private, keyImported, &resp.Diagnostics),
		measured: recall[map[string]float64](ctx, req.Private, keyMeasured, &resp.Diagnostics),
	}
	p := P(&plan)
	if resp.Diagnostics.HasError() {
		return
	}
	if !p.base().Status.IsUnknown() { // nothing runs: a choice changed that touches no host
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		keep(ctx, resp.Private, keyImported, false, &resp.Diagnostics)
		return
	}
	ctx, cancel, diags := withTimeout(ctx, p.base().Timeouts.Update, changeTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	kept := endpoints(ctx, req.Private, &resp.Diagnostics)
	found, err := l.shared.book.find(p.hosts(), kept)
	if err != nil {
		resp.Diagnostics.AddError("Host is not known", err.Error())
		return
	}
	ran, problem := l.run(ctx, p, &config, prior, kept)
	if ran.refused {
		resp.Diagnostics.Append(problem)
		return
	}
	reached := p
	if problem != nil && !ran.reached() {
		reached = P(&state)
	}
	reached.measure(&state, ran.outcome)
	if ran.quiet {
		reached.base().LastRun = P(&state).base().LastRun
	}
	ran.record(reached.base())
	resp.Diagnostics.Append(problem)
	resp.Diagnostics.Append(l.complete(ctx, reached)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, (*M)(reached))...)
	keep(ctx, resp.Private, keyEndpoints, found, &resp.Diagnostics)
	keep(ctx, resp.Private, keyDrift, ran.failed, &resp.Diagnostics)
	keep(ctx, resp.Private, keyMeasured, ran.measured(prior.measured), &resp.Diagnostics)
	keep(ctx, resp.Private, keyImported, false, &resp.Diagnostics)
}

// run compiles what leads from prior to p and runs it; with nothing to run it looks whether everything declared holds.
func (l *lifecycle[M, P]) run(ctx context.Context, p P, config *M, prior past[M], kept []remote.Endpoint) (ran, diag.Diagnostic) {
	book, err := p.change(l.shared.products, prior)
	if err != nil {
		return ran{refused: true}, diag.NewErrorDiagnostic("No procedure can be made of "+p.subject(), err.Error())
	}
	words, err := book.Words()
	if err != nil {
		return ran{refused: true}, diag.NewErrorDiagnostic("No procedure can be made of "+p.subject(), err.Error())
	}
	if !sameProcedure(p.base().Runbook, words) {
		return ran{refused: true}, otherProcedure(p.subject(), p.base().Runbook, words)
	}
	if book.Empty() {
		return l.look(ctx, p, prior)
	}
	if g, ok := any(p).(gater); ok {
		if problem := g.gate(time.Now(), book); problem != nil {
			return ran{refused: true}, problem
		}
	}
	if _, err := l.shared.book.find(book.Hosts(), kept); err != nil {
		return ran{refused: true}, diag.NewErrorDiagnostic("Host is not known", err.Error())
	}
	options := p.options(config)
	if recorder, ok := any(p).(recorder[M]); ok {
		if options, err = recorder.recorded(l.shared.products, prior, book, options); err != nil {
			return ran{refused: true}, diag.NewErrorDiagnostic("Declaration cannot be read", err.Error())
		}
	}
	outcome, err := l.shared.engine.Run(ctx, book, options)
	r := newRan(book, outcome, err)
	if r.held() && prior.model == nil {
		return r, r.heldNotice(p.subject())
	}
	if r.outcome.Status == executor.Settled {
		return r, r.tidy(p.subject())
	}
	return r, r.problem(p.subject(), l.shared.book)
}

// look settles what has nothing to run: the status is what the hosts show.
func (l *lifecycle[M, P]) look(ctx context.Context, p P, prior past[M]) (ran, diag.Diagnostic) {
	r := ran{quiet: true, outcome: executor.Outcome{Status: executor.Settled}}
	if prior.model == nil {
		return r, nil
	}
	book, err := p.standing(l.shared.products)
	if err != nil {
		return ran{refused: true}, diag.NewErrorDiagnostic("No procedure can be made of "+p.subject(), err.Error())
	}
	seen := l.shared.engine.Probe(ctx, book, p.subject())
	r.outcome.Status = seen.Status
	for _, difference := range seen.Drift {
		r.failed = append(r.failed, difference.ID)
		r.drift = append(r.drift, difference.Sentence)
	}
	switch seen.Status {
	case executor.Settled, executor.Held:
		return r, nil
	case executor.Unreachable:
		return ran{refused: true}, diag.NewErrorDiagnostic("Host cannot be reached", errorText(seen.Err)+"\n\nNothing was changed. Apply again once it answers.")
	default:
		return r, diag.NewErrorDiagnostic(p.subject()+" is not as declared", joinLines("What was found:", r.drift)+"\nPlan again: the plan shows what mends it.")
	}
}

// complete adds what only hosts tell.
func (l *lifecycle[M, P]) complete(ctx context.Context, p P) diag.Diagnostics {
	base := p.base()
	if base.ID.IsUnknown() || base.ID.IsNull() {
		base.ID = types.StringValue(p.identity())
	}
	if base.Runbook.IsUnknown() || base.Runbook.IsNull() {
		base.Runbook = emptyTexts()
	}
	var diags diag.Diagnostics
	if finder, ok := any(p).(finder); ok {
		diags = finder.find(ctx, l.shared)
	}
	if c, ok := any(p).(concluder); ok {
		c.conclude()
	}
	return diags
}

func isGentle(p any) bool {
	g, ok := p.(gentle)
	return ok && g.gentle()
}
