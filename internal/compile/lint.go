package compile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Finding is a danger that the declaration itself shows.
type Finding struct {
	Code    string // stable
	Summary string
	Detail  string
}

// Lint looks for dangers in a move that a careful colleague would point at.
func Lint(r runbook.Runbook, c declare.Cutover) []Finding {
	var found []Finding
	add := func(code, summary, detail string) { found = append(found, Finding{code, summary, detail}) }
	if len(c.Checks) == 0 {
		add("L001", "No checks", "Nothing proves that the target serves before clients reach it. Give at least one check of each protocol.")
	}
	if len(c.Syncs) == 0 && len(c.Dumps) == 0 {
		add("L003", "Nothing travels", "Neither syncs nor dumps are given: the target would serve what it has now.")
	}
	for _, s := range c.Syncs {
		if !s.Delete {
			add("L004", "Deleted mail comes back", fmt.Sprintf("%s copies without delete: what was deleted on the source since the first pass would be there again.", s.Name))
		}
		if len(s.Exclude) > 0 {
			add("L005", "Something stays behind", fmt.Sprintf("%s excludes %q: look whether mail could be among it.", s.Name, s.Exclude))
		}
	}
	if outage := r.Timetable().Outage; c.Window.OutageBudget > 0 && outage > c.Window.OutageBudget {
		add("L006", "The predicted outage is above the budget", fmt.Sprintf("%s predicted, %s allowed.", outage.Round(100*time.Millisecond), c.Window.OutageBudget))
	}
	if outage := r.Timetable().Outage; c.Window.ConfirmWithin > 0 && outage > c.Window.ConfirmWithin {
		add("L007", "The timers would take the move back", fmt.Sprintf("%s predicted, confirm_within is %s.", outage.Round(100*time.Millisecond), c.Window.ConfirmWithin))
	}
	return found
}

// LintRehearsal says what a rehearsal does not prove.
func LintRehearsal(c declare.Cutover) []Finding {
	var found []Finding
	made, left := Rehearsed(c)
	if len(left) > 0 {
		found = append(found, Finding{
			"L008", "Checks that the rehearsal leaves out",
			strings.Join(left, ", ") + ": only the move can show them. They are refusals elsewhere than at the service, or commands that do not name its address.",
		})
	}
	if len(made) == 0 {
		found = append(found, Finding{"L009", "The rehearsal checks nothing", "It sees that the target's services start. Give at least one check of each protocol."})
	}
	return found
}

// HopDanger is what the catalogue says of a hop.
type HopDanger struct {
	Version      string
	FormatChange string   // what changes in the data; empty: nothing
	Advice       []string // hosts whose strategy is allowed and not recommended, with the reason
}

// LintUpgrade looks for dangers in an upgrade.
func LintUpgrade(r runbook.Runbook, u declare.Upgrade, hops []HopDanger) []Finding {
	var found []Finding
	add := func(code, summary, detail string) { found = append(found, Finding{code, summary, detail}) }
	if len(u.Checks) == 0 && len(u.Proof) == 0 {
		add("L001", "No checks", "Nothing proves that a version serves before the next hop. Give at least one check of each protocol.")
	}
	for _, hop := range hops {
		if hop.FormatChange != "" && len(u.Backup.Paths) == 0 {
			add("L010", "No backup before a format change", fmt.Sprintf("%s: %s. Without backup a hop that fails cannot be taken back.", hop.Version, hop.FormatChange))
		}
		for _, advice := range hop.Advice {
			add("L012", "A strategy that is not recommended", fmt.Sprintf("%s: %s.", hop.Version, advice))
		}
	}
	if outage := r.Timetable().Outage; u.Window.OutageBudget > 0 && outage > u.Window.OutageBudget {
		add("L006", "The predicted outage is above the budget", fmt.Sprintf("%s predicted, %s allowed.", outage.Round(100*time.Millisecond), u.Window.OutageBudget))
	}
	return found
}

func portOf(address string) int {
	port := address[strings.LastIndexByte(address, ':')+1:]
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}
