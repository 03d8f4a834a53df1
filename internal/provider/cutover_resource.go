package provider

import (
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*cutoverResource)(nil)
	_ resource.ResourceWithImportState = (*cutoverResource)(nil)
	_ guarded[cutoverModel]            = (*cutoverModel)(nil)
	_ inspector[cutoverModel]          = (*cutoverModel)(nil)
	_ admitter                         = (*cutoverModel)(nil)
	_ finder                           = (*cutoverModel)(nil)
	_ witness                          = (*cutoverModel)(nil)
	_ asker                            = (*cutoverModel)(nil)
	_ destroyer                        = (*cutoverModel)(nil)
	_ refuser                          = (*cutoverModel)(nil)
	_ departer                         = (*cutoverModel)(nil)
	_ gentle                           = (*cutoverModel)(nil)
	_ recorder[cutoverModel]           = (*cutoverModel)(nil)
)

// cutoverResource is mail_cutover.
type cutoverResource struct {
	lifecycle[cutoverModel, *cutoverModel]
}

func newCutoverResource() resource.Resource {
	return &cutoverResource{lifecycle[cutoverModel, *cutoverModel]{kind: "mail_cutover"}}
}

func (m *cutoverModel) identity() string {
	return joinID(m.Name.ValueString(), m.Source.ValueString(), m.Target.ValueString())
}

func (m *cutoverModel) parse(id string) error {
	parts, err := splitID(id, 3, "NAME,SOURCE,TARGET")
	if err != nil {
		return err
	}
	m.Name, m.Source, m.Target = types.StringValue(parts[0]), types.StringValue(parts[1]), types.StringValue(parts[2])
	return validHosts(parts[1], parts[2])
}

func (m *cutoverModel) subject() string { return "mail_cutover." + m.Name.ValueString() }

// hosts: once finalized, the source is not contacted any more.
func (m *cutoverModel) hosts() []string {
	ids := []string{m.Source.ValueString(), m.Target.ValueString()}
	var read reader
	for _, placed := range read.placed("quiesce", m.Quiesce) {
		ids = append(ids, placed.Host)
	}
	for _, job := range objects[jobModel](&read, "jobs", m.Jobs) {
		ids = append(ids, job.Host.ValueString())
	}
	for _, check := range read.checks(m.Checks) {
		ids = append(ids, check.From)
	}
	return slices.DeleteFunc(distinct(ids), func(id string) bool {
		return id == "" || m.closed() && id == m.Source.ValueString()
	})
}

// closed: finalized, so the way back is given up.
func (m *cutoverModel) closed() bool { return m.Finalized.ValueBool() }

// gentle: destroying a cutover may move a service, so that no failure may bring that about.
func (*cutoverModel) gentle() bool { return true }

// moved reports whether the target serves and the way back is open.
func (m *cutoverModel) moved() bool { return m.Active.ValueString() == declare.Target && !m.closed() }

func (m *cutoverModel) standing(products *product.Catalogue) (runbook.Runbook, error) {
	c, err := m.declaration(products)
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.Standing(c)
}

// change is: nothing at creation, unless it rehearses; the move, where active changes; the end of the way back; the rehearsal; else what mends drift.
func (m *cutoverModel) change(products *product.Catalogue, prior past[cutoverModel]) (runbook.Runbook, error) {
	c, err := m.declaration(products)
	if err != nil {
		return runbook.Runbook{}, err
	}
	was := prior.model
	if was != nil {
		c.Measured = measuredBefore(was.LastRun, prior.measured)
	}
	switch {
	case was == nil && c.Rehearse && c.Active == declare.Source:
		return compile.Rehearse(c)
	case was == nil:
		return runbook.Runbook{Name: c.Name, Version: runbook.FormatVersion}, nil
	case c.Active != was.Active.ValueString():
		return moveTo(c)
	case c.Finalized && !was.closed():
		return compile.Finalize(c)
	case c.Active == declare.Source && c.Rehearse && rehearses(prior):
		return compile.Rehearse(c)
	case prior.unsettled && len(prior.drift) > 0:
		return mending(c, was, prior.drift)
	}
	return runbook.Runbook{Name: c.Name, Version: runbook.FormatVersion}, nil
}

// mending is first what the last move left undone after its commit; then what does not hold any more.
func mending(c declare.Cutover, was *cutoverModel, drifted []string) (runbook.Runbook, error) {
	if run := runOf(was.LastRun); executor.IsMove(run, c.Name) {
		if rest, err := compile.Rest(c, drifted); err != nil || !rest.Empty() {
			return rest, err
		}
	}
	return compile.Mend(c, drifted)
}

// rehearses reports whether a rehearsal that is asked for is still to be made: it was not asked for before, or the last one did not end well.
func rehearses(prior past[cutoverModel]) bool {
	was := prior.model
	return !was.Rehearse.ValueBool() || prior.unsettled && compile.IsRehearsal(runOf(was.LastRun))
}

// moveTo is the move that makes c.Active serve: forward, or the same cutover with its sides exchanged.
func moveTo(c declare.Cutover) (runbook.Runbook, error) {
	if c.Active == declare.Source {
		return compile.Move(c.Reversed())
	}
	return compile.Move(c)
}

