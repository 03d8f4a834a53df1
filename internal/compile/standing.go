package compile

import (
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// sides says who shall serve, who shall not, and in which order the one that serves starts.
type sides struct {
	serving, passive operation.Party
	start            [][]declare.Placed
}

func (m *mover) sides() sides {
	if m.c.Active == declare.Target {
		return sides{m.target, m.source, m.c.StartOrder}
	}
	return sides{m.source, m.target, moved(m.c.StartOrder, m.target.ID, m.source.ID)}
}

// Standing is what holds while c.Active serves: probing it shows drift, and its operations mend it. The passive side comes first: nothing is started
// before the other side is quiet.
func Standing(c declare.Cutover) (runbook.Runbook, error) {
	if err := movable(c); err != nil {
		return runbook.Runbook{}, err
	}
	m := &mover{c: withDefaults(c)}
	m.source, m.target = pair(c.Source, c.Target)
	side := m.sides()
	serving, passive, start := side.serving, side.passive, side.start
	m.add(operation.SettleMoves(serving, runbook.Change, c.Name), operation.SettleMoves(passive, runbook.Change, c.Name))
	addresses := c.Identity.Moving()
	for _, a := range addresses {
		m.add(operation.DropAddress(passive, runbook.Change, a))
	}
	m.exchangedStands(serving, passive)
	if c.Active == declare.Target && !c.Finalized {
		m.quiet(serving, passive)
	}
	for _, a := range addresses {
		m.add(operation.TakeAddress(serving, runbook.Change, a), operation.KeepAddress(serving, runbook.Change, a))
	}
	m.ranks(start, nil, func(p declare.Placed) bool { return p.Host == serving.ID }, func(p operation.Party, s declare.Service) runbook.Operation {
		return operation.StartService(p, runbook.Change, s)
	})
	for _, s := range m.services(start) {
		m.add(operation.EnableService(serving, runbook.Change, s))
	}
	if c.Active == declare.Target && !c.Finalized {
		for _, f := range c.Files {
			m.add(operation.KeepFiles(serving, runbook.Change, f, c.Name, c.Unwatched))
		}
	}
	m.add(operation.LowerFence(serving, runbook.Change))
	if m.c.Identity.Mode == declare.Command {
		m.switchOver(runbook.Change)
	}
	m.keepRecords()
	m.add(operation.CloseLeases(serving, runbook.Change, c.Name), operation.CloseLeases(passive, runbook.Change, c.Name))
	if c.Finalized {
		m.ops = slices.DeleteFunc(m.ops, func(op runbook.Operation) bool { return op.Host == c.Source })
	}
	return m.serves(".standing", serving)
}

// serves names a runbook that leaves a party serving.
func (m *mover) serves(suffix string, serving operation.Party) (runbook.Runbook, error) {
	r, err := finished(m.c.Name+suffix, m.ops)
	r.Serves, r.Sides = serving.ID, []string{m.c.Source, m.c.Target}
	if m.c.Finalized {
		r.Sides = []string{serving.ID}
	}
	return r, err
}

// quiet: the passive side's services stand and stay so, its queue holds nothing that waits, on the serving side nothing waits that came from there, and
// since the cut nothing came that the other side lacks.
func (m *mover) quiet(serving, passive operation.Party) {
	m.ranks(moved(m.c.StopOrder, m.target.ID, m.source.ID), nil, func(p declare.Placed) bool { return p.Host == passive.ID },
		func(p operation.Party, s declare.Service) runbook.Operation {
			return operation.StopService(p, runbook.Change, s)
		})
	for _, s := range m.services(m.c.StopOrder) {
		m.add(operation.DisableService(passive, runbook.Change, s))
	}
	for _, database := range m.databases() {
		m.add(operation.CloseDatabase(passive, runbook.Change, database))
	}
	if m.c.Queue != nil {
		m.add(operation.HoldQueue(passive, runbook.Change))
		release := operation.ReleaseQueue(serving, passive, runbook.Change)
		release.Lasting = true
		m.add(release)
	}
	m.add(m.still(passive))
	if m.c.Store != nil {
		m.add(m.gather(passive))
	}
}

// Mend is the part of Standing that drifted, by the ids of its operations. Mail that the passive side took meanwhile is swept to the serving one. A
// failure undoes nothing of it, or a side that was quieted would serve again.
func Mend(c declare.Cutover, drifted []string) (runbook.Runbook, error) {
	standing, err := Standing(c)
	if err != nil {
		return runbook.Runbook{}, err
	}
	m := &mover{c: withDefaults(c)}
	m.source, m.target = pair(c.Source, c.Target)
	serving, passive := m.sides().serving, m.sides().passive
	var ids []string
	sweep, open := false, c.Active == declare.Target && !c.Finalized
	ended := m.endBefore(passive, standing.Operations, drifted)
	for _, op := range standing.Operations {
		held := slices.Contains([]string{"hold_queue", "release_queue", "gather_late", "prove_still"}, op.Kind)
		if !slices.Contains(drifted, op.ID) || held {
			sweep = sweep || slices.Contains(drifted, op.ID)
			continue
		}
		sweep = sweep || op.Host == passive.ID && op.Kind == "stop_service"
		op.Needs = slices.DeleteFunc(slices.Clone(op.Needs), func(id string) bool { return !slices.Contains(ids, id) })
		if op.Kind == "stop_service" {
			op.Needs = append(op.Needs, ended...)
		}
		ids = append(ids, op.ID)
		m.add(op)
	}
	if sweep && open {
		proof := m.still(passive)
		proof.Needs = ids
		m.add(proof)
		m.sweep(passive, serving, []string{proof.ID}, true)
	}
	if !c.Finalized {
		m.mendContents(serving, passive, drifted)
	}
	r, err := m.serves(".mend", serving)
	r.Stays = true
	return r, err
}

// endBefore ends the deliveries of a side whose services are to stop, so that no message which is swept from its mailboxes is in its queue as well. It
// returns what the stopping needs.
func (m *mover) endBefore(passive operation.Party, all []runbook.Operation, drifted []string) []string {
	stops := func(op runbook.Operation) bool { return op.Kind == "stop_service" && slices.Contains(drifted, op.ID) }
	if m.c.Queue == nil || m.c.Active != declare.Target || m.c.Finalized || !slices.ContainsFunc(all, stops) {
		return nil
	}
	end := operation.EndDeliveries(passive, runbook.Change)
	m.add(end)
	return []string{end.ID}
}

// finalizeSuffix ends the name of the run that gives up the way back.
const finalizeSuffix = ".finalize"

// Finalize gives up the way back: before-images and what the cutover governed on the source go; the target stays governed.
func Finalize(c declare.Cutover) (runbook.Runbook, error) {
	m := &mover{c: withDefaults(c)}
	m.source, m.target = pair(c.Source, c.Target)
	serving, passive := m.sides().serving, m.sides().passive
	var accounted []string
	if c.Active == declare.Target {
		accounted = m.settled(passive, serving)
	}
	swept := len(m.ops)
	for _, d := range m.databases() {
		m.add(operation.DropLeftovers(serving, runbook.Change, d), operation.DropLeftovers(passive, runbook.Change, d))
	}
	if c.Active == declare.Target {
		m.add(operation.CloseLeases(serving, runbook.Change, c.Name), operation.CloseLeases(passive, runbook.Change, c.Name))
	}
	m.raiseTTL(serving)
	if m.c.Queue != nil {
		m.add(operation.DiscardCopies(serving, runbook.Change), operation.DiscardCopies(passive, runbook.Change))
	}
	m.add(operation.DiscardImages(serving, runbook.Change, c.Name, false), operation.DiscardImages(passive, runbook.Change, c.Name, true))
	var before []string
	for i := range m.ops[swept:] {
		op := &m.ops[swept+i]
		op.Needs = append(op.Needs, accounted...)
		before = append(before, op.ID)
	}
	// Last: what runs on a host reads its holds.
	drop := operation.DropHold(passive, runbook.Change, c.Name)
	drop.Needs = before
	m.add(drop)
	r, err := m.serves(finalizeSuffix, serving)
	r.Stays = true // what was given up does not come back
	return r, err
}

// IsFinalize reports whether a runbook, or a run of one, by its name, gives up the way back.
func IsFinalize(name string) bool { return strings.HasSuffix(name, finalizeSuffix) }

// FinalizeOf names the run that gives up the way back of a move: each is another one, also where a cutover of the same name moves the service on.
func FinalizeOf(move string) string { return move + finalizeSuffix }

// settled sees before the way back is given up that the passive side is quiet, now and at boot, that no address of the service is on it, and that it
// holds nothing that the serving side lacks: from then on nobody looks after it. What a failure follows stays, or the passive side would serve again.
func (m *mover) settled(passive, serving operation.Party) []string {
	var quiet []string
	lasting := func(op runbook.Operation) {
		op.Keep = true
		m.add(op)
		quiet = append(quiet, op.ID)
	}
	for _, a := range m.c.Identity.Moving() {
		lasting(operation.DropAddress(passive, runbook.Change, a))
	}
	stopped := m.ranks(moved(m.c.StopOrder, m.target.ID, m.source.ID), nil, func(p declare.Placed) bool { return p.Host == passive.ID },
		func(p operation.Party, s declare.Service) runbook.Operation {
			op := operation.StopService(p, runbook.Change, s)
			op.Keep = true
			return op
		})
	for _, s := range m.services(m.c.StopOrder) {
		lasting(operation.DisableService(passive, runbook.Change, s))
	}
	proof := m.still(passive)
	proof.Needs = slices.Concat(quiet, stopped)
	m.add(proof)
	return m.sweep(passive, serving, []string{proof.ID}, true)
}
