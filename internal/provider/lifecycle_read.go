package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Read implements resource.Resource. It probes what the state declares and changes nothing; a host that does not answer leaves the state as it was.
func (l *lifecycle[M, P]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p := P(&state)
	p.base().Runbook = emptyTexts()
	ctx, cancel, diags := withTimeout(ctx, p.base().Timeouts.Read, readTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(l.observe(ctx, p, req.Private, resp.Private)...)
	if p.base().Drift.IsNull() {
		p.base().Drift = emptyTexts()
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// observe probes and writes what was found into the model and the private state.
func (l *lifecycle[M, P]) observe(ctx context.Context, p P, before privateReader, after privateWriter) diag.Diagnostics {
	var diags diag.Diagnostics
	found, err := l.shared.book.find(p.hosts(), endpoints(ctx, before, &diags))
	if err != nil {
		l.shared.unreachable(err, p.hosts(), &diags)
		return diags
	}
	keep(ctx, after, keyEndpoints, found, &diags)
	if finder, ok := any(p).(finder); ok {
		diags.Append(finder.find(ctx, l.shared)...)
	}
	book, err := p.standing(l.shared.products)
	if err != nil {
		if recall[bool](ctx, before, keyImported, &diags) {
			// An import knows too little to look with; what the configuration adds is looked at after the next apply.
			p.base().Status = types.StringValue(string(executor.Settled))
			return diags
		}
		diags.AddError("No procedure can be made of "+p.subject(), err.Error())
		return diags
	}
	answers := l.asked(ctx, p)
	seen := l.shared.engine.Probe(ctx, book, p.subject())
	base := p.base()
	switch seen.Status {
	case executor.Unreachable:
		l.shared.unreachable(seen.Err, book.Hosts(), &diags)
		return diags
	case executor.Held:
		base.Status = types.StringValue(string(executor.Held))
		base.Drift = emptyTexts()
		keep(ctx, after, keyDrift, []string(nil), &diags)
		return diags
	default:
	}
	mends, sentences := parted(append(l.witnessed(ctx, p, book, seen), seen.Drift...))
	sentences = append(sentences, answers()...)
	if ager, ok := any(p).(ager); ok {
		sentences = append(sentences, ager.aged(time.Now())...)
	}
	if unfinished(base.Status) {
		// The last run left something: it stays on the list until an apply has taken it up.
		mends = append(mends, recall[[]string](ctx, before, keyDrift, &diags)...)
		var read reader
		sentences = distinct(append(read.texts("drift", base.Drift), sentences...))
	} else {
		base.Status = types.StringValue(string(executor.Settled))
		if len(sentences) > 0 || seen.Status != executor.Settled {
			base.Status = types.StringValue(string(executor.Drifted))
		}
	}
	base.Drift = textList(sentences)
	if c, ok := any(p).(concluder); ok {
		c.conclude()
	}
	keep(ctx, after, keyDrift, distinct(mends), &diags)
	return diags
}

// parted gives the operations that mend differences, and the differences in words.
func parted(found []executor.Difference) ([]string, []string) {
	var mends, sentences []string
	for _, difference := range found {
		if difference.ID != "" {
			mends = append(mends, difference.ID)
		}
		sentences = append(sentences, difference.Sentence)
	}
	return mends, sentences
}

// witnessed is what a model says of all that was found.
func (l *lifecycle[M, P]) witnessed(ctx context.Context, p P, book runbook.Runbook, seen executor.Observation) []executor.Difference {
	if w, ok := any(p).(witness); ok {
		return w.witness(ctx, l.shared, book, seen)
	}
	return nil
}

// asked begins to ask whom a model asks beside its hosts; the answers are waited for.
func (l *lifecycle[M, P]) asked(ctx context.Context, p P) func() []string {
	if a, ok := any(p).(asker); ok {
		return a.ask(ctx, l.shared)
	}
	return func() []string { return nil }
}

// unfinished reports whether a status was left by a run, and is for an apply to settle, not for a look.
func unfinished(status types.String) bool {
	switch executor.Status(status.ValueString()) {
	case executor.BackedOut, executor.Halted, executor.Failed, executor.Unsettled:
		return true
	default:
		return false
	}
}

// Delete implements resource.Resource: an idempotent undo, driven by the journals on the hosts. What is held is left alone and forgotten.
func (l *lifecycle[M, P]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p := P(&state)
	ctx, cancel, diags := withTimeout(ctx, p.base().Timeouts.Delete, undoTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	if held(p.base().Status) {
		resp.Diagnostics.AddWarning("Held by a cutover", p.subject()+" is governed by a cutover: nothing was undone on its hosts.")
		return
	}
	if p.leave() {
		return
	}
	if _, err := l.shared.book.find(p.hosts(), endpoints(ctx, req.Private, &resp.Diagnostics)); err != nil {
		resp.Diagnostics.AddError("Host is not known", err.Error()+", or remove it from the state with terraform state rm: nothing is then undone.")
		return
	}
	if destroyer, ok := any(p).(destroyer); ok {
		resp.Diagnostics.Append(destroyer.destroy(ctx, l.shared)...)
		return
	}
	resp.Diagnostics.Append(l.undo(ctx, p)...)
}

// undo takes back everything the resource's runs did.
func (l *lifecycle[M, P]) undo(ctx context.Context, p P) diag.Diagnostics {
	var diags diag.Diagnostics
	book, err := p.standing(l.shared.products)
	if err != nil {
		diags.AddError("No procedure can be made of "+p.subject(), err.Error())
		return diags
	}
	outcome, err := l.shared.engine.Undo(ctx, book, runOf(p.base().LastRun), p.options(nil))
	r := newRan(book, outcome, err)
	switch {
	case r.held():
		diags.AddWarning("Held by a cutover", p.subject()+" is governed by a cutover: nothing was undone on its hosts.")
	case err != nil:
		diags.Append(r.problem(p.subject()+" cannot be destroyed: its undo", l.shared.book))
	}
	diags.Append(r.parting(p.subject())...)
	return diags
}

// runOf is the name of the last run; empty where there was none.
func runOf(last types.Object) string {
	if last.IsNull() || last.IsUnknown() {
		return ""
	}
	run, ok := last.Attributes()["run"].(types.String)
	if !ok {
		return ""
	}
	return run.ValueString()
}

// withTimeout bounds an operation by what the user set, else by fallback.
func withTimeout(ctx context.Context, choose func(context.Context, time.Duration) (time.Duration, diag.Diagnostics), fallback time.Duration) (context.Context, context.CancelFunc, diag.Diagnostics) {
	limit, diags := choose(ctx, fallback)
	if diags.HasError() {
		limit = fallback
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	return ctx, cancel, diags
}

// distinct keeps the first of equal texts.
func distinct(texts []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}
