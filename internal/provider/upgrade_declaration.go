package provider

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	tfpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

// declaration is what the upgrade declares, with the product's entry merged in and no hops: what serves now.
func (m *upgradeModel) declaration(products *product.Catalogue) (declare.Upgrade, *product.Entry, error) {
	var read reader
	backup := object[hopBackupModel](&read, "backup", m.Backup)
	failure := object[upgradeFailureModel](&read, "on_failure", m.OnFailure)
	window := object[upgradeWindowModel](&read, "window", m.Window)
	u := declare.Upgrade{
		Name: m.Name.ValueString(), Product: m.Product.ValueString(), Version: m.Version.ValueString(), Hosts: m.hostList(&read),
		Quiesce: read.placed("quiesce", m.Quiesce), SwitchTo: m.SwitchTo.ValueString(), Checks: read.checks(m.Checks), OnFailure: orText(failure.Action, "back_out"),
		Window: declare.Window{
			NotBefore: window.NotBefore.ValueString(), NotAfter: window.NotAfter.ValueString(), OutageBudget: read.duration("window.outage_budget", window.OutageBudget),
		},
	}
	if !m.Backup.IsNull() {
		u.Backup.Directory = strings.TrimSuffix(orText(backup.Directory, defaultBackupDirectory), "/")
		for _, p := range read.texts("backup.paths", backup.Paths) {
			u.Backup.Paths = append(u.Backup.Paths, strings.TrimSuffix(p, "/"))
		}
	}
	if !m.Storage.IsNull() {
		u.Storage = m.storage(&read)
	}
	for _, job := range objects[jobModel](&read, "jobs", m.Jobs) {
		u.Jobs = append(u.Jobs, declare.Job{Host: job.Host.ValueString(), Command: read.texts("jobs", job.Command), BeforeOpen: orBool(job.BeforeOpen, false)})
	}
	u.Estimates = m.estimates(&read)
	entry, err := products.Entry(u.Product)
	if err != nil {
		read.fail(about("product", err))
		return u, nil, read.err()
	}
	mergeUpgrade(&u, entry)
	read.fail(sound(u))
	return u, entry, read.err()
}

// hostList are the hosts by name; active are those that the state says are, where it says so.
func (m *upgradeModel) hostList(read *reader) []declare.UpgradeHost {
	var hosts []declare.UpgradeHost
	elements := m.Hosts.Elements()
	for _, name := range sortedKeys(elements) {
		value, ok := elements[name].(types.Object)
		if !ok {
			continue
		}
		h := object[upgradeHostModel](read, "hosts."+name, value)
		hosts = append(hosts, declare.UpgradeHost{
			Name: name, ID: h.ID.ValueString(), Role: h.Role.ValueString(), Active: orBool(h.Active, true), Strategy: orText(h.Strategy, declare.InPlace),
		})
	}
	return hosts
}

func (m *upgradeModel) storage(read *reader) *declare.Storage {
	s := object[storageModel](read, "storage", m.Storage)
	storage := &declare.Storage{
		Device: s.Device.ValueString(), Path: strings.TrimSuffix(s.Path.ValueString(), "/"), PreviousPath: strings.TrimSuffix(s.PreviousPath.ValueString(), "/"),
		Type: orText(s.Type, "auto"), Options: read.texts("storage.options", s.Options), Hosts: read.texts("storage.hosts", s.Hosts),
	}
	for _, part := range read.texts("storage.copy", s.Copy) {
		if clean := path.Clean("/" + part); clean == "/" || strings.HasPrefix(part, "/") || clean != "/"+strings.TrimSuffix(part, "/") {
			read.fail(about("storage", fmt.Errorf("storage.copy: %q is no path below storage.path", part)))
		}
		storage.Copy = append(storage.Copy, strings.TrimSuffix(part, "/"))
	}
	return storage
}

func (m *upgradeModel) estimates(read *reader) declare.UpgradeEstimates {
	e := object[upgradeEstimatesModel](read, "estimates", m.Estimates)
	get := func(name string, value types.String) time.Duration { return read.duration("estimates."+name, value) }
	return declare.UpgradeEstimates{
		Quiesce: get("quiesce", e.Quiesce), Stop: get("stop", e.Stop), Backup: get("backup", e.Backup), Mount: get("mount", e.Mount), Copy: get("copy", e.Copy),
		Install: get("install", e.Install), Start: get("start", e.Start), Recover: get("recover", e.Recover), Switch: get("switch", e.Switch),
		Validate: get("validate", e.Validate), Jobs: get("jobs", e.Jobs), Verify: get("verify", e.Verify),
	}
}

// mergeUpgrade adds a product's entry.
func mergeUpgrade(u *declare.Upgrade, entry *product.Entry) {
	for _, s := range entry.Services {
		u.Services = append(u.Services, declare.RoleService{Role: s.Role, Service: declare.Service{
			Name: s.Name, Start: s.Start, Stop: s.Stop, Status: s.Status, Units: s.Units, Ports: s.Ports, StopEstimate: s.StopEstimate, StartEstimate: s.StartEstimate,
		}})
	}
	u.StopOrder, u.StartOrder = entry.StopOrder, entry.StartOrder
	u.Ask, u.Proof, u.Export = entry.Version, entry.Proof, entry.Export
	for _, tree := range entry.Trees {
		if tree.Shared {
			u.Shared = append(u.Shared, tree.Path)
		}
	}
	if entry.Active != nil {
		u.Active = &declare.ActiveCommands{Role: entry.Active.Role, Status: entry.Active.Status, On: entry.Active.On, Off: entry.Active.Off}
	}
	for _, port := range entry.Ports {
		if port.Proto == "udp" || port.Role == product.RoleAdmin || slices.Contains(u.Ports, port.Number) {
			continue
		}
		u.Ports = append(u.Ports, port.Number)
		if port.Number == 25 || port.Number == 465 || port.Number == 587 {
			u.SMTPPorts = append(u.SMTPPorts, port.Number)
		}
	}
}

