package compile

import (
	"fmt"
	"slices"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Defaults of a window.
const (
	DefaultConfirmWithin = 15 * time.Minute
	DefaultDrain         = 10 * time.Second
	// sourceLater is how much later the source's deadline is than the target's: a target that may still commit is never overtaken.
	sourceLater = 60 * time.Second
)

// mover compiles one move of service from the source to the target.
type mover struct {
	c              declare.Cutover
	source, target operation.Party
	ops            []runbook.Operation
	offline        bool
	later          []declare.Check // what can only hold once records have changed
	offlineToCome  bool            // a cold pass follows, so that what it needs can be prepared
	err            error
}

// Move takes service from c.Source to c.Target in one transaction. A back-out is Move(c.Reversed()).
func Move(c declare.Cutover) (runbook.Runbook, error) {
	if err := movable(c); err != nil {
		return runbook.Runbook{}, err
	}
	m := &mover{c: withDefaults(c), offlineToCome: true}
	m.c.Checks, m.later = turned(c)
	m.source, m.target = pair(c.Source, c.Target)
	if c.Active == declare.Source { // a back-out: people know the sides by the declaration
		m.source.Called, m.target.Called = declare.Target, declare.Source
	}
	bring, cold := m.converge, m.cold
	if !m.c.Exact() {
		bring, cold = m.carry, m.carryCold
	}
	for _, stage := range []func(){m.knowRecords, m.account, bring, m.arm, m.freeze, cold, m.identity, m.mark, m.start, m.checks, m.commit, m.jobs} {
		stage()
	}
	if m.err != nil {
		return runbook.Runbook{}, m.err
	}
	m.hold()
	m.estimate()
	r, err := finished(c.Name, m.ops)
	if err != nil {
		return runbook.Runbook{}, err
	}
	r.Serves, r.Sides = c.Target, []string{c.Source, c.Target}
	r.Timer = m.c.Window.ConfirmWithin
	r.Hold = true
	return r, nil
}

// estimate puts what was measured in place of what was assumed; what the user declares for stopping and starting fills the rest.
func (m *mover) estimate() {
	stops, starts := m.untimed(m.c.StopOrder), m.untimed(m.c.StartOrder)
	for i := range m.ops {
		op := &m.ops[i]
		measured, known := m.c.Measured[op.Measure()]
		switch {
		case known && op.Kind != "await_continue":
			op.Estimate = measured
		case op.Kind == "stop_service" && m.c.Estimates.Stop > 0 && stops > 0:
			op.Estimate = m.c.Estimates.Stop / time.Duration(stops)
		case op.Kind == "start_service" && op.Stage == runbook.Start && m.c.Estimates.Start > 0 && starts > 0:
			op.Estimate = m.c.Estimates.Start / time.Duration(starts)
		}
	}
}

func movable(c declare.Cutover) error {
	if err := identifiable(c.Identity); err != nil {
		return err
	}
	if c.LateMail == "relay" {
		return fmt.Errorf("%w: late_mail = \"relay\" is not supported yet; refuse is", ErrDeclaration)
	}
	if c.Active == declare.Source && c.OnFailure.CarryBack == declare.CarryMessages && !operation.Renewable(c.Store) {
		return fmt.Errorf("%w: carry_back = \"messages\" needs a product whose entry says how messages are read and added (mailboxes: session, locate, renew); exact and none do not", ErrDeclaration)
	}
	if err := holdable(c); err != nil {
		return err
	}
	if len(c.StopOrder) == 0 || len(c.StartOrder) == 0 {
		return fmt.Errorf("%w: nothing to stop or to start: name a product or give stop_order and start_order", ErrDeclaration)
	}
	for _, p := range slices.Concat(slices.Concat(c.StopOrder...), slices.Concat(c.StartOrder...)) {
		if _, ok := c.Services[p.Service]; !ok {
			return fmt.Errorf("%w: service %q of the order is not one of the product's", ErrDeclaration, p.Service)
		}
	}
	return nil
}

// identifiable reports why the service's name or address cannot move.
func identifiable(i declare.Identity) error {
	switch i.Mode {
	case declare.TakeOver:
		if len(i.Addresses) == 0 {
			return fmt.Errorf("%w: identity mode take_over needs addresses", ErrDeclaration)
		}
	case declare.Exchange:
		if lacks := exchangeable(i); lacks != "" {
			return fmt.Errorf("%w: identity mode exchange needs %s", ErrDeclaration, lacks)
		}
	case declare.DNS:
		if i.DNS == nil || len(i.DNS.Records) == 0 || i.DNS.TSIGName == "" {
			return fmt.Errorf("%w: identity mode dns needs a server, a zone, records and the TSIG key that may change them", ErrDeclaration)
		}
	case declare.Command:
		if i.Command == nil {
			return fmt.Errorf("%w: identity mode command needs the commands do, undo and probe", ErrDeclaration)
		}
	case declare.None:
	default:
		return fmt.Errorf("%w: there is no identity mode %q", ErrDeclaration, i.Mode)
	}
	return nil
}

func withDefaults(c declare.Cutover) declare.Cutover {
	if c.Window.ConfirmWithin == 0 {
		c.Window.ConfirmWithin = DefaultConfirmWithin
	}
	if c.Window.Drain == 0 {
		c.Window.Drain = DefaultDrain
	}
	return c
}

// add appends operations; offline ones carry the flag.
func (m *mover) add(ops ...runbook.Operation) {
	for _, op := range ops {
		op.Offline = m.offline
		if m.c.Relayed() {
			relay(&op)
		}
		m.ops = append(m.ops, op)
	}
}

// party is the role of a host of an order: the source, the target, or another one.
func (m *mover) party(host string) operation.Party {
	switch host {
	case m.source.ID:
		return m.source
	case m.target.ID:
		return m.target
	}
	return operation.Party{ID: host, Role: "host-" + operation.Name(host)}
}

// ranks compiles an order: within a rank side by side, each rank after the one before it. It returns the ids of the last rank.
func (m *mover) ranks(order [][]declare.Placed, after []string, keep func(declare.Placed) bool,
	make func(operation.Party, declare.Service) runbook.Operation,
) []string {
	last := after
	for _, rank := range order {
		var ids []string
		for _, placed := range rank {
			if !keep(placed) {
				continue
			}
			op := make(m.party(placed.Host), m.c.Services[placed.Service])
			op.Needs = append(op.Needs, last...)
			m.add(op)
			ids = append(ids, op.ID)
		}
		if len(ids) > 0 {
			last = ids
		}
	}
	return last
}

// moved gives an order as it would be on another host; what stands there already is named once.
func moved(order [][]declare.Placed, from, to string) [][]declare.Placed {
	out := make([][]declare.Placed, len(order))
	seen := map[declare.Placed]bool{}
	for i, rank := range order {
		for _, p := range rank {
			if p.Host == from {
				p.Host = to
			}
			if !seen[p] {
				seen[p] = true
				out[i] = append(out[i], p)
			}
		}
	}
	return out
}

// timed and served tell what starts jobs by the clock, which waits until the target serves, from what serves.
func (m *mover) timed(p declare.Placed) bool  { return m.c.Services[p.Service].Timed }
func (m *mover) served(p declare.Placed) bool { return !m.timed(p) }

// untimed counts what serves in an order.
func (m *mover) untimed(order [][]declare.Placed) int {
	return len(slices.DeleteFunc(slices.Concat(order...), m.timed))
}

// services lists the product's services on one side, in a stable order.
func (m *mover) services(order [][]declare.Placed) []declare.Service {
	var list []declare.Service
	for _, p := range slices.Concat(order...) {
		s := m.c.Services[p.Service]
		if !slices.ContainsFunc(list, func(have declare.Service) bool { return have.Name == s.Name }) {
			list = append(list, s)
		}
	}
	return list
}

func (m *mover) databases() []string {
	var names []string
	for _, d := range m.c.Dumps {
		names = append(names, d.Databases...)
	}
	return names
}
