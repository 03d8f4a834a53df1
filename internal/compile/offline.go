package compile

import (
	"slices"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// freeze stops the service in order: the outage begins with the fence.
func (m *mover) freeze() {
	m.offline = true
	for _, p := range m.c.Quiesce {
		m.add(operation.StopService(m.party(p.Host), runbook.Freeze, m.quiesced(p)))
	}
	shut := operation.RaiseFence(m.source, runbook.Freeze, operation.FenceNew, m.c.Ports, m.c.SMTPPorts)
	drain := operation.DrainConnections(m.source, runbook.Freeze, m.c.SMTPPorts, m.c.Window.Drain)
	drain.Needs = []string{shut.ID}
	m.add(operation.RaiseFence(m.target, runbook.Freeze, operation.FenceAll, m.c.Ports, m.c.SMTPPorts), shut, drain)
	ready := []string{drain.ID}
	if m.c.Queue != nil {
		flush := operation.FlushQueue(m.source, runbook.Freeze, m.c.Window.Drain)
		flush.Needs = []string{drain.ID}
		m.add(flush)
		ready = []string{flush.ID}
	}
	all := operation.RaiseFence(m.source, runbook.Freeze, operation.FenceAll, m.c.Ports, m.c.SMTPPorts)
	all.Needs = ready
	m.add(all)
	if m.c.Queue != nil {
		// Behind the fence: nothing comes in any more, and what goes out may still hear its answer.
		end := operation.EndDeliveries(m.source, runbook.Freeze)
		end.Needs = []string{all.ID}
		m.add(end)
		ready = []string{end.ID}
	}
	// The target's own services, where the order names them, stand since the converge stage.
	stopped := m.ranks(m.c.StopOrder, ready, func(p declare.Placed) bool { return p.Host != m.target.ID }, func(p operation.Party, s declare.Service) runbook.Operation {
		return operation.StopService(p, runbook.Freeze, s)
	})
	// Only now: what takes it back starts what was stopped, so a source that boots in between serves again.
	for _, s := range m.services(m.c.StopOrder) {
		off := operation.DisableService(m.source, runbook.Freeze, s)
		off.Needs = stopped
		m.add(off)
	}
	var shutDown []string
	for _, database := range m.databases() {
		op := operation.CloseDatabase(m.source, runbook.Freeze, database)
		op.Needs = stopped
		m.add(op)
		shutDown = append(shutDown, op.ID)
	}
	var trees []string
	for _, s := range m.c.Syncs {
		for _, t := range operation.Trees(s) {
			trees = append(trees, t.From)
		}
	}
	quiet := operation.ProveQuiet(m.source, runbook.Freeze, m.c.Ports, trees)
	quiet.Needs = slices.Concat(stopped, shutDown, []string{all.ID})
	m.add(quiet)
	if m.c.Queue != nil {
		hold := operation.HoldQueue(m.source, runbook.Freeze)
		hold.Needs = stopped
		m.add(hold)
	}
}

// cold copies what is left, everything side by side, and proves for the ledger that nothing is missing. Databases come first: they take longest.
func (m *mover) cold() {
	for _, d := range m.c.Dumps {
		var restores []runbook.Operation
		for _, database := range d.Databases {
			restore := operation.RestoreDatabase(m.target, m.source, runbook.Cold, d, database, operation.CompareQuick)
			// The converge stage has copied it: what is left is to count the rows and to bring those written since.
			restore.Estimate = max(2*time.Second, restore.Estimate/4)
			restores = append(restores, restore)
		}
		m.add(sideBySide("mail_db_dump."+d.Name, restores, d.Jobs)...)
	}
	for _, s := range m.c.Syncs {
		trees := operation.Trees(s)
		for i, pass := range passes(m.target, m.source, runbook.Cold, s, operation.Cold) {
			m.add(pass)
			if s.Verify == operation.VerifyNone {
				continue
			}
			proof := operation.CompareTree(m.target, m.source, runbook.Cold, s, trees[i])
			proof.Needs = []string{pass.ID}
			m.add(proof)
		}
	}
	for _, f := range m.c.Files {
		m.add(operation.CopyFiles(m.target, m.source, runbook.Cold, f))
	}
	for _, a := range m.c.Accounts {
		m.add(operation.CopyAccounts(m.target, m.source, runbook.Cold, a))
	}
	if m.c.Queue != nil {
		m.add(operation.CopyQueue(m.target, m.source, runbook.Cold))
	}
}

// identity moves the addresses: off the source for good (its undo gives them back), onto the target until its next boot.
func (m *mover) identity() {
	switch m.c.Identity.Mode {
	case declare.TakeOver:
	case declare.Command:
		m.switchOver(runbook.Identity)
		return
	case declare.Exchange:
		m.exchange()
		return
	default:
		return
	}
	var gone []string
	if park := m.c.Identity.ParkAddress; park != "" {
		here, over := operation.TakeAddress(m.source, runbook.Identity, park), operation.KeepAddress(m.source, runbook.Identity, park)
		over.Needs = []string{here.ID}
		m.add(here, over)
		gone = []string{here.ID, over.ID}
	}
	for _, a := range m.c.Identity.Addresses {
		drop := operation.DropAddress(m.source, runbook.Identity, a)
		drop.Needs = gone
		take := operation.TakeAddress(m.target, runbook.Identity, a)
		take.Needs = []string{drop.ID}
		m.add(drop, take)
	}
}

// start brings the target up behind its fence; what decides who may connect and what is accepted runs before it opens.
func (m *mover) start() {
	up := m.ranks(m.c.StartOrder, nil, m.served, func(p operation.Party, s declare.Service) runbook.Operation {
		return operation.StartService(p, runbook.Start, s)
	})
	for _, j := range m.c.Jobs {
		if !j.BeforeOpen {
			continue
		}
		op := operation.RunJob(m.party(j.Host), runbook.Start, j.Command)
		op.Needs = up
		m.add(op)
		up = []string{op.ID}
	}
}

// commit is one point: the cut mark. Before it everything goes back, after it nothing does.
func (m *mover) commit() {
	var last string
	next := func(op runbook.Operation) {
		if last != "" {
			op.Needs = []string{last}
		}
		last = op.ID
		m.add(op)
	}
	next(operation.AskTimer(m.source, m.target, runbook.Commit))
	next(operation.WriteCutMark(m.target, runbook.Commit, m.c.Name))
	committed := last
	last = m.openTarget(committed)
	m.changeRecords(last)
	m.offline = false
	m.letGo(committed)
	next(operation.DisarmTimer(m.target, runbook.Commit))
	if m.c.Queue != nil && (m.c.Exact() || m.c.OnFailure.CarryBack == declare.CarryMessages) {
		next(operation.RetireQueue(m.source, runbook.Commit))
	}
	next(operation.DisarmTimer(m.source, runbook.Commit))
	next(operation.LowerFence(m.source, runbook.Commit))
	for _, d := range m.databases() {
		next(operation.DropSpent(m.target, runbook.Commit, d))
	}
	for _, from := range m.helpers(m.c.Checks) {
		next(operation.ClosePassage(from, runbook.Commit))
	}
	next(operation.CloseQuestion(m.target, runbook.Commit))
	next(operation.CloseChannel(m.target, runbook.Commit))
	next(operation.CloseAccess(m.source, runbook.Commit))
	if m.c.Active == declare.Source {
		for _, f := range m.c.GiveBack {
			next(operation.RestoreFiles(m.source, runbook.Commit, f, m.c.Name))
		}
		// Service is back where it was: what travels may be rehearsed again, unless something is left there to be looked at.
		if m.c.Exact() {
			next(operation.DropHold(m.source, runbook.Commit, m.c.Name))
		}
		next(operation.DropHold(m.target, runbook.Commit, m.c.Name))
	}
}

// openTarget makes the committed target's ways ones that a boot keeps, and lets its clients in: it returns the operation that does.
func (m *mover) openTarget(committed string) string {
	var ways []runbook.Operation
	for _, a := range m.c.Identity.Moving() {
		ways = append(ways, operation.KeepAddress(m.target, runbook.Commit, a))
	}
	for _, s := range m.services(m.c.StartOrder) {
		ways = append(ways, operation.EnableService(m.target, runbook.Commit, s))
	}
	if m.c.Queue != nil {
		ways = append(ways, operation.ReleaseQueue(m.target, m.source, runbook.Commit))
	}
	open := operation.LowerFence(m.target, runbook.Commit)
	open.Needs = []string{committed}
	for _, op := range ways {
		op.Needs = []string{committed}
		open.Needs = append(open.Needs, op.ID)
		m.add(op)
	}
	m.add(open)
	return open.ID
}
