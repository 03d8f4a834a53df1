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
	if p.d.Identity.Mode != "take_over" || p.d.Identity.ParkAddress != "" {
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
		if p.source.answers["network."+address+".here"] != "yes" || p.source.answers["network."+address+".boot"] != "" {
			continue
		}
		if other := p.source.answers["network."+address+".other"]; other != "" {
			found = append(found, Finding{
				Blocks, "P043", "A boot would give " + address + " back to the source", "It is in " + other + ", which is not systemd-networkd's and stays as it is.",
				"Give the address by a file in /etc/systemd/network, or take it out there right before the move.",
			})
			continue
		}
		found = append(found, Finding{Warns, "P044", "Nothing seems to give " + address + " to the source at boot", "No file of systemd-networkd has it.", "If something else does, the source would take it again at its next boot: look."})
	}
	if park := p.d.Identity.ParkAddress; park != "" && p.d.Identity.Mode == "take_over" {
		found = append(found, p.source.keeps(park)...)
	}
	return found
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
	if l.answers["network."+address+".networkd"] == "" {
		return []Finding{{
			Blocks, "P042", "systemd-networkd does not manage " + device + " of the " + l.role, "So " + address + " would be lost at its next boot.",
			"Let systemd-networkd set that device up.",
		}}
	}
	return nil
}

// namesFit: clients that come by IPv6 find the service where those that come by IPv4 do.
func (p *preflight) namesFit() []Finding {
	if p.d.Identity.Mode != "take_over" {
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
