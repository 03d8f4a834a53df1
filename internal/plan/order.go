package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// unit is one action on one resource.
type unit struct {
	change    Change
	ours      bool
	procedure Procedure
	after     []*unit // what Terraform does first
	start     time.Duration
	takes     time.Duration
}

// units are all actions of a plan, those on other providers' resources too: order goes through them.
func units(p *tfjson.Plan) ([]*unit, error) {
	var all []*unit
	for _, rc := range p.ResourceChanges {
		if rc == nil || rc.Change == nil || rc.DeposedKey != "" {
			continue
		}
		for _, action := range actions(rc.Change.Actions) {
			change, err := newChange(rc, action)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", rc.Address, err)
			}
			all = append(all, &unit{change: change, ours: ours(rc.Type, rc.ProviderName)})
		}
	}
	return all, nil
}

func newChange(rc *tfjson.ResourceChange, action Action) (Change, error) {
	before, err := raw(rc.Change.Before)
	if err != nil {
		return Change{}, err
	}
	after, err := raw(rc.Change.After)
	if err != nil {
		return Change{}, err
	}
	unknown, err := raw(rc.Change.AfterUnknown)
	return Change{Address: rc.Address, Type: rc.Type, Action: action, Before: before, After: after, Unknown: unknown}, err
}

// actions are Terraform's own, with a replacement in its two parts, in their order.
func actions(of tfjson.Actions) []Action {
	var out []Action
	for _, action := range of {
		switch action {
		case tfjson.ActionCreate:
			out = append(out, Create)
		case tfjson.ActionUpdate:
			out = append(out, Update)
		case tfjson.ActionDelete:
			out = append(out, Delete)
		case tfjson.ActionRead:
			out = append(out, Read)
		case tfjson.ActionForget:
			out = append(out, Forget)
		case tfjson.ActionNoop:
		}
	}
	return out
}

// link finds what each action waits for, by Terraform's rules: what is made or changed waits for what it refers to, and for the end of what it referred
// to; what is destroyed waits for the end of what refers to it. It returns the local values that hide references.
func link(all []*unit, p *tfjson.Plan) map[string][]string {
	refs, was := refer(p.Config), stateReferences(p.PriorState)
	byAddress := map[string][]*unit{}
	for _, u := range all {
		byAddress[plain(u.change.Address)] = append(byAddress[plain(u.change.Address)], u)
	}
	hidden := map[string][]string{}
	for _, u := range all {
		address := plain(u.change.Address)
		before := was.all(address)
		if u.change.Action != Delete && u.change.Action != Forget {
			needs := refs.all(address)
			if locals := refs.hides(address); len(locals) > 0 {
				hidden[u.change.Address] = locals
				for other := range before {
					needs[other] = true
				}
			}
			for other := range needs {
				u.wait(byAddress[other], Create, Update, Read)
			}
			for other := range before {
				if !needs[other] {
					u.wait(byAddress[other], Delete)
				}
			}
			continue
		}
		for other := range before {
			for _, needed := range byAddress[other] {
				if needed.change.Action == Delete {
					needed.after = append(needed.after, u)
				}
			}
		}
	}
	for _, pair := range byAddress {
		replaced(pair, refs, byAddress)
	}
	return hidden
}

// wait adds the actions of the kinds given.
func (u *unit) wait(others []*unit, kinds ...Action) {
	for _, other := range others {
		if other != u && slices.Contains(kinds, other.change.Action) {
			u.after = append(u.after, other)
		}
	}
}

// replaced orders the two parts of a replacement: the first waits for nothing; where creation comes first, what refers to the resource is changed before
// the old one is destroyed.
func replaced(pair []*unit, refs references, byAddress map[string][]*unit) {
	for i := 1; i < len(pair); i++ {
		first, second := pair[i-1], pair[i]
		if first.change.Address != second.change.Address {
			continue
		}
		second.after = append(second.after, first)
		if second.change.Action != Delete {
			continue
		}
		for address, others := range byAddress {
			if refs.all(address)[plain(second.change.Address)] {
				second.wait(others, Create, Update)
			}
		}
	}
}

// hides are the local values on the way from a resource to what it refers to.
func (r references) hides(address string) []string {
	found := slices.Clone(r.locals[address])
	for other := range r.all(address) {
		found = append(found, r.locals[other]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// stateReferences is what resources referred to when they were last applied.
func stateReferences(state *tfjson.State) references {
	r := references{direct: map[string]map[string]bool{}, locals: map[string][]string{}}
	if state == nil || state.Values == nil || state.Values.RootModule == nil {
		return r
	}
	var walk func(*tfjson.StateModule)
	walk = func(m *tfjson.StateModule) {
		for _, resource := range m.Resources {
			address := plain(resource.Address)
			if r.direct[address] == nil {
				r.direct[address] = map[string]bool{}
			}
			for _, other := range resource.DependsOn {
				r.direct[address][plain(other)] = true
			}
		}
		for _, child := range m.ChildModules {
			walk(child)
		}
	}
	walk(state.Values.RootModule)
	return r
}

// schedule gives each action its start, as soon as all it waits for has ended, and returns them in that order. What waits for itself, which Terraform
// refuses, comes last.
func schedule(all []*unit) []*unit {
	waiting := slices.Clone(all)
	slices.SortStableFunc(waiting, func(a, b *unit) int { return cmp.Compare(a.change.Address, b.change.Address) })
	done := map[*unit]bool{}
	var ordered []*unit
	for len(waiting) > 0 {
		next := -1
		for i, u := range waiting {
			ready := true
			u.start = 0
			for _, other := range u.after {
				ready = ready && done[other]
				u.start = max(u.start, other.start+other.takes)
			}
			if ready && (next < 0 || u.start < waiting[next].start) {
				next = i
			}
		}
		next = max(next, 0)
		done[waiting[next]] = true
		ordered = append(ordered, waiting[next])
		waiting = slices.Delete(waiting, next, next+1)
	}
	return ordered
}
