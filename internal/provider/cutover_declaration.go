package provider

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

// declaration is what the cutover declares, with the product's entry merged in.
func (m *cutoverModel) declaration(products *product.Catalogue) (declare.Cutover, error) {
	var read reader
	c := declare.Cutover{
		Name: m.Name.ValueString(), Source: m.Source.ValueString(), Target: m.Target.ValueString(), Active: m.Active.ValueString(),
		Product: m.Product.ValueString(), LateMail: orText(m.LateMail, "refuse"), Checks: read.checks(m.Checks),
		StopOrder: read.ranks("stop_order", m.StopOrder), StartOrder: read.ranks("start_order", m.StartOrder),
		Quiesce: read.placed("quiesce", m.Quiesce), Rehearse: orBool(m.Rehearse, false), Finalized: orBool(m.Finalized, false),
		HoldBefore: m.HoldBefore.ValueString(), OnDestroy: orText(m.OnDestroy, "refuse"),
	}
	m.travels(&read, &c)
	m.bounds(&read, &c)
	c.Identity = read.identity(m.Identity)
	for _, job := range objects[jobModel](&read, "jobs", m.Jobs) {
		c.Jobs = append(c.Jobs, declare.Job{Host: job.Host.ValueString(), Command: read.texts("jobs", job.Command), BeforeOpen: orBool(job.BeforeOpen, false)})
	}
	read.fail(complete(c))
	if c.Product != "" {
		entry, err := products.Entry(c.Product)
		read.fail(about("product", err))
		if err == nil {
			merge(&c, entry)
		}
	}
	return c, read.err()
}

// travels reads what moves.
func (m *cutoverModel) travels(read *reader, c *declare.Cutover) {
	for _, parts := range objects[syncParts](read, "syncs", m.Syncs) {
		c.Syncs = append(c.Syncs, read.sync(parts))
	}
	for _, parts := range objects[dumpParts](read, "dumps", m.Dumps) {
		dump := read.dump(parts)
		dump.Password = dump.Password || dump.User != "" && !m.PasswordsVersion.IsNull()
		c.Dumps = append(c.Dumps, dump)
	}
	for _, parts := range objects[fileSetParts](read, "files", m.Files) {
		c.Files = append(c.Files, read.fileSet(parts))
	}
	c.Unwatched = patterns(read.texts("unwatched", m.Unwatched))
	for _, parts := range objects[accountsParts](read, "accounts", m.Accounts) {
		c.Accounts = append(c.Accounts, read.accounts(parts))
	}
}

// bounds reads times and choices.
func (m *cutoverModel) bounds(read *reader, c *declare.Cutover) {
	estimates := object[estimatesModel](read, "estimates", m.Estimates)
	c.Estimates = declare.Estimates{Stop: read.duration("estimates.stop", estimates.Stop), Start: read.duration("estimates.start", estimates.Start)}
	window := object[windowModel](read, "window", m.Window)
	c.Window = declare.Window{
		NotBefore: window.NotBefore.ValueString(), NotAfter: window.NotAfter.ValueString(),
		OutageBudget:  read.duration("window.outage_budget", window.OutageBudget),
		ConfirmWithin: read.duration("window.confirm_within", window.ConfirmWithin),
		Drain:         read.duration("window.drain", window.Drain),
	}
	failure := object[onFailureModel](read, "on_failure", m.OnFailure)
	c.OnFailure = declare.OnFailure{Action: orText(failure.Action, "back_out"), CarryBack: orText(failure.CarryBack, "exact")}
}

