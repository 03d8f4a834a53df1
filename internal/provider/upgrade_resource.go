package provider

import (
	"context"
	"errors"
	"slices"
	"strings"
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
	_ resource.ResourceWithModifyPlan  = (*upgradeResource)(nil)
	_ resource.ResourceWithImportState = (*upgradeResource)(nil)
	_ inspector[upgradeModel]          = (*upgradeModel)(nil)
	_ admitter                         = (*upgradeModel)(nil)
	_ finder                           = (*upgradeModel)(nil)
	_ destroyer                        = (*upgradeModel)(nil)
	_ refuser                          = (*upgradeModel)(nil)
	_ gentle                           = (*upgradeModel)(nil)
	_ gater                            = (*upgradeModel)(nil)
	_ parting                          = (*upgradeModel)(nil)
	_ linted                           = (*upgradeModel)(nil)
	_ predicting                       = (*upgradeModel)(nil)
	_ bounded                          = (*upgradeModel)(nil)
)

// upgradeResource is mail_upgrade.
type upgradeResource struct {
	lifecycle[upgradeModel, *upgradeModel]
}

func newUpgradeResource() resource.Resource {
	return &upgradeResource{lifecycle[upgradeModel, *upgradeModel]{kind: "mail_upgrade"}}
}

func (m *upgradeModel) identity() string { return joinID(m.Name.ValueString()) }

func (m *upgradeModel) parse(id string) error {
	parts, err := splitID(id, 1, "NAME")
	if err != nil {
		return err
	}
	if len(parts) != 1 {
		return errors.New("import id: it is the name of the upgrade alone")
	}
	m.Name = types.StringValue(parts[0])
	return isName().check(parts[0])
}

func (m *upgradeModel) subject() string { return "mail_upgrade." + m.Name.ValueString() }

func (m *upgradeModel) hosts() []string {
	var read reader
	var ids []string
	for _, h := range m.hostList(&read) {
		ids = append(ids, h.ID)
	}
	for _, placed := range read.placed("quiesce", m.Quiesce) {
		ids = append(ids, placed.Host)
	}
	for _, job := range objects[jobModel](&read, "jobs", m.Jobs) {
		ids = append(ids, job.Host.ValueString())
	}
	return distinct(ids)
}

// gentle: destroying an upgrade may take a hop back, so that no failure may bring that about.
func (*upgradeModel) gentle() bool { return true }

// now is the declaration with those hosts active that the state says are.
func (m *upgradeModel) now(products *product.Catalogue) (declare.Upgrade, error) {
	u, _, err := m.declaration(products)
	if !m.ActiveHosts.IsNull() && !m.ActiveHosts.IsUnknown() {
		var read reader
		serving := read.texts("active_hosts", m.ActiveHosts)
		for i := range u.Hosts {
			u.Hosts[i].Active = slices.Contains(serving, u.Hosts[i].Name)
		}
	}
	return u, err
}

func (m *upgradeModel) standing(products *product.Catalogue) (runbook.Runbook, error) {
	u, err := m.now(products)
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.UpgradeStanding(u)
}

// change is: at creation, writing down what was found; the hops, where version changes; what the last run left to do online; else what mends drift.
func (m *upgradeModel) change(products *product.Catalogue, prior past[upgradeModel]) (runbook.Runbook, error) {
	was := prior.model
	if was == nil || prior.imported {
		u, _, err := m.declaration(products)
		if err != nil {
			return runbook.Runbook{}, err
		}
		return compile.UpgradeBegin(u)
	}
	if !m.Version.Equal(was.Version) {
		u, err := m.upgradeFrom(products, was)
		if err != nil {
			return runbook.Runbook{}, err
		}
		return compile.Upgrade(u)
	}
	u, err := m.now(products)
	switch {
	case err != nil:
		return runbook.Runbook{}, err
	case executor.Status(was.Status.ValueString()) == executor.Unsettled:
		return compile.UpgradeRest(u)
	case prior.unsettled && len(prior.drift) > 0:
		return compile.UpgradeMend(u, prior.drift)
	}
	return runbook.Runbook{Name: m.subject(), Version: runbook.FormatVersion}, nil
}

// actives are the names of the hosts whose services run once everything declared does.
func (m *upgradeModel) actives(prior *upgradeModel) types.List {
	if prior != nil && m.Hosts.Equal(prior.Hosts) && m.Version.Equal(prior.Version) && !prior.ActiveHosts.IsNull() {
		return prior.ActiveHosts
	}
	var read reader
	hosts := m.hostList(&read)
	upgraded := prior != nil && !prior.Version.IsNull() && !m.Version.Equal(prior.Version)
	to, switches := declare.Upgrade{Hosts: hosts}.Host(m.SwitchTo.ValueString())
	var names []string
	for _, h := range hosts {
		active := h.Active
		if upgraded && switches && h.Role == to.Role {
			active = h.Name == to.Name
		}
		if active {
			names = append(names, h.Name)
		}
	}
	return textList(names)
}

