package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// guard refuses, from values alone, what would move or lose something without saying so.
func (m *cutoverModel) guard(prior past[cutoverModel]) diag.Diagnostics {
	var diags diag.Diagnostics
	was := prior.model
	m.guardIdentity(&diags)
	m.guardNotYet(&diags)
	if was == nil {
		if m.closed() {
			diags.AddAttributeError(path.Root("finalized"), "There is nothing to finalize",
				"A cutover is created with finalized = false; set it once the target serves and the way back is no longer wanted.")
		}
		return diags
	}
	m.guardEnd(was, &diags)
	if was.Active.ValueString() == declare.Target && !prior.imported {
		m.guardTravels(was, &diags)
	}
	return diags
}

// guardEnd: what was finalized stays so, and finalizing is a step of its own, after the move.
func (m *cutoverModel) guardEnd(was *cutoverModel, diags *diag.Diagnostics) {
	moves := !m.Active.Equal(was.Active)
	switch {
	case was.closed() && moves:
		diags.AddAttributeError(path.Root("active"), "The way back has been given up",
			"The cutover was finalized. Declare a new mail_cutover, from the host that serves now, to move the service again.")
	case was.closed() && !m.closed():
		diags.AddAttributeError(path.Root("finalized"), "The way back has been given up",
			"The cutover was finalized: before-images and access are gone. Declare a new mail_cutover to move the service again.")
	case was.closed() || !m.closed():
	case moves:
		diags.AddAttributeError(path.Root("finalized"), "Two steps at once", "Move the service first (change active, apply, look), then set finalized.")
	case m.Active.ValueString() == declare.Source:
		diags.AddAttributeError(path.Root("finalized"), "The source serves", "finalized gives up the way back to the source; it is set while active is \"target\".")
	}
}

// guardTravels: while the target serves, what travelled is history. A back-out goes by what moved, so it cannot be declared anew.
func (m *cutoverModel) guardTravels(was *cutoverModel, diags *diag.Diagnostics) {
	refuse := func(name string) {
		diags.AddAttributeError(path.Root(name), "Not while the target serves",
			fmt.Sprintf("%s says what moved, and the way back goes by it. Take the change back, or move the service back first (active = \"source\", apply).", name))
	}
	for name, pair := range map[string][2]attr.Value{
		"name": {m.Name, was.Name}, "source": {m.Source, was.Source}, "target": {m.Target, was.Target}, "product": {m.Product, was.Product},
	} {
		if !pair[0].Equal(pair[1]) {
			refuse(name)
		}
	}
	var read, before reader
	var now, then declare.Cutover
	m.travels(&read, &now)
	was.travels(&before, &then)
	for _, c := range []*declare.Cutover{&now, &then} {
		for i := range c.Syncs {
			c.Syncs[i].LastPass = nil
		}
		for i := range c.Dumps {
			c.Dumps[i].LastPass, c.Dumps[i].Password = nil, false
		}
	}
	for name, same := range map[string]bool{
		"syncs": sameValues(now.Syncs, then.Syncs), "dumps": sameValues(now.Dumps, then.Dumps),
		"files": sameValues(now.Files, then.Files), "accounts": sameValues(now.Accounts, then.Accounts),
	} {
		if !same {
			refuse(name)
		}
	}
}

// inspect looks at the hosts while planning: who serves, and what would stop the move. It decides no planned value.
func (m *cutoverModel) inspect(ctx context.Context, s *shared, prior past[cutoverModel], book runbook.Runbook) diag.Diagnostics {
	var diags diag.Diagnostics
	c, err := m.declaration(s.products)
	if err != nil {
		diags.AddError("Declaration cannot be read", err.Error())
		return diags
	}
	if compile.IsRehearsal(book.Name) {
		for _, finding := range compile.LintRehearsal(c) {
			diags.AddAttributeWarning(path.Root("rehearse"), fmt.Sprintf("%s (%s)", finding.Summary, finding.Code), finding.Detail)
		}
	}
	if prior.model == nil {
		diags.Append(m.inspectCreation(ctx, s, c)...)
		return diags
	}
	if m.Active.Equal(prior.model.Active) {
		diags.Append(splitBrain(m.subject(), prior.model)...)
		return diags
	}
	diags.Append(m.inspectMove(ctx, s, c, book)...)
	return diags
}

