package compile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// upgrader compiles the hops of one upgrade. Everything that is offline is one line of ranks: each waits for the one before it.
type upgrader struct {
	u       declare.Upgrade
	ops     []runbook.Operation
	last    []string        // what the next rank waits for
	hop     string          // what goes back as one; empty: whatever goes back
	active  map[string]bool // names of the hosts whose services run
	arms    map[string][]string
	offline bool
	stage   runbook.Stage
	err     error
}

// whole marks an operation that goes back whichever hop does.
const whole = "*"

// Upgrade makes the hops of an upgrade in turn, then what the declaration adds: a host that stands by made active, and jobs online.
//
// A hop that fails is taken back by itself, in the reverse order of its operations over all hosts: the version before it is installed again, its backup
// restored, its services started. Hops that are proved stay.
func Upgrade(u declare.Upgrade) (runbook.Runbook, error) {
	if err := upgradable(u); err != nil {
		return runbook.Runbook{}, err
	}
	g := newUpgrader(u)
	ready := g.ready()
	for _, p := range u.Quiesce {
		g.step(u.Estimates.Quiesce, ranked(always(operation.StopService(g.elsewhere(p.Host), g.stage, declare.Service{Name: p.Service}))))
	}
	g.last = append(g.last, ready...)
	for i, hop := range u.Hops {
		g.make(hop, i == 0)
	}
	if u.SwitchTo != "" {
		g.switchOver()
	}
	g.online()
	if g.err != nil {
		return runbook.Runbook{}, g.err
	}
	r, err := finished(upgradeName(u), g.ops)
	r.Ordered = true
	return r, err
}

// upgradeName names a run after what it leads to: the way to another version begins a journal of its own.
func upgradeName(u declare.Upgrade) string {
	return "mail_upgrade." + operation.Name(u.Name) + ".to-" + operation.Name(u.Version)
}

func newUpgrader(u declare.Upgrade) *upgrader {
	g := &upgrader{u: u, active: map[string]bool{}, arms: map[string][]string{}, stage: runbook.Change}
	for _, h := range u.Hosts {
		g.active[h.Name] = h.Active
	}
	return g
}

func upgradable(u declare.Upgrade) error {
	for _, h := range u.Hosts {
		if h.Strategy != declare.InPlace {
			return fmt.Errorf("%w: strategy %q of %s is not supported yet; %s is", ErrDeclaration, h.Strategy, h.Name, declare.InPlace)
		}
	}
	for _, c := range u.Checks {
		if c.From != "" {
			return fmt.Errorf("%w: check %s: checks of an upgrade from another host are not supported yet; leave from out", ErrDeclaration, c.Name)
		}
	}
	if u.SwitchTo != "" && u.Active == nil {
		return fmt.Errorf("%w: switch_to: the product's entry does not say how a host becomes the active one", ErrDeclaration)
	}
	return nil
}

// step appends ranks of operations, each after the one before it. What the step takes as a whole is shared among its ranks; zero: each operation keeps
// what is expected of it.
func (g *upgrader) step(takes time.Duration, ranks ...[]runbook.Operation) {
	ranks = slices.DeleteFunc(ranks, func(rank []runbook.Operation) bool { return len(rank) == 0 })
	for i, rank := range ranks {
		share := takes / time.Duration(len(ranks))
		if share > time.Minute {
			share = share.Truncate(time.Minute) // as people write timetables
		}
		if i == len(ranks)-1 {
			share = takes - share*time.Duration(i)
		}
		var ids []string
		for _, op := range rank {
			if op.Hop == whole {
				op.Hop = ""
			} else if g.hop != "" {
				op.Hop = g.hop
				op.ID += "." + operation.Name(g.hop)
			}
			op.Needs = slices.Clone(g.last)
			op.Offline, op.Stage = g.offline, g.stage
			if takes > 0 {
				op.Estimate = share
			}
			g.ops = append(g.ops, op)
			ids = append(ids, op.ID)
		}
		g.last = ids
	}
}

func ranked(ops ...runbook.Operation) []runbook.Operation { return ops }

