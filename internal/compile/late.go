package compile

import (
	"slices"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// on gives patterns of the source as they are on a party's host.
func (m *mover) on(p operation.Party, patterns []declare.Pattern) []declare.Pattern {
	if p.Role == declare.Target {
		return m.c.Across(patterns)
	}
	return patterns
}

// messages are where a party's host keeps messages; none where the product does not tell.
func (m *mover) messages(p operation.Party) []declare.Pattern {
	if m.c.Store == nil {
		return nil
	}
	return m.on(p, m.c.Store.Messages)
}

// trees are what travels, as it is called on a party's host.
func (m *mover) trees(p operation.Party) []string {
	var list []string
	for _, s := range m.c.Syncs {
		for _, t := range operation.Trees(s) {
			if p.Role == declare.Target {
				list = append(list, t.To)
			} else {
				list = append(list, t.From)
			}
		}
	}
	return list
}

// mark writes down what both sides hold, while the target's services start: the source is frozen, and the target's fence lets no mail in.
func (m *mover) mark() {
	for _, p := range []operation.Party{m.source, m.target} {
		m.add(operation.MarkSide(p, runbook.Start, m.c.Name, m.messages(p), m.databases(), m.c.Queue != nil))
	}
}

// still proves that a passive side wrote nothing since the cut but messages.
func (m *mover) still(passive operation.Party) runbook.Operation {
	passing := slices.Concat(m.on(passive, m.c.Passing), m.messages(passive))
	return operation.ProveStill(passive, runbook.Change, m.c.Name, m.trees(passive), passing, m.databases())
}

// gather lays out the messages that a passive side took.
func (m *mover) gather(passive operation.Party) runbook.Operation {
	return operation.GatherLate(passive, runbook.Change, m.c.Name, m.c.Store, m.messages(passive), false)
}

// account comes before a move. Before a back-out, what the passive side took since the cut goes to the serving side first, and from there it comes back
// with all the rest. Where not all comes back, what came into its mailboxes stays where it is; its queue goes that way all the same where queues are
// carried, and runs again where none is.
func (m *mover) account() {
	if m.c.Active != declare.Source {
		m.add(operation.ProveAccounted(m.target, runbook.Change, m.c.Name))
		return
	}
	passive, serving := m.target, m.source
	if m.c.OnFailure.CarryBack == declare.CarryNone {
		if m.c.Queue != nil {
			m.add(operation.FreeQueue(passive, runbook.Change))
		}
		return
	}
	if !m.c.Exact() && m.c.Queue == nil {
		return
	}
	stopped := m.ranks(moved(m.c.StopOrder, serving.ID, passive.ID), nil, func(p declare.Placed) bool { return p.Host == passive.ID },
		func(p operation.Party, s declare.Service) runbook.Operation {
			op := operation.StopService(p, runbook.Change, s)
			// The converge stage has it under the plain id.
			op.ID = "stop_service.account." + operation.Name(s.Name)
			op.Keep = true
			return op
		})
	if !m.c.Exact() {
		m.sweep(passive, serving, stopped, false)
		return
	}
	proof := m.still(passive)
	proof.Needs = stopped
	m.add(proof)
	m.sweep(passive, serving, []string{proof.ID}, true)
}

// sweep takes what the passive side took since the cut to the serving one, once: what waits in its queue, and what came into its mailboxes.
// Mailboxes are left out where they are not to be swept. It returns the id of its last operation; of those it comes after where there is nothing to sweep.
//
// Of the queue nothing is taken back when the rest fails: a message that both sides have is on hold on both, and the next sweep goes on from there. It is
// left to the serving side before it is released there.
func (m *mover) sweep(passive, serving operation.Party, after []string, mailboxes bool) []string {
	queue := m.c.Queue != nil
	loan := operation.Loan{Trees: map[string]string{}, For: loanFor}
	var take, retire []runbook.Operation
	last := after
	next := func(ops ...runbook.Operation) {
		var ids []string
		for _, op := range ops {
			op.Needs = append(op.Needs, last...)
			m.add(op)
			ids = append(ids, op.ID)
		}
		last = ids
	}
	var ready []runbook.Operation
	if queue {
		loan.Trees["queue"], loan.Trees["maildrop"] = m.c.Queue.Directory+"/hold", "@run/maildrop"
		ready = append(ready, operation.HoldQueue(passive, runbook.Change))
		take = append(take, operation.SweepQueue(serving, passive, runbook.Change))
		left := operation.RetireQueue(passive, runbook.Change)
		left.Keep = true
		retire = append(retire, left)
	}
	if mailboxes && m.c.Store != nil {
		ready = append(ready, m.gather(passive))
	}
	if mailboxes && operation.Sweepable(m.c.Store) {
		loan.Trees[operation.LateModule] = operation.LateFolder
		take = append(take, operation.TakeLate(serving, passive, runbook.Change, m.c.Name, m.c.Store))
		retire = append(retire, operation.RetireLate(passive, runbook.Change, m.c.Name))
	}
	if len(ready) > 0 {
		next(ready...)
	}
	if len(take) == 0 {
		return last
	}
	next(operation.OpenAccess(passive, serving, runbook.Change, loan))
	next(take...)
	next(retire...)
	if queue {
		next(operation.ReleaseQueue(serving, passive, runbook.Change))
	}
	next(operation.CloseChannel(serving, runbook.Change))
	next(operation.CloseAccess(passive, runbook.Change))
	return last
}