// open plans what a run will find out. What the declaration alone tells is known.
func (m *cutoverModel) open(prior *cutoverModel, book *runbook.Runbook) {
	if book == nil {
		m.PredictedOutage, m.Outage, m.Ledger, m.Reversible = prior.PredictedOutage, prior.Outage, prior.Ledger, prior.Reversible
		m.ActiveAddress, m.Digest = prior.ActiveAddress, prior.Digest
		return
	}
	m.Outage, m.Ledger = types.StringUnknown(), types.MapUnknown(types.StringType)
	m.Reversible, m.ActiveAddress = types.StringUnknown(), types.StringUnknown()
	m.PredictedOutage, m.Digest = types.StringUnknown(), types.StringUnknown()
	if prior == nil {
		return
	}
	if m.Active.Equal(prior.Active) {
		m.Outage, m.PredictedOutage = prior.Outage, prior.PredictedOutage
		rest := compile.IsRest(*book) // its account is the whole move's
		if !sweeps(*book) && !rest {
			m.Ledger = prior.Ledger
		}
		if rest && prior.Outage.IsNull() {
			m.Outage = types.StringUnknown()
		}
	}
	if book.Empty() {
		return
	}
	if digest, err := book.Digest(); err == nil { // the words, made before, end in the same digest
		m.Digest = types.StringValue(digest)
	}
	if !m.Active.Equal(prior.Active) && m.measured() {
		m.PredictedOutage = types.StringValue(clock(book.Timetable().Outage))
	}
}

// measured reports whether the last pass of everything that travels is known: while one is still to run, nothing is predicted.
func (m *cutoverModel) measured() bool {
	var read reader
	for _, parts := range objects[syncParts](&read, "syncs", m.Syncs) {
		if parts.LastPass.IsUnknown() {
			return false
		}
	}
	for _, parts := range objects[dumpParts](&read, "dumps", m.Dumps) {
		if parts.LastPass.IsUnknown() {
			return false
		}
	}
	return true
}

// measure takes over what a move measured. What could not be found out becomes null.
func (m *cutoverModel) measure(prior *cutoverModel, outcome executor.Outcome) {
	measured := prior == nil || !m.Active.Equal(prior.Active) || m.Outage.IsUnknown()
	if m.Outage.IsUnknown() {
		m.Outage = types.StringNull()
	}
	if m.Ledger.IsUnknown() {
		m.Ledger = types.MapNull(types.StringType)
		if prior != nil && m.Active.Equal(prior.Active) {
			m.Ledger = prior.Ledger
		}
	}
	if m.PredictedOutage.IsUnknown() {
		m.PredictedOutage = types.StringNull()
	}
	if m.Digest.IsUnknown() {
		m.Digest = types.StringNull()
		if prior != nil {
			m.Digest = prior.Digest
		}
	}
	if outcome.Run == "" {
		return
	}
	if m.Digest.IsNull() && outcome.Digest != "" {
		m.Digest = types.StringValue(outcome.Digest)
	}
	if outcome.Outage > 0 && measured {
		m.Outage = types.StringValue(outcome.Outage.Round(100 * time.Millisecond).String())
	}
	m.account(prior, outcome.Ledger)
}

func (m *cutoverModel) options(config *cutoverModel) executor.Options {
	var read reader
	failure := object[onFailureModel](&read, "on_failure", m.OnFailure)
	window := object[windowModel](&read, "window", m.Window)
	options := executor.Options{
		Resource: m.subject(), OnFailure: orText(failure.Action, "back_out"),
		Drain: read.duration("window.drain", window.Drain), Budget: read.duration("window.outage_budget", window.OutageBudget),
		NotAfter: read.moment("window.not_after", window.NotAfter),
	}
	if config != nil {
		options.Secrets = m.secrets(&read, config)
	}
	return options
}

// recorded adds the whole declaration, the move by which the state says that the target serves, and the one that is gone on with.
func (m *cutoverModel) recorded(products *product.Catalogue, prior past[cutoverModel], book runbook.Runbook, options executor.Options) (executor.Options, error) {
	c, err := m.declaration(products)
	options.Cutover = &c
	if prior.model != nil && prior.model.moved() && !prior.imported {
		if run := runOf(prior.model.LastRun); executor.IsMove(run, c.Name) {
			options.Known = run
		}
	}
	if compile.IsRest(book) {
		options.Resume = runOf(prior.model.LastRun)
	}
	return options, err
}

// secrets are passwords_wo by database, a password under a user's name is that of all databases of a dump as that user; and the TSIG key by its name.
func (m *cutoverModel) secrets(read *reader, config *cutoverModel) map[string]string {
	var dumps []declare.Dump
	for _, parts := range objects[dumpParts](read, "dumps", m.Dumps) {
		dumps = append(dumps, read.dump(parts))
	}
	given := declare.Passwords(dumps, read.textMap("passwords_wo", config.Passwords))
	dns := object[dnsModel](read, "identity.dns", object[identityModel](read, "identity", config.Identity).DNS)
	if secret := dns.TSIGSecret.ValueString(); secret != "" {
		given[dns.TSIGName.ValueString()] = secret
	}
	return given
}

// leave: destroying forgets, unless the target serves, a way back is open and more than forgetting is asked for.
func (m *cutoverModel) leave() bool {
	return m.closed() || m.OnDestroy.ValueString() == "forget"
}
