package compile

import (
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// listenWithin is how long services may take to open their ports.
const listenWithin = 2 * time.Minute

// Rehearse brings the target up, fenced, on a fresh copy, makes the checks at its own address, and takes all of that back: what would fail in the
// outage fails here. The source is only read. The target's services stay stopped, whatever they did before; what the probe message of a check leaves in
// the trees goes with the next pass, and what stays in the queue is removed.
func Rehearse(c declare.Cutover) (runbook.Runbook, error) {
	if err := movable(c); err != nil {
		return runbook.Runbook{}, err
	}
	m := &mover{c: withDefaults(c)}
	m.source, m.target = pair(c.Source, c.Target)
	// Its hold is its own cutover's, and lets its passes through: over what nobody has accounted for they must not go.
	m.add(operation.ProveAccounted(m.target, runbook.Change, m.c.Name))
	if m.byDNS() {
		m.made(operation.FindRecords(runbook.Change, *m.c.Identity.DNS))
	}
	m.converge()
	for i := range m.ops {
		m.ops[i].Keep = m.ops[i].Keep || m.ops[i].Kind == "stop_service"
	}
	checks, _ := Rehearsed(c)
	fence := operation.RaiseFence(m.target, runbook.Arm, operation.FenceAll, m.c.Ports, m.c.SMTPPorts)
	fence.Needs = m.passages(checks, true)
	// What it starts and brings is nobody else's concern meanwhile, nor once its controller is gone: the next run takes it back.
	m.add(operation.WriteHold(m.target, runbook.Arm, m.c.Name, m.governed()), fence)
	// A boot takes the fence away, and no timer waits to put it back: what it keeps clients from does not start then.
	for _, s := range m.services(slices.Concat(m.c.StopOrder, m.c.StartOrder)) {
		off := operation.DisableService(m.target, runbook.Arm, s)
		off.Needs = []string{fence.ID}
		m.add(off)
	}
	if m.c.Queue != nil {
		m.add(operation.GuardQueue(m.target, runbook.Cold))
	}
	for _, f := range m.c.Files {
		m.add(operation.CopyFiles(m.target, m.source, runbook.Cold, f))
	}
	m.start()
	if listening := m.listening(); len(listening) > 0 {
		m.add(operation.AwaitPorts(m.target, runbook.Start, listenWithin, listening))
	}
	for _, check := range checks {
		m.check(check)
	}
	m.ranks(moved(m.c.StopOrder, m.source.ID, m.target.ID), nil, func(p declare.Placed) bool { return p.Host == m.target.ID },
		func(p operation.Party, s declare.Service) runbook.Operation {
			// The converge stage has stopped it already under the plain id.
			op := operation.StopService(p, runbook.Jobs, s)
			op.ID = "stop_service.rehearsed." + operation.Name(s.Name)
			op.Keep = true
			return op
		})
	m.add(operation.CloseChannel(m.target, runbook.Jobs), operation.CloseAccess(m.source, runbook.Jobs))
	if m.err != nil {
		return runbook.Runbook{}, m.err
	}
	r, err := finished(RehearsalOf(c.Name), m.ops)
	r.Rehearsal = true
	r.Serves, r.Sides = c.Source, []string{c.Source, c.Target}
	return r, err
}

// rehearsal ends the name of a rehearsal's run.
const rehearsal = ".rehearsal"

// RehearsalOf names the rehearsals of a cutover.
func RehearsalOf(cutover string) string { return cutover + rehearsal }

// IsRehearsal reports whether a run, by its name, was a rehearsal.
func IsRehearsal(run string) bool { return strings.HasSuffix(run, rehearsal) }

// listening lists the ports that the declared checks ask of the service, and so must be open.
func (m *mover) listening() []int {
	var list []int
	for _, check := range m.c.Checks {
		if port := portOf(check.Address); port != 0 && !check.Refused && slices.Contains(m.c.Ports, port) {
			list = append(list, port)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