func (m *upgradeModel) open(prior *upgradeModel, book *runbook.Runbook) {
	if book == nil {
		m.ActiveHosts, m.PredictedOutage, m.Outage, m.Digest = m.actives(prior), prior.PredictedOutage, prior.Outage, prior.Digest
		m.Reversible = prior.Reversible
		return
	}
	if m.Version.IsUnknown() || m.SwitchTo.IsUnknown() || !known(context.Background(), m.Hosts) {
		m.ActiveHosts = types.ListUnknown(types.StringType)
	} else {
		m.ActiveHosts = m.actives(prior)
	}
	m.Outage, m.PredictedOutage, m.Digest, m.Reversible = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	if prior == nil {
		return
	}
	if m.Version.Equal(prior.Version) {
		m.Outage, m.PredictedOutage = prior.Outage, prior.PredictedOutage
	}
	if book.Empty() {
		return
	}
	if digest, err := book.Digest(); err == nil {
		m.Digest = types.StringValue(digest)
	}
	if book.Ordered {
		m.PredictedOutage = types.StringValue(clock(book.Timetable().Outage))
	}
}

func (m *upgradeModel) measure(prior *upgradeModel, outcome executor.Outcome) {
	if m.ActiveHosts.IsUnknown() || m.ActiveHosts.IsNull() {
		m.ActiveHosts = m.actives(prior)
	}
	for _, value := range []*types.String{&m.Outage, &m.PredictedOutage, &m.Digest, &m.Reversible} {
		if value.IsUnknown() {
			*value = types.StringNull()
		}
	}
	if m.Digest.IsNull() && outcome.Digest != "" {
		m.Digest = types.StringValue(outcome.Digest)
	}
	if outcome.Outage > 0 {
		m.Outage = types.StringValue(outcome.Outage.Round(100 * time.Millisecond).String())
	}
}

func (m *upgradeModel) options(*upgradeModel) executor.Options {
	var read reader
	failure := object[upgradeFailureModel](&read, "on_failure", m.OnFailure)
	window := object[upgradeWindowModel](&read, "window", m.Window)
	return executor.Options{
		Resource: m.subject(), OnFailure: orText(failure.Action, "back_out"),
		Budget: read.duration("window.outage_budget", window.OutageBudget), NotAfter: read.moment("window.not_after", window.NotAfter),
	}
}

// unfinishedRun reports whether an upgrade was begun and neither brought to its end nor taken back.
func (m *upgradeModel) unfinishedRun() bool {
	status := executor.Status(m.Status.ValueString())
	return (status == executor.Halted || status == executor.Failed) && strings.Contains(runOf(m.LastRun), ".to-")
}

// leave: what was brought to its end stays: nothing takes a version back but the hop that fails.
func (m *upgradeModel) leave() bool {
	return m.OnDestroy.ValueString() == "forget" || !m.unfinishedRun()
}

// lint implements linted, with what planning says as warnings.
func (m *upgradeModel) lint(products *product.Catalogue, book runbook.Runbook) []compile.Finding {
	u, entry, err := m.declaration(products)
	if err != nil || !book.Ordered {
		return nil
	}
	return compile.LintUpgrade(book, u, m.dangers(entry, book))
}

// dangers are the hops of a procedure, with what the catalogue says of them.
func (m *upgradeModel) dangers(entry *product.Entry, book runbook.Runbook) []compile.HopDanger {
	var read reader
	var out []compile.HopDanger
	for _, op := range book.Operations {
		if op.Kind != "install_version" || slices.ContainsFunc(out, func(d compile.HopDanger) bool { return d.Version == op.Args[0] }) {
			continue
		}
		danger := compile.HopDanger{Version: op.Args[0]}
		if release, known := entry.Release(op.Args[0]); known {
			danger.FormatChange = release.FormatChange
			for _, h := range m.hostList(&read) {
				s, told := release.Strategy(h.Role, op.Args[1])
				if told && len(s.Recommended) > 0 && !slices.Contains(s.Recommended, h.Strategy) {
					danger.Advice = append(danger.Advice, h.Name+": "+h.Strategy+" is allowed for the role "+h.Role+"; recommended is "+strings.Join(s.Recommended, ", ")+because(s.Why))
				}
			}
		}
		out = append(out, danger)
	}
	return out
}

// predicted implements predicting.
func (m *upgradeModel) predicted() types.String { return m.PredictedOutage }

// budget implements bounded.
func (m *upgradeModel) budget() time.Duration { return m.options(nil).Budget }
