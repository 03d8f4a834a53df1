package compile

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// The records change after the commit, and the fence's opening: before it they would lead to a side that may still give up, and no timer could take that
// back without a key. Whoever holds the old ones meanwhile reaches a side that refuses, or relays.

// byDNS reports whether records of a zone lead to the side that serves.
func (m *mover) byDNS() bool { return m.c.Identity.Mode == declare.DNS && m.c.Identity.DNS != nil }

// back reports whether service goes back to the side that was declared as the source.
func (m *mover) back() bool { return m.c.Active == declare.Source }

// made adds an operation on records, and gives its id.
func (m *mover) made(op runbook.Operation, err error) string {
	if err != nil {
		m.err = err
		return ""
	}
	m.add(op)
	return op.ID
}

// lowered reports whether the cutover declares TTLs, which it then lowers, and puts back when it is finalized.
func lowered(d declare.DNSUpdate) bool {
	return slices.ContainsFunc(d.Records, func(r declare.Record) bool { return r.TTL > 0 })
}

// knowRecords proves the key before anything else, and writes down, or reads, what the records are without the move. A TTL that is too high is lowered
// before the bulk comes over: whoever waits for it to run out would have to bring that twice.
func (m *mover) knowRecords() {
	if !m.byDNS() {
		return
	}
	d := *m.c.Identity.DNS
	found := m.made(operation.FindRecords(runbook.Change, d))
	if m.back() {
		m.add(operation.RecallRecords(m.source, runbook.Change, m.c.Name))
		return
	}
	keep := operation.KeepRecords(m.target, runbook.Change, m.c.Name, found)
	m.add(keep)
	if lowered(d) {
		m.made(operation.LowerTTL(runbook.Change, d, keep.ID))
	}
}

// changeRecords leads clients to the target, which is open. Who has the old records for a while yet is not waited for; name servers are.
func (m *mover) changeRecords(open string) {
	if m.byDNS() {
		m.setRecords(runbook.Commit, m.records(), open)
	}
}

// seeRecords waits, online, until all name servers tell clients so; then what asks for the records is asked.
func (m *mover) seeRecords() {
	if !m.byDNS() {
		return
	}
	seen := m.awaitRecords(runbook.Jobs, m.records())
	for _, c := range m.later {
		op, err := operation.CheckService(runbook.Jobs, c, m.party(c.From))
		op.Needs = []string{seen}
		m.made(op, err)
	}
}

// records are what a move makes them.
func (m *mover) records() operation.Records {
	r := operation.Records{DNS: *m.c.Identity.DNS, As: operation.Declared}
	if m.back() {
		r.As, r.From = operation.Found, operation.RecallRecords(m.source, runbook.Change, m.c.Name).ID
	}
	return r
}

func (m *mover) setRecords(stage runbook.Stage, r operation.Records, after ...string) string {
	op, err := operation.SetRecords(stage, r)
	op.Needs = append(op.Needs, after...)
	return m.made(op, err)
}

func (m *mover) awaitRecords(stage runbook.Stage, r operation.Records, after ...string) string {
	op, err := operation.AwaitRecords(stage, r)
	op.Needs = append(op.Needs, after...)
	return m.made(op, err)
}

// keepRecords is what the records are while the target serves.
func (m *mover) keepRecords() {
	if !m.byDNS() || m.c.Active != declare.Target {
		return
	}
	r := operation.Records{DNS: *m.c.Identity.DNS, As: operation.Declared}
	if m.c.Finalized {
		r.As = operation.AnyTTL
	}
	m.awaitRecords(runbook.Change, r, m.setRecords(runbook.Change, r))
}

// raiseTTL puts the TTL back, once the way back is given up, and forgets what the records were.
func (m *mover) raiseTTL(serving operation.Party) {
	if !m.byDNS() || m.c.Active != declare.Target {
		return
	}
	drop := operation.DropRecords(serving, runbook.Change, m.c.Name)
	if d := *m.c.Identity.DNS; lowered(d) {
		recall := operation.RecallRecords(serving, runbook.Change, m.c.Name)
		m.add(recall)
		r := operation.Records{DNS: d, As: operation.FoundTTL, From: recall.ID}
		drop.Needs = []string{m.awaitRecords(runbook.Change, r, m.setRecords(runbook.Change, r))}
	}
	m.add(drop)
}

// turned divides the checks of a move by records. Names and addresses that the records lead to stand for the side that is about to serve, at its own address: its
// records change later. What asks for the records themselves can only hold then; on the way back the name servers are asked anyway.
func turned(c declare.Cutover) ([]declare.Check, []declare.Check) {
	if c.Identity.Mode != declare.DNS || c.Identity.DNS == nil {
		return c.Checks, nil
	}
	var before, after []declare.Check
	for _, check := range c.Checks {
		if check.Kind == "dns" && asksFor(c.Identity.DNS, check) {
			if c.Active == declare.Target {
				after = append(after, check)
			}
			continue
		}
		check.Own = recordsIn(c, check)
		before = append(before, check)
	}
	return before, after
}

// asksFor reports whether a check of kind dns asks for a declared record.
func asksFor(d *declare.DNSUpdate, check declare.Check) bool {
	fields := strings.Fields(check.Expect)
	return d != nil && len(fields) > 1 && slices.ContainsFunc(d.Records, func(r declare.Record) bool {
		return strings.EqualFold(r.Type, fields[1]) && d.Absolute(r.Name) == strings.ToLower(strings.TrimSuffix(fields[0], "."))+"."
	})
}

// recordsIn lists what in a check the records lead to.
func recordsIn(c declare.Cutover, check declare.Check) []string {
	if check.Kind == "dns" {
		return nil
	}
	return slices.DeleteFunc(stoodIn(c, check), func(host string) bool {
		if _, err := netip.ParseAddr(host); err == nil {
			return false
		}
		return !slices.ContainsFunc(c.Identity.DNS.Records, func(r declare.Record) bool {
			return c.Identity.DNS.Absolute(r.Name) == strings.ToLower(strings.TrimSuffix(host, "."))+"."
		})
	})
}

// ledTo are the addresses that the declared records lead to.
func ledTo(d *declare.DNSUpdate) []netip.Addr {
	var addresses []netip.Addr
	if d == nil {
		return nil
	}
	for _, r := range d.Records {
		if address, err := netip.ParseAddr(r.Value); err == nil {
			addresses = append(addresses, address)
		}
	}
	return addresses
}
