package compile

import (
	"net/netip"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// exchange gives each side the other one's host name and address. What names them changes first, since the last step takes the addresses away under the
// connections: both sides do it at the same time, the source first. The source's is for good (its undo gives it back), the target's until its next boot.
func (m *mover) exchange() {
	given, got := m.c.Identity.Exchanged()
	var before []string
	add := func(ops ...runbook.Operation) {
		for _, op := range ops {
			m.add(op)
			before = append(before, op.ID)
		}
	}
	add(operation.KeepAddress(m.source, runbook.Identity, got))
	names := m.c.Identity.Hostnames
	add(operation.SetHostname(m.source, runbook.Identity, names.New), operation.SetHostname(m.target, runbook.Identity, names.Old))
	if globs := m.c.Identity.RewriteIn; len(globs) > 0 {
		var trees, sets []string
		for _, s := range m.c.Syncs {
			for _, t := range operation.Trees(s) {
				trees = append(trees, t.To)
			}
		}
		for _, f := range m.c.Files {
			sets = append(sets, f.Name)
		}
		add(operation.RewriteIdentity(m.source, runbook.Identity, globs, exchanged(m.c), nil, nil),
			operation.RewriteIdentity(m.target, runbook.Identity, globs, exchanged(m.c), trees, sets))
	}
	for _, a := range m.c.Identity.Addresses {
		if a == given {
			continue
		}
		drop := operation.DropAddress(m.source, runbook.Identity, a)
		take := operation.TakeAddress(m.target, runbook.Identity, a)
		take.Needs = []string{drop.ID}
		add(drop, take)
	}
	give, take := operation.ExchangeAddress(m.source, runbook.Identity, given, got, true), operation.ExchangeAddress(m.target, runbook.Identity, got, given, false)
	give.Needs, take.Needs = before, before
	m.add(give, take)
}

// letGo makes the committed target forget the address that it gave up, at boot too, once it keeps those that it got.
func (m *mover) letGo(committed string) {
	if m.c.Identity.Mode != declare.Exchange {
		return
	}
	_, got := m.c.Identity.Exchanged()
	drop := operation.DropAddress(m.target, runbook.Commit, got)
	drop.Needs = []string{committed}
	for _, a := range m.c.Identity.Addresses {
		drop.Needs = append(drop.Needs, operation.KeepAddress(m.target, runbook.Commit, a).ID)
	}
	m.add(drop)
}

// search tells what still has the names and addresses that each side had before.
func (m *mover) search() {
	if m.c.Identity.Mode != declare.Exchange {
		return
	}
	what, globs := exchanged(m.c), m.c.Identity.RewriteIn
	m.add(
		operation.SearchLeftovers(m.source, runbook.Jobs, globs, what, what.Hostnames.Old, what.Addresses[0]),
		operation.SearchLeftovers(m.target, runbook.Jobs, globs, what, what.Hostnames.New, what.Addresses[1]),
	)
}

// exchangedStands: while the target serves, each side has the address and the name that it got.
func (m *mover) exchangedStands(serving, passive operation.Party) {
	_, got := m.c.Identity.Exchanged()
	if got == "" || m.c.Active != declare.Target {
		return
	}
	names := m.c.Identity.Hostnames
	m.add(
		operation.DropAddress(serving, runbook.Change, got), operation.TakeAddress(passive, runbook.Change, got), operation.KeepAddress(passive, runbook.Change, got),
		operation.SetHostname(serving, runbook.Change, names.Old), operation.SetHostname(passive, runbook.Change, names.New),
	)
}

func exchanged(c declare.Cutover) operation.Exchanged {
	given, got := c.Identity.Exchanged()
	number := func(a string) string { plain, _, _ := strings.Cut(a, "/"); return plain }
	return operation.Exchanged{Hostnames: c.Identity.Hostnames, Addresses: [2]string{number(given), number(got)}}
}

// exchangeable reports what an exchange lacks.
func exchangeable(i declare.Identity) string {
	given, got := i.Exchanged()
	park, err := netip.ParsePrefix(got)
	switch {
	case i.Hostnames.Old == "" || i.Hostnames.New == "":
		return "hostnames"
	case err != nil || !park.Addr().Is4():
		return "an IPv4 park_address: the one that the target gives up"
	case given == "":
		return "an IPv4 address of the service: the one that the source gives up"
	case given == got:
		return "two addresses: addresses and park_address are the same"
	}
	return ""
}
