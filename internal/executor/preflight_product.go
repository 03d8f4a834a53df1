package executor

import (
	"fmt"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

func (p *preflight) sameProduct() []Finding {
	var found []Finding
	for _, side := range []*looked{p.source, p.target} {
		if code, failed := side.answers["version.failed"]; failed {
			found = append(found, Finding{Blocks, "P010", "The product does not answer its version on the " + side.role, "exit code " + code, "Is it installed there?"})
		}
		if _, failed := side.answers["set_up.failed"]; failed {
			found = append(found, Finding{Blocks, "P013", "The product's first set-up has not been run on the " + side.role, "", "Run it there first."})
		}
		if _, failed := side.answers["subscription.failed"]; failed && side.role == declare.Target {
			found = append(found, Finding{Blocks, "P014", "The product has no valid subscription on the target", "", "Install one for its operating system."})
		}
	}
	// Where not everything goes back as it is, no side reads the other's formats.
	if a, b := p.source.answers["version"], p.target.answers["version"]; a != b && p.d.Exact() {
		found = append(found, Finding{Blocks, "P011", "The versions differ", fmt.Sprintf("source %s, target %s", a, b), "Bring both to the same version first."})
	}
	if a, b := p.source.answers["external_url"], p.target.answers["external_url"]; a != b {
		found = append(found, Finding{Blocks, "P012", "The external URLs differ", fmt.Sprintf("source %s, target %s", a, b), "Give the target the source's external URL."})
	}
	return found
}

func (p *preflight) tools() []Finding {
	var found []Finding
	for _, need := range []struct {
		side *looked
		tool string
		why  string
	}{
		{p.source, "rsync", "to send what travels"},
		{p.target, "rsync", "to fetch what travels"},
		{p.target, "ssh", "to reach the source"},
		{p.source, "ssh", "to ask the target before it takes service back"},
		{p.source, "nft", "to keep clients out while nothing is served"},
		{p.target, "nft", "to keep clients out while nothing is served"},
		{p.source, "ss", "to see open connections"},
	} {
		if _, there := need.side.answers["tool."+need.tool]; !there {
			found = append(found, Finding{Blocks, "P020", fmt.Sprintf("%s is not on the %s", need.tool, need.side.role), "It is needed " + need.why + ".", "Install it there."})
		}
	}
	for _, side := range []*looked{p.source, p.target} {
		if side.answers["init"] != "systemd" {
			found = append(found, Finding{Blocks, "P021", "The " + side.role + " has no systemd", "The timer that takes a move back without us needs it.", ""})
		}
	}
	return found
}

// helpersFit: checks from other hosts must be able to pass the fence.
func (p *preflight) helpersFit() []Finding {
	var found []Finding
	for _, helper := range p.helpers {
		if helper.err != nil {
			found = append(found, Finding{Blocks, "P002", "A host that checks are made from cannot be reached", helper.err.Error(), "Make it reachable by SSH, or make the checks from elsewhere."})
			continue
		}
		if _, there := helper.answers["tool.nft"]; !there {
			found = append(found, Finding{Blocks, "P020", "nft is not on " + helper.role, "It is needed to let the checks that are made from there pass the fence.", "Install it there, or make the checks from elsewhere."})
		}
	}
	return found
}
