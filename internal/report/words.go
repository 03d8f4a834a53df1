// Package report writes what was compiled, and what was run, for people: as text, Markdown or HTML. The same values give the same bytes.
package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// span writes a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d > -50*time.Millisecond && d < 50*time.Millisecond:
		return "0 s"
	case d < 0:
		return "−" + span(-d)
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	d = d.Round(time.Second)
	hours, minutes, seconds := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	switch {
	case hours > 0 && seconds > 0:
		return fmt.Sprintf("%d h %02d min %02d s", hours, minutes, seconds)
	case hours > 0:
		return fmt.Sprintf("%d h %02d min", hours, minutes)
	case seconds > 0:
		return fmt.Sprintf("%d min %02d s", minutes, seconds)
	}
	return fmt.Sprintf("%d min", minutes)
}

// clock writes times of day: by the minute where all that is to be written are whole minutes, else by the second.
type clock struct {
	begin  time.Duration
	minute bool
}

func clockOf(d plan.Document) clock {
	c := clock{begin: time.Duration(d.Begin), minute: true}
	for _, r := range d.Resources {
		for _, s := range r.Steps {
			c.minute = c.minute && time.Duration(s.Start)%time.Minute == 0 && time.Duration(s.Takes)%time.Minute == 0
		}
	}
	return c
}

// at writes a moment that is counted from the beginning.
func (c clock) at(since plan.Seconds) string { return c.day(plan.Seconds(c.begin) + since) }

// day writes a moment that is counted from midnight of the first day.
func (c clock) day(of plan.Seconds) string { return runbook.TimeOfDay(time.Duration(of), c.minute) }

func service(offline bool) string {
	if offline {
		return "offline"
	}
	return "online"
}

// takes says how long a step takes, as far as it is known.
func takes(s plan.Step) string {
	if !s.Estimated {
		return "not known"
	}
	return span(time.Duration(s.Takes))
}

// hourly says how the service stands in an hour.
func hourly(c clock, h plan.Hour) string {
	text, offline := service(h.Offline), h.Offline
	for _, change := range h.Changes {
		offline = !offline
		text += ", " + service(offline) + " from " + c.day(change)
	}
	return text
}

// hosts gives names to the ids of hosts.
type hosts map[string]string

func hostsOf(d plan.Document) hosts {
	names := hosts{"": "the machine that runs Terraform"}
	for _, h := range d.Hosts {
		names[h.ID] = h.Name
	}
	return names
}

// name is a host's name; its id where no name is known.
func (h hosts) name(id string) string {
	if name, known := h[id]; known {
		return name
	}
	return id
}

// total is one line of the sums.
type total struct{ Name, Value string }

func totals(d plan.Document) []total {
	least := ""
	if d.Incomplete {
		least = "at least "
	}
	out := []total{
		{"Steps", fmt.Sprint(d.Totals.Steps)},
		{"Work", least + span(time.Duration(d.Totals.Work))},
		{"Out of service", outage(d, least)},
		{"With the contingency", contingency(d, least)},
	}
	for _, r := range d.Resources {
		if r.Predicted != "" {
			out = append(out, total{"Predicted by the plan", "outage " + r.Predicted + " (" + r.Address + "; what earlier runs took enters it, as far as the provider has kept it)"})
		}
	}
	for _, r := range d.Resources {
		if r.Latest != nil {
			out = append(out, total{"Latest way back", fmt.Sprintf("begins %s, so that the outage stays within %s (%s)", clockOf(d).at(*r.Latest), span(time.Duration(r.Budget)), r.Address)})
		}
	}
	return append(out, total{"Digest", d.Digest})
}

func contingency(d plan.Document, least string) string {
	text := least + span(time.Duration(d.Totals.Contingency.Work)) + " of work, "
	if len(d.Down) == 0 {
		return text + "out of service: " + outage(d, least)
	}
	return text + least + span(time.Duration(d.Totals.Contingency.Outage)) + " out of service"
}

func outage(d plan.Document, least string) string {
	if len(d.Down) == 0 {
		if !d.OutageKnown {
			return "not known"
		}
		return "never"
	}
	c := clockOf(d)
	var spans []string
	for _, s := range d.Down {
		spans = append(spans, c.at(s.From)+"–"+c.at(s.To))
	}
	return least + span(time.Duration(d.Totals.Outage)) + " (" + strings.Join(spans, ", ") + ")"
}

// stops reports whether a service is stopped of which nothing tells that it serves anybody.
func stops(d plan.Document) bool {
	for _, r := range d.Resources {
		for _, s := range r.Steps {
			if s.Kind == "stop_service" && s.Stage == string(runbook.Change) && !s.Offline {
				return true
			}
		}
	}
	return false
}

// assumptions are what the times rest on.
func assumptions(d plan.Document) []string {
	out := []string{
		"Times count from the beginning of the apply. They come from what is declared and from what the last run took; a step that has run nowhere yet has the provider's own estimate.",
		"Resources that do not depend on each other run side by side. Other providers' resources count as taking no time.",
		"The contingency: each proof that fails once costs its recovery. A move that fails goes back as a whole: its source's services start again.",
	}
	if d.Incomplete {
		out = append(out, "How long some of it takes is not known: sums are the least that it comes to.")
	}
	if stops(d) {
		out = append(out, "Out of service is what moves and upgrades cost. Whether anybody is served by a service that another resource stops a plan does not tell.")
	}
	for _, r := range d.Resources {
		for _, s := range r.Steps {
			if strings.Contains(strings.Join(append(s.ByHand, s.UndoByHand...), " "), "@before") {
				return append(out, "By hand: @before stands for the folder of the step's before-image, @journal for that of the journals on the host, @run for the name of the run.")
			}
		}
	}
	return out
}

// Span writes a duration as people say it.
func Span(d time.Duration) string { return span(d) }
