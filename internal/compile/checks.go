package compile

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// checks asks the service behind the target's fence.
func (m *mover) checks() {
	for _, c := range m.c.Checks {
		c.Behind = m.target.ID
		m.check(c)
	}
}

func (m *mover) check(c declare.Check) {
	op, err := operation.CheckService(runbook.Checks, c, m.party(c.From))
	m.made(op, err)
}

// helpers lists the hosts from which checks are made, apart from the target: its own connections pass its fence anyway.
func (m *mover) helpers(checks []declare.Check) []operation.Party {
	var ids []string
	for _, c := range checks {
		if c.From != "" && c.From != m.target.ID && !slices.Contains(ids, c.From) {
			ids = append(ids, c.From)
		}
	}
	var parties []operation.Party
	for _, id := range ids {
		parties = append(parties, m.party(id))
	}
	return parties
}

// passages lets checks from other hosts pass the fence that the target raises after it. It returns the ids to wait for.
func (m *mover) passages(checks []declare.Check, rehearsed bool) []string {
	var done []string
	for _, from := range m.helpers(checks) {
		var hosts []string
		own := false
		for _, c := range checks {
			if c.From != from.ID {
				continue
			}
			own = own || rehearsed || len(c.Own) > 0
			for _, host := range append(c.Hosts(), m.asked(c)...) {
				if !slices.Contains(hosts, host) && !slices.Contains(c.Own, host) {
					hosts = append(hosts, host)
				}
			}
		}
		open := operation.OpenPassage(from, m.target, runbook.Arm, m.c.Window.ConfirmWithin+loanFor, m.c.Ports, hosts, own)
		admit := operation.AdmitChecks(m.target, from, runbook.Arm)
		m.add(open, admit)
		done = append(done, admit.ID)
	}
	return done
}

// asked is where a command asks: it does not say so, so it is the service's addresses.
func (m *mover) asked(c declare.Check) []string {
	if c.Kind != "command" || len(c.Own) > 0 {
		return nil
	}
	var hosts []string
	for _, address := range serviceAddresses(m.c) {
		hosts = append(hosts, address.String())
	}
	return hosts
}

func serviceAddresses(c declare.Cutover) []netip.Addr {
	var addresses []netip.Addr
	if c.Identity.Mode == declare.DNS {
		return ledTo(c.Identity.DNS)
	}
	for _, text := range c.Identity.Moving() {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			addresses = append(addresses, prefix.Addr())
		}
	}
	return addresses
}

// Rehearsed divides the checks of a cutover into those that a rehearsal makes, as it makes them, and the names of those it leaves out. Where a check asks
// at the service, the target's own address takes the service's place. Left out is what can only hold after the move: refusals elsewhere, and commands
// that do not name the service's address, so that nobody knows whom they ask.
func Rehearsed(c declare.Cutover) ([]declare.Check, []string) {
	var made []declare.Check
	var left []string
	kept := slices.ContainsFunc(c.Syncs, func(s declare.Sync) bool { return !s.Delete })
	for _, check := range c.Checks {
		check.Behind = c.Target
		check.Own = stoodIn(c, check)
		if c.Identity.Mode == declare.DNS && check.Kind == "dns" && asksFor(c.Identity.DNS, check) {
			left = append(left, check.Name)
			continue
		}
		if len(check.Own) == 0 && (check.Refused || check.Kind == "command") {
			left = append(left, check.Name)
			continue
		}
		if check.Kind == "deliver" && kept {
			// A message would stay in a tree from which no later pass deletes it: it is only offered.
			check.Kind = "smtp"
			check.Expect = strings.Fields(check.Expect + " ")[0]
		}
		made = append(made, check)
	}
	return made, left
}

// stoodIn lists what in a check stands for the service: its addresses, and names, except those of name servers.
func stoodIn(c declare.Cutover, check declare.Check) []string {
	var own []string
	service := serviceAddresses(c)
	for _, address := range service {
		if slices.ContainsFunc(check.Command, func(word string) bool { return declare.Mentions(word, address) }) {
			own = append(own, address.String())
		}
	}
	for _, host := range check.Hosts() {
		address, err := netip.ParseAddr(host)
		switch {
		case err == nil && slices.Contains(service, address):
			own = append(own, address.String())
		case err != nil && check.Kind != "dns":
			own = append(own, host)
		}
	}
	return own
}