// losses lists while planning what a back-out that does not bring everything as it is leaves behind.
func (m *cutoverModel) losses(ctx context.Context, s *shared, c declare.Cutover) diag.Diagnostics {
	var diags diag.Diagnostics
	if c.Exact() {
		return diags
	}
	book, err := compile.Losses(c.Reversed())
	if err != nil {
		diags.AddError("Losses cannot be listed", err.Error())
		return diags
	}
	lost := "Nothing that came since the move goes back: no message, no change."
	if c.OnFailure.CarryBack == declare.CarryMessages {
		lost = "New messages go back, with flags and dates, and what waits in the queue; each mailbox that gets some has a new UIDVALIDITY, so that clients read it anew. " +
			"Not what users did since the move: changed flags of older messages, deletions, moves, folders without new messages, subscriptions, rules; and no rows and no files."
	}
	var found []string
	seen := s.engine.Probe(ctx, book, m.subject())
	for _, difference := range seen.Drift {
		found = append(found, strings.TrimPrefix(difference.Sentence, declare.Source+": "))
	}
	if seen.Err != nil {
		found = append(found, "it could not be looked: "+seen.Err.Error())
	}
	diags.AddAttributeWarning(path.Root("on_failure"), "The way back leaves something behind",
		lost+" It stays on the target, which stays on hold until somebody has seen to it.\n\n"+joinLines("Found on the target, since the move:", found))
	return diags
}

// findingDiagnostics: what blocks is an error, what warns and informs a warning.
func findingDiagnostics(findings []executor.Finding) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, f := range findings {
		detail := f.Detail
		if f.Next != "" {
			detail += "\n\nNext: " + f.Next
		}
		summary := fmt.Sprintf("%s (%s)", f.Summary, f.Code)
		switch f.Grade {
		case "blocks":
			diags.AddAttributeError(path.Root("active"), summary, detail)
		case "informs":
			diags.AddAttributeWarning(path.Root("active"), "For information: "+summary, detail)
		default:
			diags.AddAttributeWarning(path.Root("active"), summary, detail)
		}
	}
	return diags
}

// inspectCreation: creation never moves service, and a replacement would destroy a way back first.
func (m *cutoverModel) inspectCreation(ctx context.Context, s *shared, c declare.Cutover) diag.Diagnostics {
	var diags diag.Diagnostics
	if s.wayBackOpen(m.identity()) {
		diags.AddError("A cutover is not replaced while a way back is open",
			m.subject()+" is in the state and its target serves. Replacing would destroy it, and with it the way back; with on_destroy = \"back_out\" it would move service back "+
				"to the source, and then no cutover could be created whose target serves."+
				"\n\nNext: plan without -replace; if it is marked as tainted: terraform untaint.")
		return diags
	}
	serving, err := s.engine.Serving(ctx, c)
	if errors.Is(err, executor.ErrHeld) {
		diags.Append(m.governed(err))
		return diags
	}
	if len(hostsIn(err)) > 0 {
		s.unreachable(err, m.hosts(), &diags) // it is looked at again before the cutover is created
		return diags
	}
	if err != nil {
		diags.AddAttributeWarning(path.Root("active"), "Who serves cannot be seen",
			err.Error()+"\n\nIt is looked at again before the cutover is created.")
		return diags
	}
	diags.Append(m.mustServe(serving)...)
	if serving.Side != declare.Source {
		return diags
	}
	// Already now: what a rehearsal copies would hide that the two differ.
	findings, err := s.engine.Preflight(ctx, c)
	if err != nil {
		s.unreachable(err, m.hosts(), &diags)
		return diags
	}
	diags.Append(findingDiagnostics(findings)...)
	return diags
}

// governed refuses a cutover of hosts that another one governs.
func (m *cutoverModel) governed(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("name"), "Another cutover governs the hosts", fmt.Sprintf("%s cannot be created: %s. Nothing was changed."+
		"\n\nNext: finalize that cutover, or take its service back; if it is this one under another name, give it the name that it has on the hosts and import it.", m.subject(), err))
}

// mustServe refuses a creation whose active is not the side that serves, and shows the two steps.
func (m *cutoverModel) mustServe(serving executor.Serving) diag.Diagnostics {
	var diags diag.Diagnostics
	active := m.Active.ValueString()
	if serving.Side == active {
		return diags
	}
	detail := fmt.Sprintf("active is %q, but the hosts show: %s serves. %s\n\n", active, serving.Side, serving.Detail)
	switch serving.Side {
	case declare.Source, declare.Target:
		detail += fmt.Sprintf("Creating a cutover never moves a service; it takes two steps:\n  1. active = %q, apply: the cutover is declared.\n  2. active = %q, plan, look at the procedure and its outage, apply: the service moves.", serving.Side, active)
	case "both":
		detail += "Stop the services on the side that shall not serve, then plan again."
	default:
		detail += fmt.Sprintf("Start the services on the %s, then plan again.", active)
	}
	diags.AddAttributeError(path.Root("active"), "Not the side that serves", detail)
	return diags
}
