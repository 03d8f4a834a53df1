package provider

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// admit looks again, right before creation, who serves.
func (m *cutoverModel) admit(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	c, err := m.declaration(s.products)
	if err != nil {
		diags.AddError("Declaration cannot be read", err.Error())
		return diags
	}
	serving, err := s.engine.Serving(ctx, c)
	if errors.Is(err, executor.ErrHeld) {
		diags.Append(m.governed(err))
		return diags
	}
	if err != nil {
		diags.AddAttributeError(path.Root("active"), "Who serves cannot be seen", err.Error()+"\n\nNothing was changed. Apply again once both hosts answer.")
		return diags
	}
	return m.mustServe(serving)
}

// find writes what follows from the declaration and from how hosts are reached: the serving address, and how far back one can go. After an import
// it also looks which side serves.
func (m *cutoverModel) find(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	c, err := m.declaration(s.products)
	if err != nil {
		diags.AddError("Declaration cannot be read", err.Error())
		return diags
	}
	if c.Active == "" {
		side := s.servedAtImport(ctx, c, &diags)
		if diags.HasError() {
			return diags
		}
		m.Active, c.Active = types.StringValue(side), side
	}
	diags.Append(m.believe(ctx, s, &c)...)
	s.remember(m.identity(), m.moved() && m.OnDestroy.ValueString() != "forget")
	m.Reversible = types.StringValue(reversible(c))
	m.ActiveAddress = types.StringNull()
	if address := activeAddress(c, s.book); address != "" {
		m.ActiveAddress = types.StringValue(address)
	}
	return diags
}

// servedAtImport says which side serves. An import knows no product, so that the journals on the hosts are asked first; where no move was ever
// committed and nothing tells what to look for, it is the source, as after a creation.
func (s *shared) servedAtImport(ctx context.Context, c declare.Cutover, diags *diag.Diagnostics) string {
	const summary, next = "Who serves cannot be seen", "\n\nNext: import again once both hosts answer."
	cut, err := s.engine.Cut(ctx, c)
	if err != nil {
		diags.AddError(summary, err.Error()+next)
		return ""
	}
	if cut.Side != "" {
		return cut.Side
	}
	serving, err := s.engine.Serving(ctx, c)
	switch {
	case errors.Is(err, compile.ErrDeclaration):
		return declare.Source
	case err != nil:
		diags.AddError(summary, err.Error()+next)
	case serving.Side != declare.Source && serving.Side != declare.Target:
		diags.AddError(summary, fmt.Sprintf("An import needs one side that serves; the hosts show: %s. %s\n\nNext: let one side serve, then import again.", serving.Side, serving.Detail))
	}
	return serving.Side
}

// believe takes over which side serves from the journals on the hosts: a move may have been committed, or taken back, after the state was written.
func (m *cutoverModel) believe(ctx context.Context, s *shared, c *declare.Cutover) diag.Diagnostics {
	var diags diag.Diagnostics
	if c.Finalized {
		return diags
	}
	cut, err := s.engine.Cut(ctx, *c)
	if err != nil {
		return diags // who cannot be asked is reported by the probe that follows
	}
	m.unfinished = cut.Unfinished
	if cut.Side == "" || cut.Side == c.Active {
		return diags
	}
	diags.AddWarning("Another side serves than the state says",
		fmt.Sprintf("%s: the state says %s, the journals on the hosts say that the %s serves. The hosts are believed.", m.subject(), c.Active, cut.Side))
	m.Active, c.Active = types.StringValue(cut.Side), cut.Side
	return diags
}

// leftovers are what the last move left undone after its commit though no run of the state says so: its controller is gone. That move is the last run then,
// as the hosts tell of it, so that the next apply goes on with it.
func (m *cutoverModel) leftovers(ctx context.Context, s *shared, c declare.Cutover) []executor.Difference {
	if m.unfinished == "" || unfinished(m.Status) && runOf(m.LastRun) == m.unfinished {
		return nil
	}
	last, left, err := s.engine.Left(ctx, c, m.unfinished)
	if err != nil {
		return []executor.Difference{{Sentence: fmt.Sprintf("what move %s has left undone cannot be told: %v", m.unfinished, err)}}
	}
	rest, err := compile.Rest(c, left)
	if err != nil {
		return []executor.Difference{{Sentence: fmt.Sprintf("what move %s has left undone cannot be done: %v", m.unfinished, err)}}
	}
	if rest.Empty() {
		return nil // what else does not hold is found by the probe
	}
	m.LastRun, m.Outage, m.Ledger = lastRun(last), types.StringNull(), types.MapNull(types.StringType) // what was measured before was another move's
	var found []executor.Difference
	for _, op := range rest.Operations {
		found = append(found, executor.Difference{ID: op.ID, Sentence: fmt.Sprintf("move %s is committed and was not brought to its end: %s", m.unfinished, op.Sentence)})
	}
	return found
}

