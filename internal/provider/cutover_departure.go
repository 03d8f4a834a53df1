package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// wayBack is the move that destroying makes, and what it is made of. The book is empty where destroying moves no service.
func (m *cutoverModel) wayBack(products *product.Catalogue) (runbook.Runbook, declare.Cutover, error) {
	c, err := m.declaration(products)
	if err != nil || !m.moved() || m.OnDestroy.ValueString() != "back_out" {
		return runbook.Runbook{}, c, err
	}
	c.Active = declare.Source
	book, err := moveTo(c)
	return book, c, err
}

// departure shows while planning a destruction the procedure by which service goes back, and its outage: Terraform itself says only "will be destroyed".
func (m *cutoverModel) departure(products *product.Catalogue, measured map[string]float64) diag.Diagnostics {
	var diags diag.Diagnostics
	book, c, err := m.wayBack(products)
	if err != nil {
		diags.AddError("No way back can be made of "+m.subject(), err.Error())
		return diags
	}
	if book.Empty() {
		return diags
	}
	words, err := book.Words()
	if err != nil {
		diags.AddError("No way back can be made of "+m.subject(), err.Error())
		return diags
	}
	c.Measured = measuredBefore(m.LastRun, measured)
	timed, err := moveTo(c) // what was measured moves the timetable, never the digest
	if err != nil {
		diags.AddError("No way back can be made of "+m.subject(), err.Error())
		return diags
	}
	diags.AddAttributeWarning(path.Root("on_destroy"), "Destroying moves the service back to the source", fmt.Sprintf(
		"%s: on_destroy = \"back_out\" in the state. Predicted outage: %s.\n\n%s\nNext: apply, if service shall go back now. Else set on_destroy to another value and apply that first.",
		m.subject(), clock(timed.Timetable().Outage), joinLines("What runs, in this order:", words)))
	return diags
}

// inspectDeparture looks at the hosts for what would stop the move that destroying makes.
func (m *cutoverModel) inspectDeparture(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	book, c, err := m.wayBack(s.products)
	if err != nil || book.Empty() {
		return diags // departure has said it
	}
	return m.inspectMove(ctx, s, c, book)
}

// inspectMove looks for what a careful colleague would point at, for what would stop a move, and for what it leaves behind.
func (m *cutoverModel) inspectMove(ctx context.Context, s *shared, c declare.Cutover, book runbook.Runbook) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, finding := range compile.Lint(book, c) {
		diags.AddWarning(fmt.Sprintf("%s (%s)", finding.Summary, finding.Code), finding.Detail)
	}
	forward := c
	if c.Active == declare.Source {
		forward = c.Reversed()
		if cut, err := s.engine.Cut(ctx, c); err == nil && cut.Final {
			diags.AddAttributeError(path.Root("active"), "The way back has been given up", m.subject()+": finalizing has begun to remove the before-images and the marks that a back-out needs. "+
				"Nothing was changed.\n\nNext: active = \"target\" and finalized = true, apply: that brings it to its end. Then declare a new mail_cutover, from the host that serves now, to move the service again.")
			return diags
		}
	}
	findings, err := s.engine.Preflight(ctx, forward)
	if err != nil {
		s.unreachable(err, m.hosts(), &diags)
		return diags
	}
	diags.Append(findingDiagnostics(findings)...)
	diags.Append(m.losses(ctx, s, c)...)
	return diags
}
