package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
)

// markdown gathers lines.
type markdown struct{ strings.Builder }

func (m *markdown) line(format string, args ...any) {
	_, _ = fmt.Fprintf(m, format+"\n", args...) // a builder takes everything
}

// table writes a table; texts are escaped.
func (m *markdown) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	m.line("| %s |", strings.Join(head, " | "))
	m.line("|%s", strings.Repeat("---|", len(head)))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = plainly(cell)
		}
		m.line("| %s |", strings.Join(cells, " | "))
	}
	m.line("")
}

// plainly keeps a text from being taken for markup. Code between backticks stays code.
func plainly(text string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "|", "\\|", "<", "&lt;", ">", "&gt;", "[", "\\[", "\n", " ").Replace(text)
}

// code is a block that holds commands as they are.
func (m *markdown) code(commands []string) {
	text := strings.Join(commands, "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	m.line("%ssh\n%s\n%s\n", fence, text, fence)
}

// signatures are what a change board fills in.
func (m *markdown) signatures() {
	m.line("## Signatures\n")
	m.table([]string{"", "name", "date", "signature"}, [][]string{{"prepared", "", "", ""}, {"checked", "", "", ""}, {"approved", "", "", ""}})
}

func planMarkdown(d plan.Document) string {
	m := &markdown{}
	c, names := clockOf(d), hostsOf(d)
	m.line("# What this plan does to mail servers\n")
	var rows [][]string
	for _, t := range totals(d) {
		rows = append(rows, []string{t.Name, t.Value})
	}
	m.table([]string{"", ""}, rows)
	m.line("## Timetable\n")
	for _, r := range d.Resources {
		m.line("### %s: %s%s\n", plainly(r.Address), r.Action, resourceTimes(c, r))
		for _, line := range resourceLines(r) {
			m.line("%s\n", plainly(line))
		}
		rows = nil
		for _, s := range r.Steps {
			rows = append(rows, []string{fmt.Sprint(s.Number), c.at(s.Start), s.Sentence, names.name(s.Host), s.Stage, takes(s), service(s.Offline), s.Undo})
		}
		m.table([]string{"step", "start", "activity", "host", "stage", "takes", "service", "undo"}, rows)
		for _, words := range r.Words {
			m.line("- %s", plainly(words))
		}
		if len(r.Words) > 0 {
			m.line("")
		}
	}
	rows = nil
	for _, h := range d.Hours {
		rows = append(rows, []string{c.day(h.At), hourly(c, h)})
	}
	if len(rows) > 0 {
		m.line("## Service by the hour\n")
	}
	m.table([]string{"hour", "service"}, rows)
	if costs := recoveries(d); len(costs) > 0 {
		m.line("## Contingency\n")
		m.table([]string{"if this fails once", "more"}, costs)
	}
	rows = nil
	for _, h := range d.Hosts {
		rows = append(rows, []string{h.Name, strings.Join(h.Addresses, ", "), h.ID})
	}
	if len(rows) > 0 {
		m.line("## Hosts\n")
	}
	m.table([]string{"host", "addresses", "key"}, rows)
	m.byHand(d, names)
	m.line("## To be known\n")
	for _, note := range append(assumptions(d), d.Notes...) {
		m.line("- %s", plainly(note))
	}
	m.line("")
	m.signatures()
	return strings.TrimRight(m.String(), "\n") + "\n"
}

// recoveries are what proofs cost that fail once.
func recoveries(d plan.Document) [][]string {
	var rows [][]string
	for _, r := range d.Resources {
		for _, s := range r.Steps {
			if s.Recovery > 0 {
				rows = append(rows, []string{fmt.Sprintf("%s, step %d: %s", r.Address, s.Number, s.Sentence), span(time.Duration(s.Recovery))})
			}
		}
	}
	return rows
}

// byHand says how to do each step without the provider, as far as the procedure knows.
func (m *markdown) byHand(d plan.Document, names hosts) {
	headed := false
	for _, r := range d.Resources {
		for _, s := range r.Steps {
			if len(s.ByHand)+len(s.UndoByHand) == 0 {
				continue
			}
			if !headed {
				m.line("## By hand\n")
				headed = true
			}
			m.line("**%s, step %d**, on %s: %s\n", plainly(r.Address), s.Number, plainly(names.name(s.Host)), plainly(s.Sentence))
			if len(s.ByHand) > 0 {
				m.code(s.ByHand)
			}
			if len(s.UndoByHand) > 0 {
				m.line("To take it back:\n")
				m.code(s.UndoByHand)
			}
		}
	}
}
