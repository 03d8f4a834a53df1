package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// served is what the hosts say of versions.
type served struct {
	since     string            // the version that serves since the last hop; empty: none was made
	installed map[string]string // by name of the host
}

// served asks the hosts.
func (m *upgradeModel) served(ctx context.Context, s *shared, u declare.Upgrade) (served, error) {
	book, err := compile.Served(u)
	if err != nil {
		return served{}, err
	}
	seen := s.engine.Probe(ctx, book, m.subject())
	if seen.Status == executor.Unreachable {
		return served{}, seen.Err
	}
	found := served{installed: map[string]string{}}
	for _, op := range book.Operations {
		switch op.Kind {
		case "settle_hop":
			found.since = seen.Results[op.ID+".serves"]
		case "install_version":
			for _, h := range u.Hosts {
				if h.ID == op.Host {
					found.installed[h.Name] = seen.Results[op.ID+".version"]
				}
			}
		}
	}
	return found, nil
}

// inspect looks at the hosts while planning: which version is there, and whether the storage can be mounted. It decides no planned value.
func (m *upgradeModel) inspect(ctx context.Context, s *shared, prior past[upgradeModel], book runbook.Runbook) diag.Diagnostics {
	var diags diag.Diagnostics
	u, err := m.now(s.products)
	if err != nil {
		blame(&diags, "Declaration cannot be read", err)
		return diags
	}
	for _, finding := range m.lint(s.products, book) {
		diags.AddWarning(fmt.Sprintf("%s: %s (%s)", m.subject(), finding.Summary, finding.Code), finding.Detail)
	}
	found, err := m.served(ctx, s, u)
	if err != nil {
		s.unreachable(err, m.hosts(), &diags)
		return diags
	}
	if prior.model == nil || prior.imported {
		diags.Append(m.mustBeFound(u, found)...)
		return diags
	}
	if book.Ordered {
		diags.Append(m.mayBegin(ctx, s, prior.model, found)...)
		return diags
	}
	if m.Version.Equal(prior.model.Version) {
		diags.Append(m.otherVersion(found)...)
	}
	return diags
}

// mustBeFound: at creation version is the one that is found on every host.
func (m *upgradeModel) mustBeFound(u declare.Upgrade, found served) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range sortedKeys(found.installed) {
		version := found.installed[name]
		if version == "" {
			diags.AddAttributeError(path.Root("product"), "The product is not found", fmt.Sprintf(
				"On %s %q prints no version.\n\nNext: correct product or hosts, or the command in an entry of your own (product_files).", name, strings.Join(u.Ask, " ")))
			return diags
		}
		if version != u.Version {
			diags.AddAttributeError(path.Root("version"), "Not the version that serves", fmt.Sprintf(
				"On %s version %s is installed, not %s. At creation version is the one that is found, on every host: an upgrade is an update.\n\n"+
					"Next: version = %q, apply; then version = %q, apply: that upgrades.", name, version, u.Version, version, u.Version))
			return diags
		}
	}
	return diags
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// mayBegin: before a hop its hosts have the version that it starts from; a hop that was cut off may have left the next one.
func (m *upgradeModel) mayBegin(ctx context.Context, s *shared, was *upgradeModel, found served) diag.Diagnostics {
	var diags diag.Diagnostics
	u, err := m.upgradeFrom(s.products, was)
	if err != nil {
		blame(&diags, "Declaration cannot be read", err)
		return diags
	}
	for _, name := range sortedKeys(found.installed) {
		if version := found.installed[name]; len(u.Hops) > 0 && version != u.Hops[0].From && version != u.Hops[0].Version {
			diags.AddAttributeError(path.Root("hosts"), "Another version is installed", fmt.Sprintf(
				"On %s version %s is installed; the state says that %s serves, and the first hop is from there to %s.\n\nNext: install %s there again, or remove the upgrade from the state and declare it anew.",
				name, orNone(version), u.Hops[0].From, u.Hops[0].Version, u.Hops[0].From))
		}
	}
	if u.Storage == nil || u.Begun {
		return diags
	}
	book, err := compile.Devices(u)
	if err != nil {
		diags.AddError("Storage cannot be looked at", err.Error())
		return diags
	}
	seen := s.engine.Probe(ctx, book, m.subject())
	for _, difference := range seen.Drift {
		// What is at the path now is what the upgrade moves away.
		if text, device := strings.CutPrefix(difference.Sentence[strings.Index(difference.Sentence, ": ")+2:], "device: "); device {
			diags.AddAttributeError(path.Root("storage"), "Device cannot be mounted", "storage.device: "+text)
		}
	}
	return diags
}

