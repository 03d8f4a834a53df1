package compile

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// converge brings the bulk over while the source serves. The target serves nobody.
func (m *mover) converge() {
	onTarget := moved(m.c.StopOrder, m.source.ID, m.target.ID)
	stopped := m.ranks(onTarget, nil, func(p declare.Placed) bool { return p.Host == m.target.ID },
		func(p operation.Party, s declare.Service) runbook.Operation {
			return operation.StopService(p, runbook.Converge, s)
		})
	open := operation.OpenAccess(m.source, m.target, runbook.Converge, m.loan())
	m.add(open)
	for _, a := range m.c.Accounts {
		op := operation.PrepareAccounts(m.target, m.source, runbook.Converge, a)
		op.Needs = []string{open.ID}
		m.add(op)
	}
	var compared []string
	for _, s := range m.c.Syncs {
		trees := operation.Trees(s)
		for i, op := range passes(m.target, m.source, runbook.Converge, s, operation.Hot) {
			op.Needs = slices.Concat(op.Needs, []string{open.ID}, stopped)
			m.add(op)
			if m.offlineToCome {
				compared = append(compared, m.approach(s, trees[i], op.ID)...)
			}
		}
	}
	if m.offlineToCome {
		for _, d := range m.c.Dumps {
			var copies []runbook.Operation
			for _, database := range d.Databases {
				op := operation.PrepareDatabase(m.target, m.source, runbook.Converge, d, database)
				op.Needs = slices.Concat([]string{open.ID}, compared)
				copies = append(copies, op)
			}
			m.add(sideBySide("mail_db_dump."+d.Name, copies, d.Jobs)...)
		}
	}
}

// approach makes the cold pass of a tree short: once its hot pass has been proved by content, which may take as long as it likes, passes over what has
// changed since follow until they are short. It returns what a copy that ages should wait for.
func (m *mover) approach(s declare.Sync, t operation.Tree, hot string) []string {
	var compared []string
	if s.Verify != operation.VerifyNone {
		proof := operation.CompareContents(m.target, m.source, runbook.Converge, s, t, operation.CompareFull)
		proof.Needs = []string{hot}
		m.add(proof)
		compared = []string{proof.ID}
	}
	again := operation.ConvergeTree(m.target, m.source, runbook.Converge, s, t, max(shortPass, m.c.Window.OutageBudget/coldShare))
	again.Needs = append([]string{hot}, compared...)
	m.add(again)
	return compared
}

// A cold pass is short enough at this part of the outage's budget, and always at shortPass.
const (
	coldShare = 10
	shortPass = 2 * time.Second
)

// loan is all that the target reads from the source in the whole move.
func (m *mover) loan() operation.Loan {
	loan := operation.Loan{Trees: map[string]string{}, Databases: m.databases(), Accounts: m.c.Accounts, For: m.c.Window.ConfirmWithin + loanFor + m.holding()}
	for _, s := range m.c.Syncs {
		for _, t := range operation.Trees(s) {
			loan.Trees[t.Module] = t.From
		}
	}
	for _, f := range m.c.Files {
		loan.Files = append(loan.Files, f.Paths...)
		loan.Trees["files"] = "/"
	}
	if m.c.Queue != nil {
		loan.Trees["queue"] = strings.TrimSuffix(m.c.Queue.Directory, "/") + "/hold"
		loan.Trees["maildrop"] = "@run/maildrop"
	}
	return loan
}

// arm makes both hosts able to go back by themselves, before anything of the service is touched.
func (m *mover) arm() {
	limit := m.c.Window.ConfirmWithin
	var mailUnits []string
	for _, s := range m.services(m.c.StopOrder) {
		if len(s.Units) == 0 {
			mailUnits = append(mailUnits, s.Name)
		}
		mailUnits = append(mailUnits, s.Units...)
	}
	sort.Strings(mailUnits)
	question := operation.MakeQuestion(m.source, m.target, runbook.Arm)
	armed := operation.ArmTimer(m.target, runbook.Arm, limit, mailUnits)
	m.add(
		operation.WriteHold(m.source, runbook.Arm, m.c.Name, m.governed()),
		operation.WriteHold(m.target, runbook.Arm, m.c.Name, m.governed()),
		question,
		operation.LendQuestion(m.target, m.source, runbook.Arm, limit+loanFor),
		armed,
		operation.ArmTimer(m.source, runbook.Arm, limit+sourceLater, mailUnits),
	)
	m.passages(m.c.Checks, false)
	// A target that boots before the commit starts nothing: the armed timer puts it back.
	for _, s := range m.services(m.c.StopOrder) {
		off := operation.DisableService(m.target, runbook.Arm, s)
		off.Needs = []string{armed.ID}
		m.add(off)
	}
}

// governed lists what the cutover holds on its hosts, as operations name what they touch.
func (m *mover) governed() []string {
	var things []string
	for _, s := range m.services(m.c.StopOrder) {
		things = append(things, "service:"+s.Name, "boot:"+s.Name)
	}
	for _, s := range m.c.Syncs {
		for _, t := range operation.Trees(s) {
			things = append(things, "tree:"+t.To, "tree:"+t.From)
		}
	}
	for _, d := range m.databases() {
		things = append(things, "database:"+d)
	}
	// On the way back nothing of the files is copied, but what they replaced comes back: until then nobody else changes them.
	for _, f := range slices.Concat(m.c.Files, m.c.GiveBack) {
		for _, p := range f.Paths {
			things = append(things, "file:"+p)
		}
	}
	if len(m.c.Accounts) > 0 {
		things = append(things, operation.AllAccounts)
	}
	for _, a := range m.c.Identity.Addresses {
		things = append(things, "address:"+a, "boot-address:"+a)
	}
	if _, got := m.c.Identity.Exchanged(); got != "" {
		// The files in which names are replaced are everybody's: what others change there, a way back leaves as it is.
		things = append(things, "address:"+got, "boot-address:"+got, "hostname", "file:/etc/hostname")
	}
	sort.Strings(things)
	return things
}

// jobs run online, after the commit; a failing one backs nothing out.
func (m *mover) jobs() {
	m.seeRecords()
	for _, p := range m.c.Quiesce {
		m.add(operation.StartService(m.party(p.Host), runbook.Jobs, m.quiesced(p)))
	}
	m.ranks(m.c.StartOrder, nil, m.timed, func(p operation.Party, s declare.Service) runbook.Operation {
		return operation.StartService(p, runbook.Jobs, s)
	})
	var ran []string
	for _, j := range m.c.Jobs {
		if !j.BeforeOpen {
			op := operation.RunJob(m.party(j.Host), runbook.Jobs, j.Command)
			ran = append(ran, op.ID)
			m.add(op)
		}
	}
	for _, f := range m.c.Files {
		note := operation.NoteFiles(m.target, runbook.Jobs, f, m.c.Name)
		note.Needs = ran
		m.add(note)
	}
	m.settleContents()
	m.search()
}

// quiesced is a service elsewhere; it need not be one of the product's.
func (m *mover) quiesced(p declare.Placed) declare.Service {
	if s, ok := m.c.Services[p.Service]; ok {
		return s
	}
	return declare.Service{Name: p.Service}
}