func always(op runbook.Operation) runbook.Operation {
	op.Hop = whole
	return op
}

// party is a host of the upgrade by its name; elsewhere, any host by its id.
func party(h declare.UpgradeHost) operation.Party {
	return operation.Party{ID: h.ID, Role: operation.Name(h.Name), Named: true}
}

func (g *upgrader) elsewhere(id string) operation.Party {
	for _, h := range g.u.Hosts {
		if h.ID == id {
			return party(h)
		}
	}
	return operation.Party{ID: id, Role: "host-" + operation.Name(id)}
}

// on makes an operation for each host that is chosen.
func (g *upgrader) on(chosen func(declare.UpgradeHost) bool, make func(operation.Party) runbook.Operation) []runbook.Operation {
	var ops []runbook.Operation
	for _, h := range g.u.Hosts {
		if chosen(h) {
			ops = append(ops, make(party(h)))
		}
	}
	return ops
}

func everyHost(declare.UpgradeHost) bool              { return true }
func (g *upgrader) serves(h declare.UpgradeHost) bool { return g.active[h.Name] }
func (s serviceOn) placed(h declare.UpgradeHost) bool {
	return s.service.Role == "" || s.service.Role == h.Role
}

func (g *upgrader) runs(s serviceOn) func(declare.UpgradeHost) bool {
	return func(h declare.UpgradeHost) bool { return g.serves(h) && s.placed(h) }
}

type serviceOn struct{ service declare.RoleService }

func (g *upgrader) service(name string) declare.RoleService {
	for _, s := range g.u.Services {
		if s.Name == name {
			return s
		}
	}
	return declare.RoleService{Service: declare.Service{Name: name}}
}

// ranks are the services of an order on the hosts that have them and serve; after adds what follows a rank.
func (g *upgrader) ranks(order [][]string, make func(operation.Party, declare.Service) runbook.Operation, after func(service string) []runbook.Operation) [][]runbook.Operation {
	var out [][]runbook.Operation
	for _, names := range order {
		var rank, following []runbook.Operation
		for _, name := range names {
			s := serviceOn{g.service(name)}
			rank = append(rank, g.on(g.runs(s), func(p operation.Party) runbook.Operation { return make(p, s.service.Service) })...)
			if after != nil {
				following = append(following, after(name)...)
			}
		}
		out = append(out, rank, following)
	}
	return out
}

func (g *upgrader) stops() [][]runbook.Operation {
	return g.ranks(g.u.StopOrder, func(p operation.Party, s declare.Service) runbook.Operation {
		return operation.StopService(p, g.stage, s)
	}, nil)
}

func (g *upgrader) starts(after func(string) []runbook.Operation) [][]runbook.Operation {
	return g.ranks(g.u.StartOrder, func(p operation.Party, s declare.Service) runbook.Operation {
		return operation.StartService(p, g.stage, s)
	}, after)
}

// keeper is the host that what all share is looked after from: of those that serve, the first that starts.
func (g *upgrader) keeper() declare.UpgradeHost {
	for _, name := range slices.Concat(g.u.StartOrder...) {
		for _, h := range g.u.Hosts {
			if h.Active && (serviceOn{g.service(name)}).placed(h) {
				return h
			}
		}
	}
	return g.u.Hosts[0]
}

// fenced are the hosts that clients reach.
func (g *upgrader) fenced(h declare.UpgradeHost) bool {
	return len(g.u.Ports) > 0 && g.serves(h) && slices.ContainsFunc(g.u.Services, func(s declare.RoleService) bool {
		return len(s.Ports) > 0 && serviceOn{s}.placed(h)
	})
}

