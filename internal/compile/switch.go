package compile

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// switchOver makes the declared commands lead clients to the side that shall serve. They run on the declared target, on the way back too, where it is the
// source: so one host has them, and its own timer takes them back.
func (m *mover) switchOver(stage runbook.Stage) {
	commands := *m.c.Identity.Command
	host, there := m.target, m.c.Active == declare.Target
	if stage == runbook.Identity && m.back() {
		host = m.source
	}
	m.add(operation.SwitchService(host, stage, commands, there))
}
