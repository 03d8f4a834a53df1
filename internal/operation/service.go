package operation

import (
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

func serviceArgs(s declare.Service) []string {
	return []string{s.Name, strings.Join(units(s), " "), shell.Quote(s.Start...), shell.Quote(s.Stop...), shell.Quote(s.Status...)}
}

func units(s declare.Service) []string {
	if len(s.Units) > 0 {
		return s.Units
	}
	return []string{s.Name}
}

func byHand(argv []string, verb, name string) []string {
	if len(argv) > 0 {
		return []string{shell.Quote(argv...)}
	}
	return []string{shell.Quote("systemctl", verb, name)}
}

// StopService stops a service and waits until its status says so. Undo starts it if it ran.
func StopService(p Party, stage runbook.Stage, s declare.Service) runbook.Operation {
	op := on("stop_service", p, stage, s.Name)
	op.Lasting = true
	op.Args = serviceArgs(s)
	op.Touches = []string{"service:" + s.Name}
	op.Sentence = "stop " + s.Name + " on " + p.the()
	op.Undo = "start it"
	op.ByHand, op.UndoByHand = byHand(s.Stop, "stop", s.Name), byHand(s.Start, "start", s.Name)
	op.Estimate = s.StopEstimate
	return op
}

// StartService starts a service and waits until its status says so. Undo stops it if it stood.
func StartService(p Party, stage runbook.Stage, s declare.Service) runbook.Operation {
	op := on("start_service", p, stage, s.Name)
	op.Lasting = true
	op.Args = serviceArgs(s)
	op.Touches = []string{"service:" + s.Name}
	op.Sentence = "start " + s.Name + " on " + p.the()
	op.Undo = "stop it"
	op.ByHand, op.UndoByHand = byHand(s.Start, "start", s.Name), byHand(s.Stop, "stop", s.Name)
	op.Estimate = s.StartEstimate
	return op
}

// DisableService takes a service out of the boot.
func DisableService(p Party, stage runbook.Stage, s declare.Service) runbook.Operation {
	op := on("disable_service", p, stage, s.Name)
	op.Lasting = true
	op.Args = serviceArgs(s)[:2]
	op.Touches = []string{"boot:" + s.Name}
	op.Sentence = "keep " + s.Name + " from starting at boot on " + p.the()
	op.Undo = "enable what was enabled"
	op.ByHand = []string{shell.Quote(append([]string{"systemctl", "disable"}, units(s)...)...)}
	op.UndoByHand = []string{shell.Quote(append([]string{"systemctl", "enable"}, units(s)...)...)}
	op.Estimate = bootEstimate
	return op
}

// EnableService puts a service into the boot.
func EnableService(p Party, stage runbook.Stage, s declare.Service) runbook.Operation {
	op := on("enable_service", p, stage, s.Name)
	op.Lasting = true
	op.Args = serviceArgs(s)[:2]
	op.Touches = []string{"boot:" + s.Name}
	op.Sentence = "let " + s.Name + " start at boot on " + p.the()
	op.Undo = "disable what was disabled"
	op.ByHand = []string{shell.Quote(append([]string{"systemctl", "enable"}, units(s)...)...)}
	op.UndoByHand = []string{shell.Quote(append([]string{"systemctl", "disable"}, units(s)...)...)}
	op.Estimate = bootEstimate
	return op
}