// upgradeFrom is the upgrade from what the state says serves to what is declared.
func (m *upgradeModel) upgradeFrom(products *product.Catalogue, was *upgradeModel) (declare.Upgrade, error) {
	u, entry, err := m.declaration(products)
	if err != nil {
		return u, err
	}
	from := was.Version.ValueString()
	versions, begun, err := m.path(entry, from)
	if err != nil {
		return u, err
	}
	u.Begun = begun
	var read reader
	serving := read.texts("active_hosts", was.ActiveHosts)
	for i := range u.Hosts {
		u.Hosts[i].Active = slices.Contains(serving, u.Hosts[i].Name)
	}
	if slices.Contains(serving, u.SwitchTo) {
		u.SwitchTo = ""
	}
	for _, version := range versions {
		hop, err := m.hop(entry, from, version)
		if err != nil {
			return u, err
		}
		u.Hops = append(u.Hops, hop)
		from = version
	}
	return u, errors.Join(read.err(), soundSwitch(u), estimated(u))
}

// path gives the versions that are still to be reached, and whether a declared hop has been made before.
func (m *upgradeModel) path(entry *product.Entry, from string) ([]string, bool, error) {
	var read reader
	to, declared := m.Version.ValueString(), read.texts("hops", m.Hops)
	if len(declared) == 0 {
		versions, err := entry.Path(from, to)
		if err != nil {
			err = about("version", fmt.Errorf("%w. Paths that the catalogue knows: %s", err, paths(entry)))
		}
		return versions, false, err
	}
	begin := slices.Index(declared, from) + 1
	end := slices.Index(declared, to)
	switch {
	case end < 0:
		return nil, false, about("version", fmt.Errorf("%s is none of hops (%s). Paths that the catalogue knows: %s", to, strings.Join(declared, ", "), paths(entry)))
	case end < begin:
		return nil, false, about("version", fmt.Errorf("%s serves, and %s comes before it: an upgrade does not go back. What a failed hop goes back to, it goes back to by itself", from, to))
	}
	return declared[begin : end+1], begin > 0, read.err()
}

func paths(entry *product.Entry) string {
	known := entry.PathsTo()
	if len(known) == 0 {
		return "none"
	}
	return strings.Join(known, ", ")
}

// hop is one step by the catalogue, if it and the strategies of all hosts are allowed.
func (m *upgradeModel) hop(entry *product.Entry, from, to string) (declare.Hop, error) {
	release, known := entry.Release(to)
	if !known || !slices.Contains(release.From, from) {
		return declare.Hop{}, about("hops", fmt.Errorf("%s knows no hop from %s to %s. Paths that the catalogue knows: %s", entry.Title, from, to, paths(entry)))
	}
	hop := declare.Hop{
		Version: to, From: from, FormatChange: release.FormatChange, ConvertsLate: release.Converts == product.ConvertsAtStart,
		Ready: release.Ready, Install: release.Install, Recover: release.Recover,
	}
	if before, known := entry.Release(from); known {
		hop.ReadyBack = before.Ready
	}
	for _, job := range release.Jobs {
		if len(job.From) == 0 || slices.Contains(job.From, from) {
			hop.Jobs = append(hop.Jobs, declare.HopJob{Name: job.Name, Command: job.Command, At: job.At, Roles: job.Roles, After: job.After})
		}
	}
	var errs []error
	if len(release.Install) == 0 || len(release.Recover) == 0 {
		errs = append(errs, about("hops", fmt.Errorf("the catalogue does not say how %s is installed, or how %s is installed again", to, from)))
	}
	if len(release.Ports) > 0 {
		errs = append(errs, about("hops", fmt.Errorf("%s needs lines in /etc/services, which is not supported yet; add them with mail_file, and use an entry of your own without them", to)))
	}
	var read reader
	for _, h := range m.hostList(&read) {
		errs = append(errs, allowed(entry, release, from, h))
	}
	return hop, errors.Join(errs...)
}

// allowed says why a host's strategy is not one of those that a release allows its role.
func allowed(entry *product.Entry, release *product.Release, from string, h declare.UpgradeHost) error {
	at := tfpath.Root("hosts").AtMapKey(h.Name).AtName("strategy")
	s, known := release.Strategy(h.Role, from)
	switch {
	case known && !slices.Contains(s.Allowed, h.Strategy):
		return within(at, fmt.Errorf("%s for %s, from %s to %s: %s is not allowed; %s is%s", entry.Title, h.Role, from, release.Version, h.Strategy, strings.Join(s.Allowed, ", "), because(s.Why)))
	case h.Strategy != declare.InPlace:
		return within(at, fmt.Errorf("%s is not supported yet; %s is", h.Strategy, declare.InPlace))
	}
	return nil
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ", because " + why
}