// complete reports what objects that were passed leave out though it is needed: their attributes cannot be required, since a whole resource
// object is unknown during validation.
func complete(c declare.Cutover) error {
	var errs []error
	need := func(ok bool, attribute, format string, args ...any) {
		if !ok {
			errs = append(errs, about(attribute, fmt.Errorf(format, args...)))
		}
	}
	pair := func(kind string, at int, source, target string) {
		need(source == c.Source && target == c.Target, kind, "%s[%d] goes from %q to %q, not from the cutover's source to its target", kind, at, source, target)
	}
	for i, s := range c.Syncs {
		pair("syncs", i, s.Source, s.Target)
		need(len(s.Paths) > 0, "syncs", "syncs[%d] has no paths", i)
	}
	for i, d := range c.Dumps {
		pair("dumps", i, d.Source, d.Target)
		need(d.Engine != "" && len(d.Databases) > 0, "dumps", "dumps[%d] has no engine or no databases", i)
	}
	for i, f := range c.Files {
		pair("files", i, f.Source, f.Target)
		need(len(f.Paths) > 0, "files", "files[%d] has no paths", i)
	}
	for i, a := range c.Accounts {
		pair("accounts", i, a.Source, a.Target)
		need(a.UIDFrom <= a.UIDTo, "accounts", "accounts[%d] has a uid_range that begins at %d, above its end %d", i, a.UIDFrom, a.UIDTo)
		twice := slices.ContainsFunc(c.Accounts[:i], func(other declare.Accounts) bool { return other.UIDFrom <= a.UIDTo && a.UIDFrom <= other.UIDTo })
		need(!twice, "accounts", "accounts[%d] has user ids of an earlier one in its uid_range", i)
	}
	for i, j := range c.Jobs {
		need(j.Host != "" && len(j.Command) > 0, "jobs", "jobs[%d] has no host or no command", i)
	}
	need(c.Source != c.Target, "target", "source and target are the same host")
	return errors.Join(errs...)
}

// placed reads services on hosts.
func (r *reader) placed(name string, list types.List) []declare.Placed {
	var out []declare.Placed
	for _, p := range objects[placedModel](r, name, list) {
		out = append(out, declare.Placed{Host: p.Host.ValueString(), Service: p.Service.ValueString()})
	}
	return out
}

// ranks reads a list of lists of services.
func (r *reader) ranks(name string, list types.List) [][]declare.Placed {
	var out [][]declare.Placed
	for _, element := range list.Elements() {
		rank, ok := element.(types.List)
		if !ok {
			r.fail(fmt.Errorf("%s: a rank is no list", name))
			continue
		}
		if placed := r.placed(name, rank); len(placed) > 0 {
			out = append(out, placed)
		}
	}
	return out
}

// merge adds a product's entry to what the user declares; what he says himself stays.
func merge(c *declare.Cutover, entry *product.Entry) {
	c.Services = make(map[string]declare.Service, len(entry.Services))
	for _, s := range entry.Services {
		c.Services[s.Name] = declare.Service{
			Name: s.Name, Start: s.Start, Stop: s.Stop, Status: s.Status, Units: s.Units, Ports: s.Ports,
			StopEstimate: s.StopEstimate, StartEstimate: s.StartEstimate,
		}
	}
	if len(c.StopOrder) == 0 {
		c.StopOrder = place(entry.StopOrder, c.Source)
	}
	if len(c.StartOrder) == 0 {
		c.StartOrder = place(entry.StartOrder, c.Target)
	}
	timed(c, entry.Timers)
	for _, port := range entry.Ports {
		if port.Proto == "udp" || slices.Contains(c.Ports, port.Number) {
			continue
		}
		c.Ports = append(c.Ports, port.Number)
		if port.Number == 25 || port.Number == 465 || port.Number == 587 {
			c.SMTPPorts = append(c.SMTPPorts, port.Number)
		}
	}
	if entry.Queue != nil {
		c.Queue = &declare.Queue{Kind: entry.Queue.Kind, Directory: entry.Queue.Directory, Service: queueService(entry)}
	}
	c.Store, c.Passing = store(entry.Mailboxes), passing(entry)
	for _, group := range entry.Files {
		c.Unwatched = append(c.Unwatched, patterns(group.Unwatched)...)
	}
	c.Version, c.ExternalURL, c.SetUp, c.Subscription = entry.Version, entry.ExternalURL, entry.SetUp, entry.Subscription
	c.Certificates = entry.Certificates
	for i := range c.Syncs {
		c.Syncs[i].Volatile = volatile(entry.Volatile, c.Syncs[i].Paths)
	}
	var before []declare.Job
	for _, job := range entry.BeforeOpen {
		before = append(before, declare.Job{Host: c.Target, Command: job.Command, BeforeOpen: true})
	}
	c.Jobs = append(before, c.Jobs...)
}
