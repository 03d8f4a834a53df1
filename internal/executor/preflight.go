package executor

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// Grades of findings.
const (
	Blocks  = "blocks"
	Warns   = "warns"
	Informs = "informs"
)

// clockTolerance: a greater difference of the hosts' clocks is worth a word.
const clockTolerance = 5 * time.Second

// looked is what preflight sees of one host.
type looked struct {
	role    string
	answers map[string]string
	at      time.Time
	err     error
}

// preflight is what is judged: a declaration and what its hosts say.
type preflight struct {
	d              declare.Cutover
	ways           map[string][]string // host id => addresses at which its mail_host looks for it
	trees          []operation.Tree
	source, target *looked
	helpers        []*looked // hosts from which checks are made
	now            time.Time
}

// Preflight looks at the hosts of a cutover before anything is changed, and says everything it finds at once.
func (c *Controller) Preflight(ctx context.Context, d declare.Cutover) ([]Finding, error) {
	p := &preflight{d: d, ways: c.ways(d.Source, d.Target), source: &looked{role: declare.Source}, target: &looked{role: declare.Target}, now: time.Now()}
	for _, s := range d.Syncs {
		p.trees = append(p.trees, operation.Trees(s)...)
	}
	var group sync.WaitGroup
	group.Go(func() { c.lookAt(ctx, p, p.source, d.Source) })
	group.Go(func() { c.lookAt(ctx, p, p.target, d.Target) })
	for _, id := range checkHosts(d) {
		helper := &looked{role: "host " + id}
		p.helpers = append(p.helpers, helper)
		group.Go(func() { c.lookAtHelper(ctx, helper, id) })
	}
	group.Wait()
	if p.source.err == nil && p.target.err == nil {
		c.lookForOwners(ctx, p)
	}
	return p.findings(), nil
}

// findings judges. Where a side is away, nothing else can be told.
func (p *preflight) findings() []Finding {
	var found []Finding
	for _, side := range []*looked{p.source, p.target} {
		if side.err != nil {
			found = append(found, Finding{Blocks, "P001", "The " + side.role + " cannot be reached", side.err.Error(), "Make it reachable by SSH, or correct its mail_host."})
		}
	}
	found = append(found, p.helpersFit()...)
	if p.source.err != nil || p.target.err != nil {
		return found
	}
	for _, judge := range []func() []Finding{
		p.sameProduct, p.tools, p.treesFit, p.roomFits, p.ownersFit, p.addressesFit, p.networkFits, p.exchangeFits, p.namesFit, p.certificatesFit, p.clocks,
	} {
		found = append(found, judge()...)
	}
	return found
}

// checkHosts lists the hosts from which checks are made, apart from the two sides.
func checkHosts(d declare.Cutover) []string {
	var ids []string
	for _, check := range d.Checks {
		if check.From != "" && check.From != d.Source && check.From != d.Target && !slices.Contains(ids, check.From) {
			ids = append(ids, check.From)
		}
	}
	return ids
}

// lookAt asks one side everything that does not depend on the other one's answers.
func (c *Controller) lookAt(ctx context.Context, p *preflight, side *looked, id string) {
	h, err := c.host(id)
	if err != nil {
		side.err = err
		return
	}
	d := p.d
	side.answers, side.err = c.look(ctx, h, "look_product", shell.Quote(d.Version...), shell.Quote(d.ExternalURL...), shell.Quote(d.SetUp...), shell.Quote(d.Subscription...))
	side.at = time.Now()
	trees := []string{"look_trees"}
	for _, t := range p.trees {
		if side.role == declare.Source {
			trees = append(trees, t.From)
		} else {
			trees = append(trees, t.To)
		}
	}
	network := append([]string{"look_network"}, movedAddresses(d)...)
	if park := d.Identity.ParkAddress; park != "" && (side.role == declare.Source || d.Identity.Mode == declare.Exchange) {
		network = append(network, park)
	}
	for _, call := range [][]string{
		trees, network, append([]string{"look_certificates"}, d.Certificates...), append([]string{"look_names"}, serviceNames(d, side.answers["external_url"])...),
	} {
		if side.err != nil || len(call) == 1 {
			continue
		}
		var more map[string]string
		more, side.err = c.look(ctx, h, call...)
		maps.Copy(side.answers, more)
	}
}

func (c *Controller) lookAtHelper(ctx context.Context, helper *looked, id string) {
	h, err := c.host(id)
	if err != nil {
		helper.err = err
		return
	}
	helper.answers, helper.err = c.look(ctx, h, "cmd_facts")
	helper.role = strings.Join(knownAddresses(h), " or ")
}

// lookForOwners asks the target for the owners of the source's trees.
func (c *Controller) lookForOwners(ctx context.Context, p *preflight) {
	users, groups := p.owners("users"), p.owners("groups")
	for _, s := range p.d.Syncs {
		users, groups = append(users, mapTargets(s.Usermap)...), append(groups, mapTargets(s.Groupmap)...)
	}
	if len(users)+len(groups) == 0 {
		return
	}
	h, err := c.host(p.d.Target)
	if err != nil {
		p.target.err = err
		return
	}
	var more map[string]string
	more, p.target.err = c.look(ctx, h, "look_owners", strings.Join(users, " "), strings.Join(groups, " "))
	maps.Copy(p.target.answers, more)
}

// movedAddresses are the addresses that go from host to host, with their prefixes.
func movedAddresses(d declare.Cutover) []string {
	return slices.Clone(d.Identity.Moving())
}

// serviceNames are the names by which clients know the service: that of the product's external URL, and those in checks.
func serviceNames(d declare.Cutover, external string) []string {
	var names []string
	add := func(name string) {
		if name != "" && !isAddress(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if u, err := url.Parse(external); err == nil {
		add(u.Hostname())
	}
	for _, check := range d.Checks {
		if check.Kind == "dns" {
			continue
		}
		for _, host := range check.Hosts() {
			add(host)
		}
	}
	return names
}

func (p *preflight) clocks() []Finding {
	a, b := number(p.source.answers["clock"]), number(p.target.answers["clock"])
	difference := time.Duration(a-b)*time.Second - p.source.at.Sub(p.target.at).Round(time.Second)
	if difference.Abs() <= clockTolerance {
		return nil
	}
	return []Finding{{Warns, "P050", "The hosts' clocks differ", "by " + difference.Abs().String(), "Set them by NTP."}}
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// list writes things down, the first of many.
func list(things []string) string {
	const most = 8
	if len(things) > most {
		return strings.Join(things[:most], "; ") + fmt.Sprintf("; and %d more", len(things)-most)
	}
	return strings.Join(things, "; ")
}