// activeAddress is where the serving side is reached: the address that moves, else the first of the serving host.
func activeAddress(c declare.Cutover, book *hostBook) string {
	if moving := c.Identity.Moving(); len(moving) > 0 {
		if prefix, err := netip.ParsePrefix(moving[0]); err == nil {
			return prefix.Addr().String()
		}
	}
	if c.Active == declare.Target {
		return book.address(c.Target)
	}
	return book.address(c.Source)
}

// reversible says until when service can go back, and at what loss.
func reversible(c declare.Cutover) string {
	switch {
	case c.Finalized:
		return "no: finalized"
	case c.Active == declare.Source:
		return "the source serves: nothing to take back"
	}
	switch c.OnFailure.CarryBack {
	case "messages":
		return "until finalized; goes back: new messages with flags and dates; lost: deletions, moves, folders, rules and changed rows since the cut"
	case "none":
		return "until finalized; lost: everything that came since the cut"
	default:
		return "until finalized; nothing is lost"
	}
}

// refuse says while planning a destruction that it will be refused.
func (m *cutoverModel) refuse() diag.Diagnostics {
	var diags diag.Diagnostics
	if m.moved() && m.OnDestroy.ValueString() != "back_out" && m.OnDestroy.ValueString() != "forget" {
		diags.AddError("A cutover is not destroyed while a way back is open",
			m.subject()+": the target serves and the source can still take service back. Either set finalized = true and apply, which gives up the way back; "+
				"or set on_destroy = \"back_out\" or \"forget\" and apply. Then destroy. (on_destroy is read from the state.)")
	}
	return diags
}

// destroy ends a cutover whose way back is open as on_destroy says. Where the source serves, what rehearsals left is undone.
func (m *cutoverModel) destroy(ctx context.Context, s *shared) diag.Diagnostics {
	diags := m.refuse()
	if diags.HasError() {
		return diags
	}
	c, err := m.declaration(s.products)
	if err != nil {
		diags.AddError("Declaration cannot be read", err.Error())
		return diags
	}
	if !m.moved() {
		diags.Append(m.clear(ctx, s, c)...)
		return diags
	}
	back := c
	back.Active = declare.Source
	book, err := moveTo(back)
	if err != nil {
		diags.AddError("No way back can be made of "+m.subject(), err.Error())
		return diags
	}
	options := m.options(nil)
	options.Cutover = &back
	options.Secrets, err = executor.ReadPasswords(os.Getenv(executor.PasswordsVariable), executor.PasswordsVariable)
	if err != nil {
		diags.AddError("Passwords cannot be read", err.Error())
		return diags
	}
	options.Secrets = declare.Passwords(back.Dumps, options.Secrets)
	outcome, err := s.engine.Run(ctx, book, options)
	r := newRan(book, outcome, err)
	if err != nil || outcome.Status != executor.Settled {
		diags.Append(r.problem(m.subject()+" cannot be destroyed: its back-out", s.book))
	}
	return diags
}

// clear ends a cutover whose source serves: an unfinished move or rehearsal is undone; what finished ones left, the hold with it, is dropped. What was
// committed is never undone, nor is what mended or ended anything: that would give service away from the side that has it.
func (m *cutoverModel) clear(ctx context.Context, s *shared, c declare.Cutover) diag.Diagnostics {
	var diags diag.Diagnostics
	run := runOf(m.LastRun)
	if run == "" {
		return diags
	}
	if unfinished(m.Status) && (executor.IsMove(run, c.Name) || compile.IsRehearsal(run)) {
		outcome, taken, err := s.engine.Retract(ctx, c, run)
		if taken || err != nil {
			diags.Append(m.cleared(s, runbook.Runbook{Name: run}, outcome, err, executor.BackedOut)...)
			return diags
		}
	}
	book, err := compile.Finalize(c)
	if err != nil {
		diags.AddError("No procedure can be made of "+m.subject(), err.Error())
		return diags
	}
	outcome, err := s.engine.Run(ctx, book, m.options(nil))
	diags.Append(m.cleared(s, book, outcome, err, executor.Settled)...)
	return diags
}

// cleared tells how clear ended.
func (m *cutoverModel) cleared(s *shared, book runbook.Runbook, outcome executor.Outcome, err error, want executor.Status) diag.Diagnostics {
	var diags diag.Diagnostics
	r := newRan(book, outcome, err)
	if err != nil || outcome.Status != want {
		diags.Append(r.problem(m.subject()+" cannot be destroyed: it", s.book))
		return diags
	}
	for _, step := range outcome.Steps {
		if kept := step.Result["kept"]; kept != "" {
			diags.AddWarning("Something is left that nobody has accounted for", fmt.Sprintf("%s: what came while the target served did not all go back, and stays there: the target stays on hold by %s."+
				"\n\nNext: save from it what is wanted (%s/account/lines says what there is), then terraform-provider-mail rescue unlock -hold %s HOST.", m.subject(), kept, kept, m.Name.ValueString()))
		}
	}
	diags.Append(r.parting(m.subject())...)
	return diags
}

// sameValues compares declarations.
func sameValues[T any](a, b []T) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
