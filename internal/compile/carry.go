package compile

import (
	"slices"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// messageEstimate is what a message costs on its way back, where nothing has been measured: about as many come in a day as a second takes.
const messageEstimate = 5 * time.Second

// carry makes ready for a back-out that does not bring everything as it is: what the side held when it stopped serving stays, nothing is copied over it.
func (m *mover) carry() {
	stopped := m.ranks(moved(m.c.StopOrder, m.source.ID, m.target.ID), nil, func(p declare.Placed) bool { return p.Host == m.target.ID },
		func(p operation.Party, s declare.Service) runbook.Operation {
			return operation.StopService(p, runbook.Converge, s)
		})
	loan := operation.Loan{Trees: map[string]string{}, For: m.c.Window.ConfirmWithin + loanFor}
	if m.c.OnFailure.CarryBack == declare.CarryMessages {
		loan.Trees[operation.LateModule] = operation.LateFolder
		if m.c.Queue != nil {
			loan.Trees["queue"], loan.Trees["maildrop"] = m.c.Queue.Directory+"/hold", "@run/maildrop"
		}
	}
	open := operation.OpenAccess(m.source, m.target, runbook.Converge, loan)
	open.Needs = stopped
	m.add(open)
}

// carryCold brings new messages back, or nothing, and writes down what stays behind.
func (m *mover) carryCold() {
	for _, d := range m.databases() {
		m.add(operation.OpenDatabase(m.target, runbook.Cold, d))
	}
	passing := slices.Concat(m.on(m.source, m.c.Passing), m.messages(m.source))
	m.add(operation.KeepAccount(m.source, runbook.Cold, m.c.Name, m.messages(m.source), m.trees(m.source), passing, m.databases()))
	if m.c.OnFailure.CarryBack != declare.CarryMessages {
		return
	}
	lay := operation.GatherLate(m.source, runbook.Cold, m.c.Name, m.c.Store, m.messages(m.source), true)
	lay.Lasting = false
	take := operation.TakeBack(m.target, m.source, runbook.Cold, m.c.Name, m.c.Store, m.messages(m.source), m.messages(m.target))
	take.Needs = []string{lay.ID}
	take.Estimate = messageEstimate
	m.add(lay, take)
	if m.c.Queue != nil {
		m.add(operation.CopyQueue(m.target, m.source, runbook.Cold))
	}
}

// Losses are what a back-out that does not bring everything as it is leaves behind: probed while the target serves, its operations say what there is.
func Losses(c declare.Cutover) (runbook.Runbook, error) {
	m := &mover{c: withDefaults(c)}
	m.source, m.target = pair(c.Source, c.Target)
	m.add(m.still(m.source))
	if m.c.Store != nil {
		m.add(m.gather(m.source))
	}
	return m.serves(".losses", m.source)
}
