package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
)

// Plan writes a plan in a format: text, json, markdown or html. Another format is a fault of the caller.
func Plan(d plan.Document, format string) ([]byte, error) {
	switch format {
	case "json":
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(d); err != nil {
			return nil, fmt.Errorf("write the plan as JSON: %w", err)
		}
		return out.Bytes(), nil
	case "markdown":
		return []byte(planMarkdown(d)), nil
	case "html":
		return planHTML(d)
	case "text":
		return []byte(planText(d)), nil
	}
	return nil, fmt.Errorf("format %q is none of %s", format, strings.Join(PlanFormats(), ", "))
}

// PlanFormats are the formats that Plan knows.
func PlanFormats() []string { return []string{"text", "json", "markdown", "html"} }

func planText(d plan.Document) string {
	var b strings.Builder
	c, names := clockOf(d), hostsOf(d)
	b.WriteString("What this plan does to mail servers\n\n")
	for _, t := range totals(d) {
		fmt.Fprintf(&b, "%-22s %s\n", t.Name+":", t.Value)
	}
	if len(d.Hosts) > 0 {
		b.WriteString("\nHosts:\n")
	}
	for _, h := range d.Hosts {
		fmt.Fprintf(&b, "  %s  %s  %s\n", h.Name, strings.Join(h.Addresses, ", "), h.ID)
	}
	for i, r := range d.Resources {
		fmt.Fprintf(&b, "\n%d. %s: %s%s\n", i+1, r.Address, r.Action, resourceTimes(c, r))
		for _, line := range resourceLines(r) {
			b.WriteString("   " + line + "\n")
		}
		for _, s := range r.Steps {
			fmt.Fprintf(&b, "   %s  %-9s  %-7s  %s: %02d %s%s\n", c.at(s.Start), takes(s), service(s.Offline), names.name(s.Host), s.Number, s.Sentence, undoOf(s))
			for _, command := range s.ByHand {
				b.WriteString("       by hand: " + oneLine(command) + "\n")
			}
			for _, command := range s.UndoByHand {
				b.WriteString("       undo by hand: " + oneLine(command) + "\n")
			}
		}
		for _, words := range r.Words {
			b.WriteString("   " + words + "\n")
		}
	}
	if len(d.Hours) > 0 {
		b.WriteString("\nService by the hour:\n")
	}
	for _, h := range d.Hours {
		b.WriteString("  " + c.day(h.At) + " " + hourly(c, h) + "\n")
	}
	b.WriteString("\n")
	for _, note := range append(assumptions(d), d.Notes...) {
		b.WriteString("- " + note + "\n")
	}
	return b.String()
}

// resourceTimes says when a resource's work begins and how long it takes.
func resourceTimes(c clock, r plan.Resource) string {
	if len(r.Steps) == 0 || r.Totals.Work == 0 {
		return ""
	}
	return ", begins " + c.at(r.Start) + ", takes " + takes(plan.Step{Takes: r.Totals.Work, Estimated: true})
}

// resourceLines are what is to be said of a resource beside its steps.
func resourceLines(r plan.Resource) []string {
	var lines []string
	if r.Note != "" {
		lines = append(lines, "Note: "+r.Note+".")
	}
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("Finding %s: %s. %s", f.Code, f.Summary, f.Detail))
	}
	if r.Digest != "" {
		lines = append(lines, "Digest: "+r.Digest)
	}
	return lines
}

func undoOf(s plan.Step) string {
	text := ""
	if s.Undo != "" {
		text = " (undo: " + s.Undo + ")"
	}
	if s.Recovery > 0 {
		text += " (if it fails once: " + span(time.Duration(s.Recovery)) + " more)"
	}
	return text
}

// oneLine keeps a command of several lines on one.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "⏎ ") }
