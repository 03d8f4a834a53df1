package executor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// addressesFit: the source must stay reachable after it gave its addresses up.
func (p *preflight) addressesFit() []Finding {
	if len(p.d.Identity.Moving()) == 0 || p.d.Identity.ParkAddress != "" {
		return nil
	}
	for _, a := range strings.Fields(p.source.answers["addresses"]) {
		if !slices.Contains(p.d.Identity.Addresses, a) {
			return nil
		}
	}
	return []Finding{{Blocks, "P040", "The source would have no address left", "identity takes all its addresses, and park_address is not given", "Give park_address."}}
}

// networkFits: the target can take every address, of either family, and a boot changes nothing of it on both sides.
func (p *preflight) networkFits() []Finding {
	var found []Finding
	for _, address := range movedAddresses(p.d) {
		found = append(found, p.target.keeps(address)...)
		if p.target.answers["network."+address+".here"] == "yes" && p.target.answers["network.fence"] != "up" {
			found = append(found, Finding{
				Blocks, "P046", "The target has " + address + " already", "No fence keeps clients out of it: some may be served there, and what it holds of theirs would be copied over.",
				"Look which side serves (terraform plan -refresh-only, rescue status). If it is the source, take the address from the target; if it is the target, declare that.",
			})
		}
		if p.source.answers["network."+address+".here"] == "yes" {
			found = append(found, p.source.gives(address, p.d.Identity.ParkAddress)...)
		}
	}
	if park := p.d.Identity.ParkAddress; park != "" && len(p.d.Identity.Moving()) > 0 {
		found = append(found, p.source.keeps(park)...)
	}
	return found
}

// gives: what gives the host an address at boot can be changed so that it does not.
func (l *looked) gives(address, park string) []Finding {
	boot, stuck, other := l.answers["network."+address+".boot"], l.answers["network."+address+".stuck"], l.answers["network."+address+".other"]
	switch {
	case boot != "" && stuck != "" && !leadsFrom(park, stuck):
		return []Finding{{
			Blocks, "P043", "A boot would give " + address + " back to the " + l.role, "It cannot be taken out of " + boot + ": " + stuck,
			"Write it there in a plain form, and give the " + l.role + " an address of its own in that network, or park_address.",
		}}
	case boot != "":
		return nil
	case other != "":
		return []Finding{{
			Blocks, "P043", "A boot would give " + address + " back to the " + l.role,
			"It is in " + other + ", which neither systemd-networkd nor ifupdown nor netplan reads here, and which stays as it is.",
			"Give the address by one of these three, or take it out there right before the move.",
		}}
	}
	by := "No file of systemd-networkd, ifupdown or netplan has it."
	if backend, file, ok := strings.Cut(l.answers["network."+address+".backend"], " "); ok {
		by = backend + " sets " + l.answers["network."+address+".device"] + " up (" + file + "), and has not got it."
	}
	return []Finding{{Warns, "P044", "Nothing seems to give " + address + " to the " + l.role + " at boot", by, "If something else does, the " + l.role + " would take it again at its next boot: look."}}
}

// leadsFrom: the router that an address is needed for is in the network of the address that the host gets in its place.
func leadsFrom(park, stuck string) bool {
	prefix, err := netip.ParsePrefix(park)
	_, after, found := strings.Cut(stuck, "the way to the router ")
	if err != nil || !found || strings.Count(stuck, ", line ") != 1 {
		return false
	}
	word, _, _ := strings.Cut(after, " ")
	router, err := netip.ParseAddr(word)
	return err == nil && prefix.Contains(router)
}

// keeps: the host can have the address, and keep it over a boot.
func (l *looked) keeps(address string) []Finding {
	device := l.answers["network."+address+".device"]
	if device == "" {
		return []Finding{{
			Blocks, "P041", "The " + l.role + " is not in the network of " + address, "None of its devices reaches that address without a router.",
			"Connect it, give it an address of that network first, or correct identity.",
		}}
	}
	if l.answers["network."+address+".backend"] == "" {
		return []Finding{{
			Blocks, "P042", "Nothing that is known here sets " + device + " of the " + l.role + " up at boot",
			"Neither systemd-networkd nor ifupdown nor netplan does, so " + address + " would be lost at its next boot.",
			"Let one of them set that device up.",
		}}
	}
	return nil
}

// namesFit: clients that come by IPv6 find the service where those that come by IPv4 do.
func (p *preflight) namesFit() []Finding {
	if len(p.d.Identity.Moving()) == 0 {
		return nil
	}
	declared := map[netip.Addr]bool{}
	for _, text := range p.d.Identity.Addresses {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			declared[prefix.Addr()] = true
		}
	}
	var found []Finding
	for _, name := range serviceNames(p.d, p.source.answers["external_url"]) {
		moves := false
		var stays []string
		for _, text := range strings.Fields(p.source.answers["name."+name] + " " + p.target.answers["name."+name]) {
			address, err := netip.ParseAddr(text)
			switch {
			case err != nil:
			case declared[address]:
				moves = true
			case address.Is6() && address.IsGlobalUnicast() && !slices.Contains(stays, text):
				stays = append(stays, text)
			}
		}
		if moves && len(stays) > 0 {
			found = append(found, Finding{
				Warns, "P045", "IPv6 clients would stay with the source", fmt.Sprintf("%s is %s too, which does not move.", name, strings.Join(stays, ", ")),
				"Add it to identity.addresses, or take the AAAA record out before the move.",
			})
		}
	}
	return found
}