// ready looks, beside what is quiesced, whether all versions on the way are at hand, the one that is gone back to too.
func (g *upgrader) ready() []string {
	before := g.last
	var looks []runbook.Operation
	for i, hop := range g.u.Hops {
		if i == 0 && len(hop.ReadyBack) > 0 {
			looks = append(looks, g.on(everyHost, func(p operation.Party) runbook.Operation {
				return operation.ProveReady(p, g.stage, hop.From, hop.ReadyBack)
			})...)
		}
		if len(hop.Ready) > 0 {
			looks = append(looks, g.on(everyHost, func(p operation.Party) runbook.Operation {
				return operation.ProveReady(p, g.stage, hop.Version, hop.Ready)
			})...)
		}
	}
	g.offline = false
	beside := time.Duration(0)
	if len(g.u.Quiesce) > 0 {
		beside = g.u.Estimates.Quiesce
	}
	g.step(beside, looks)
	ids := g.last
	g.last, g.offline = before, true
	return ids
}

// make compiles one hop.
func (g *upgrader) make(hop declare.Hop, first bool) {
	e := g.u.Estimates
	g.hop = hop.Version
	beside := hop.ConvertsLate && !first // what is backed up does not change before the start: the installation goes on meanwhile
	var fences []runbook.Operation
	if first {
		fences = g.on(g.fenced, func(p operation.Party) runbook.Operation {
			return always(operation.RaiseFence(p, g.stage, operation.FenceAll, g.u.Ports, g.u.SMTPPorts))
		})
	}
	exports := g.exports()
	stops := append([][]runbook.Operation{fences}, g.stops()...)
	if beside {
		stops = append(stops, exports) // by the version that wrote the data
		exports = nil
	}
	g.step(e.Stop, stops...)
	stopped := g.last
	g.step(e.Backup, append([][]runbook.Operation{exports}, g.backups()...)...)
	secured := g.last
	if first && !g.u.Begun && g.u.Storage != nil {
		g.storage(*g.u.Storage)
	}
	if beside {
		g.last = stopped
	}
	install := g.on(everyHost, func(p operation.Party) runbook.Operation {
		return operation.InstallVersion(p, g.stage, g.u.Product, hop, g.u.Ask)
	})
	g.step(e.Install, g.jobs(hop, declare.BeforeInstall, ""), install)
	if beside {
		g.last = append(slices.Clone(g.last), secured...)
	}
	g.start(hop, hop.Version == g.u.Version && g.u.SwitchTo == "")
}

// start starts a version that is installed, proves it and settles the hop.
func (g *upgrader) start(hop declare.Hop, final bool) {
	ranks := [][]runbook.Operation{g.jobs(hop, declare.BeforeStart, "")}
	ranks = append(ranks, g.starts(func(service string) []runbook.Operation { return g.jobs(hop, declare.AfterStart, service) })...)
	ranks = append(ranks, g.jobs(hop, declare.AfterStart, ""))
	proofs := g.proofs(hop.Version, true)
	if last := proofs[len(proofs)-1]; len(last) > 0 {
		last[len(last)-1].Recovery = g.u.Estimates.Recover
	}
	ranks = append(ranks, proofs...)
	ranks = append(ranks, g.jobs(hop, declare.AfterProof, ""))
	ranks = append(ranks, g.settled(hop.Version)...)
	if final {
		ranks = append(ranks, g.opening()...)
	}
	g.step(g.u.Estimates.Start, ranks...)
}

// proofs are that the version runs on each host and is well, and the user's checks.
func (g *upgrader) proofs(version string, behind bool) [][]runbook.Operation {
	proofs := g.on(g.serves, func(p operation.Party) runbook.Operation {
		return operation.ProveHop(p, g.stage, version, g.u.Ask, g.u.Proof)
	})
	var checks []runbook.Operation
	for _, c := range g.u.Checks {
		if behind {
			for _, h := range g.u.Hosts {
				if g.fenced(h) && c.Behind == "" {
					c.Behind = h.ID
				}
			}
		}
		op, err := operation.CheckService(g.stage, c, operation.Party{})
		if err != nil {
			g.err = err
			continue
		}
		checks = append(checks, op)
	}
	if len(checks) == 0 {
		return [][]runbook.Operation{proofs}
	}
	return [][]runbook.Operation{proofs, checks}
}

