package executor

import (
	"fmt"
	"slices"
	"strings"
)

// ways are the addresses at which hosts are looked for.
func (c *Controller) ways(ids ...string) map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ways := map[string][]string{}
	for _, id := range ids {
		ways[id] = c.endpoints[id].Addresses
	}
	return ways
}

// exchangeFits: each side has what it is to give, is found at what it gets, and can hear whether that is free.
func (p *preflight) exchangeFits() []Finding {
	given, got := p.d.Identity.Exchanged()
	if got == "" {
		return nil
	}
	names := p.d.Identity.Hostnames
	found := append(p.target.gives(got, given), p.exchanges(p.source, p.d.Source, given, got, names.Old)...)
	return append(found, p.exchanges(p.target, p.d.Target, got, given, names.New)...)
}

func (p *preflight) exchanges(l *looked, id, has, gets, name string) []Finding {
	var found []Finding
	block := func(code, summary, detail, next string) {
		found = append(found, Finding{Blocks, code, summary, detail, next})
	}
	if l.answers["network."+has+".here"] != "yes" {
		block("P047", "The "+l.role+" has not got "+has, "Its addresses are "+l.answers["addresses"]+".",
			"Correct identity: addresses are the source's, park_address is the target's.")
	}
	if is := l.answers["hostname"]; is != name {
		block("P048", "The "+l.role+" has another name", fmt.Sprintf("It is %q, and identity.hostnames says %q.", is, name),
			"Correct identity.hostnames: old is the name of the side that serves, new that of the other one, as uname -n prints them.")
	}
	if l.answers["tool.arping"] == "" {
		block("P049", "The "+l.role+" lacks arping", "By it a host without an address hears whether the one that it is to get is free.", "Install arping (or iputils-arping).")
	}
	number, _, _ := strings.Cut(gets, "/")
	now, _, _ := strings.Cut(has, "/")
	others := slices.DeleteFunc(slices.Clone(p.ways[id]), func(a string) bool { return a == now })
	elsewhere := slices.ContainsFunc(others, func(a string) bool { return isAddress(strings.Trim(a, "[]")) })
	if !elsewhere { // neither where it will be, nor at an address that stays
		f := Finding{
			Blocks, "P051", "The " + l.role + " would not be found any more", fmt.Sprintf("It gets %s, and its mail_host looks for it at %s.", number, strings.Join(p.ways[id], ", ")),
			"Add " + number + " to the addresses of its mail_host: each host has a key of its own, so both may list both.",
		}
		if len(others) > 0 {
			f.Grade = Warns // a name may lead there by then
		}
		found = append(found, f)
	}
	return found
}