// otherVersion: nothing installs a version but a hop.
func (m *upgradeModel) otherVersion(found served) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range sortedKeys(found.installed) {
		if version := found.installed[name]; version != m.Version.ValueString() {
			diags.AddAttributeError(path.Root("version"), "Another version is installed", fmt.Sprintf(
				"On %s version %s is installed, and %s is declared. Nothing but a hop installs a version.\n\n"+
					"Next: where a hop was cut off, declare its version and apply: it goes on. Where somebody else upgraded, install %s there again, or remove the upgrade from the state and declare it anew with what is found.",
				name, orNone(version), m.Version.ValueString(), m.Version.ValueString()))
		}
	}
	return diags
}

// admit looks again, right before creation.
func (m *upgradeModel) admit(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	u, _, err := m.declaration(s.products)
	if err != nil {
		blame(&diags, "Declaration cannot be read", err)
		return diags
	}
	found, err := m.served(ctx, s, u)
	if err != nil {
		diags.AddAttributeError(path.Root("version"), "Which version serves cannot be seen", err.Error()+"\n\nNothing was changed. Apply again once all hosts answer.")
		return diags
	}
	return m.mustBeFound(u, found)
}

// find believes the hosts about which version serves: a hop may have been settled, and the next one taken back, after the state was written.
func (m *upgradeModel) find(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.Version.ValueString() == "" {
		return diags // imported: the configuration says the rest
	}
	m.Reversible = types.StringValue(m.reversible())
	u, err := m.now(s.products)
	if err != nil {
		return diags // what follows reports it
	}
	found, err := m.served(ctx, s, u)
	if err != nil || found.since == "" || found.since == u.Version {
		return diags
	}
	diags.AddWarning("Another version serves than the state says", fmt.Sprintf("%s: the state says %s, the journals on the hosts say that %s was proved and serves. The hosts are believed.", m.subject(), u.Version, found.since))
	m.Version = types.StringValue(found.since)
	m.Reversible = types.StringValue(m.reversible())
	return diags
}

// reversible says until when the version before can serve again.
func (m *upgradeModel) reversible() string {
	if m.unfinishedRun() {
		return "until the next apply: the hop that was begun can be taken back (rescue back-out)"
	}
	return "no: " + m.Version.ValueString() + " serves; a version before it would have to be restored by hand from its backup, and lack what came since"
}

// gate lets an upgrade begin only inside its window.
func (m *upgradeModel) gate(now time.Time, book runbook.Runbook) diag.Diagnostic {
	if !book.Ordered {
		return nil
	}
	var read reader
	window := object[upgradeWindowModel](&read, "window", m.Window)
	return inWindow(m.subject(), now, read.moment("window.not_before", window.NotBefore), read.moment("window.not_after", window.NotAfter), read.err())
}

// refuse says while planning a destruction that it will be refused.
func (m *upgradeModel) refuse() diag.Diagnostics {
	var diags diag.Diagnostics
	if m.unfinishedRun() && orText(m.OnDestroy, "refuse") == "refuse" {
		diags.AddError("An upgrade is not destroyed while it is not at its end",
			m.subject()+": the hop that was begun is neither proved nor taken back. Either apply again, which goes on with it; or set on_destroy = \"back_out\" or \"forget\" and apply. Then destroy. (on_destroy is read from the state.)")
	}
	return diags
}

// destroy takes the hop back that was not brought to its end.
func (m *upgradeModel) destroy(ctx context.Context, s *shared) diag.Diagnostics {
	diags := m.refuse()
	if diags.HasError() {
		return diags
	}
	book, err := m.begun(s.products)
	if err != nil {
		diags.AddError("No way back can be made of "+m.subject(), err.Error())
		return diags
	}
	outcome, err := s.engine.Undo(ctx, book, book.Name, m.options(nil))
	r := newRan(book, outcome, err)
	if err != nil || outcome.Status != executor.BackedOut {
		diags.Append(r.problem(m.subject()+" cannot be destroyed: its way back", s.book))
	}
	return diags
}

// begun is the procedure of the last run, which was not brought to its end.
func (m *upgradeModel) begun(products *product.Catalogue) (runbook.Runbook, error) {
	var read reader
	for _, version := range read.texts("hops", m.Hops) {
		to := *m
		to.Version = types.StringValue(version)
		u, err := to.upgradeFrom(products, m)
		if err != nil {
			continue // it is not reached from here
		}
		book, err := compile.Upgrade(u)
		if err == nil && book.Name == runOf(m.LastRun) {
			return book, nil
		}
	}
	return runbook.Runbook{}, errors.New("the run " + runOf(m.LastRun) + " is none of what the state declares. Next: rescue back-out, which goes by the hosts' own record")
}

// parting implements parting.
func (m *upgradeModel) parting(products *product.Catalogue) (plan.Procedure, error) {
	if diags := m.refuse(); diags.HasError() {
		return plan.Procedure{Known: true, Note: "will be refused: " + diags.Errors()[0].Detail()}, nil
	}
	book, err := m.begun(products)
	return plan.Procedure{Book: book, Undoes: true, Known: true, Note: "the hop that was begun is taken back, as far as the journals on the hosts say that it was done"}, err
}