// settled is the one point from which a hop stays, on one host; then the others hear of it.
func (g *upgrader) settled(version string) [][]runbook.Operation {
	keeper := g.keeper()
	settle := func(p operation.Party) runbook.Operation {
		return operation.SettleHop(p, g.stage, g.u.Name, version, g.arms[p.ID])
	}
	return [][]runbook.Operation{
		ranked(settle(party(keeper))),
		g.on(func(h declare.UpgradeHost) bool { return h.ID != keeper.ID && len(g.arms[h.ID]) > 0 }, settle),
	}
}

// opening runs what must have run before clients come in, and lets them in.
func (g *upgrader) opening() [][]runbook.Operation {
	var before []runbook.Operation
	for _, j := range g.u.Jobs {
		if j.BeforeOpen {
			before = append(before, operation.RunJob(g.elsewhere(j.Host), g.stage, j.Command))
		}
	}
	return [][]runbook.Operation{before, g.on(g.fenced, func(p operation.Party) runbook.Operation { return operation.LowerFence(p, g.stage) })}
}

// jobs are those of a hop at one of its moments.
func (g *upgrader) jobs(hop declare.Hop, at, after string) []runbook.Operation {
	var ops []runbook.Operation
	for _, j := range hop.Jobs {
		if j.At != at || j.After != after {
			continue
		}
		ops = append(ops, g.on(func(h declare.UpgradeHost) bool {
			return g.serves(h) && (len(j.Roles) == 0 || slices.Contains(j.Roles, h.Role))
		}, func(p operation.Party) runbook.Operation {
			op := operation.RunJob(p, g.stage, j.Command)
			op.Sentence = j.Name + ": " + op.Sentence
			return op
		})...)
	}
	return ops
}

// switchOver makes the host that stands by the active one of its role, with everything stopped, and proves that it serves.
func (g *upgrader) switchOver() {
	g.hop = "switch"
	to, _ := g.u.Host(g.u.SwitchTo)
	var from []runbook.Operation
	ranks := g.stops()
	for _, h := range g.u.Hosts {
		if g.active[h.Name] && h.Role == g.u.Active.Role {
			from = append(from, operation.SetActive(party(h), g.stage, false, *g.u.Active))
			g.active[h.Name] = false
		}
	}
	g.active[to.Name] = true
	ranks = append(ranks, from, ranked(operation.SetActive(party(to), g.stage, true, *g.u.Active)))
	g.step(g.u.Estimates.Switch, append(ranks, g.starts(nil)...)...)
	g.step(g.u.Estimates.Validate, append(g.proofs(g.u.Version, true), g.opening()...)...)
}

// online is what is done while clients are served: what was quiesced starts, jobs run to their end, and the service is looked at once more. A failure
// here takes nothing back: the next apply repeats it.
func (g *upgrader) online() {
	e := g.u.Estimates
	g.hop, g.stage, g.offline = "", runbook.Jobs, false
	served := g.last
	for _, p := range g.u.Quiesce {
		g.last = served
		g.step(e.Quiesce, ranked(operation.StartService(g.elsewhere(p.Host), g.stage, declare.Service{Name: p.Service})))
	}
	var begun []string
	for _, op := range g.ops {
		if op.Stage == runbook.Jobs {
			begun = append(begun, op.ID)
		}
	}
	g.last = served
	var jobs [][]runbook.Operation
	for _, j := range g.u.Jobs {
		if !j.BeforeOpen {
			name := operation.Name(strings.Join(append([]string{g.u.Name, g.u.Version}, j.Command...), " "))
			jobs = append(jobs, ranked(operation.StartJob(g.elsewhere(j.Host), g.stage, declare.DetachedJob{Name: name, Command: j.Command, Wait: true})))
		}
	}
	g.step(e.Jobs, jobs...)
	g.last = append(slices.Clone(g.last), begun...)
	g.hop = "verify"
	g.step(e.Verify, g.proofs(g.u.Version, false)...)
	for i := range g.ops {
		if g.ops[i].Stage == runbook.Jobs {
			g.ops[i].Keep, g.ops[i].Hop = true, ""
		}
	}
}
