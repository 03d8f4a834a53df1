package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/timetable"
)

// Run is the last run of a resource, with what stands beside it in the state or in the hosts' journals.
type Run struct {
	Resource string // its address, or what the journals call it
	Hosts    []string
	Status   string // of the resource, as it was last seen
	Drift    []string
	Ledger   map[string]string
	Last     *timetable.Run // nil: nothing has been run
	Move     string         // what the resource says of its last move, which may be an earlier run; empty: nothing
	Notes    []string
}

// RunFormats are the formats that Runs knows.
func RunFormats() []string { return []string{"text", "markdown", "html"} }

// Runs writes what was run: what was predicted against what was measured, the ledger, and what was changed.
func Runs(runs []Run, format string) ([]byte, error) {
	parts := make([]runPart, len(runs))
	for i, r := range runs {
		parts[i] = newRunPart(r)
		if parts[i].Timeline != nil {
			parts[i].Timeline.ID = i
		}
	}
	switch format {
	case "markdown":
		return []byte(runsMarkdown(parts)), nil
	case "html":
		return runsHTML(parts)
	case "text":
		return []byte(runsText(parts)), nil
	}
	return nil, fmt.Errorf("format %q is none of %s", format, strings.Join(RunFormats(), ", "))
}

// runPart is a run in words.
type runPart struct {
	Run
	Facts    []total
	Steps    []runStep
	Ledger   []total
	Timeline *timeline
}

// runStep is one step in words.
type runStep struct {
	Number                                                                int
	Step, Stage, Service                                                  string
	PredictedStart, PredictedTakes, MeasuredStart, MeasuredTakes, Outcome string
	Offline                                                               bool
	Changed                                                               string // what it measured of what it did
}

func newRunPart(r Run) runPart {
	part := runPart{Run: r}
	for _, name := range slices.Sorted(maps.Keys(r.Ledger)) {
		part.Ledger = append(part.Ledger, total{name, r.Ledger[name]})
	}
	if r.Last == nil {
		return part
	}
	last := r.Last
	table := timetable.Of(*last, 0)
	part.Facts = facts(r, table)
	rows := make(map[string]timetable.Row, len(table.Rows))
	for _, row := range table.Rows {
		rows[row.ID] = row
	}
	var bars []bar
	for i, s := range last.Steps {
		row := rows[s.ID]
		step := runStep{
			Number: i + 1, Step: s.Sentence, Stage: s.Stage, Service: service(s.Offline), Offline: s.Offline, Outcome: outcome(s), Changed: measurements(s.Result),
			PredictedStart: "not known", PredictedTakes: "not known", MeasuredStart: runbook.TimeOfDay(row.MeasuredStart, false), MeasuredTakes: span(row.MeasuredTakes),
		}
		b := bar{label: fmt.Sprintf("%02d %s", i+1, s.Sentence), from: row.MeasuredStart, to: row.MeasuredStart + row.MeasuredTakes, offline: s.Offline}
		if s.PredictedBegin != nil {
			step.PredictedStart = runbook.TimeOfDay(row.Start, false)
			if row.Known {
				step.PredictedTakes = span(row.Takes)
				b.guessFrom, b.guessTo = row.Start, row.Start+row.Takes
			}
		}
		b.title = fmt.Sprintf("%s: measured %s from %s, predicted %s from %s; %s", b.label, step.MeasuredTakes, step.MeasuredStart, step.PredictedTakes, step.PredictedStart, step.Outcome)
		bars = append(bars, b)
		part.Steps = append(part.Steps, step)
	}
	part.Timeline = draw(bars, nil, func(at time.Duration) string { return axis(clock{}, at) })
	return part
}

// facts are a run in short, with prediction and measurement beside each other.
func facts(r Run, table timetable.Table) []total {
	last := r.Last
	out := []total{{"Run", last.Name}, {"Ended as", last.Status}}
	if r.Status != "" {
		out = append(out, total{"Status now", r.Status})
	}
	if r.Move != "" {
		out = append(out, total{"Last move", r.Move})
	}
	if last.Started != "" {
		out = append(out, total{"Started", last.Started})
	}
	if last.Ended != "" {
		out = append(out, total{"Ended", last.Ended})
	}
	predicted, outage := "not known", "not known"
	if last.Predicted != nil {
		least := ""
		if slices.ContainsFunc(table.Rows, func(row timetable.Row) bool { return !row.Known }) {
			least = "at least " // of some steps it was not known how long they take
		}
		predicted, outage = least+span(table.Work), least+span(table.Outage)
		if table.Contingency != nil {
			predicted += " (with the contingency " + span(table.Contingency.Work) + ")"
			outage += " (with the contingency " + span(table.Contingency.Outage) + ")"
		}
	}
	out = append(out, total{"Work", "measured " + span(table.Measured.Work) + ", predicted " + predicted})
	out = append(out, total{"Out of service", "measured " + span(table.Measured.Outage) + ", predicted " + outage})
	var done, skipped, undone, failed int
	for _, s := range last.Steps {
		switch {
		case s.Error != "":
			failed++
		case s.Undone:
			undone++
		case s.Skipped:
			skipped++
		default:
			done++
		}
	}
	out = append(out, total{"Steps", fmt.Sprintf("%d done, %d found done already, %d taken back, %d failed", done, skipped, undone, failed)})
	return append(out, total{"Digest", last.Digest})
}

// outcome says how a step ended.
func outcome(s timetable.Step) string {
	var words []string
	switch {
	case s.Error != "":
		words = append(words, "failed: "+s.Error)
	case s.Skipped:
		words = append(words, "was done already")
	default:
		words = append(words, "done")
	}
	if s.Undone {
		words = append(words, "taken back")
	}
	return strings.Join(words, ", ")
}

// measurements are what a step counted.
func measurements(result map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(result)) {
		if result[name] != "" {
			out = append(out, name+"="+result[name])
		}
	}
	return strings.Join(out, ", ")
}

const runsTitle = "What was run"

func runsText(parts []runPart) string {
	var b strings.Builder
	b.WriteString(runsTitle + "\n")
	for _, p := range parts {
		_, _ = fmt.Fprintf(&b, "\n%s\n", p.Resource)
		for _, line := range p.lines() {
			b.WriteString("  " + line + "\n")
		}
		for _, f := range p.Facts {
			_, _ = fmt.Fprintf(&b, "  %-15s %s\n", f.Name+":", f.Value)
		}
		for _, s := range p.Steps {
			_, _ = fmt.Fprintf(&b, "  %02d %s  %-7s  measured %s, predicted %s (%s)  %s: %s", s.Number, s.MeasuredStart, s.Service, s.MeasuredTakes, s.PredictedTakes, s.PredictedStart, s.Step, s.Outcome)
			if s.Changed != "" {
				b.WriteString(" [" + oneLine(s.Changed) + "]")
			}
			b.WriteString("\n")
		}
		for _, l := range p.Ledger {
			_, _ = fmt.Fprintf(&b, "  ledger: %s: %s\n", l.Name, oneLine(l.Value))
		}
		for _, list := range p.lists() {
			for _, text := range list.Texts {
				_, _ = fmt.Fprintf(&b, "  %s: %s\n", list.Name, oneLine(text))
			}
		}
	}
	return b.String()
}

// lines are what is said of a run first.
func (p runPart) lines() []string {
	var lines []string
	if p.Last == nil {
		lines = append(lines, "Nothing has been run.")
	}
	for _, host := range p.Hosts {
		lines = append(lines, "On "+host)
	}
	return append(lines, p.Notes...)
}

// list is a heading with texts.
type list struct {
	Name  string
	Texts []string
}

// lists are what is left open.
func (p runPart) lists() []list {
	var out []list
	if len(p.Drift) > 0 {
		out = append(out, list{"drift", p.Drift})
	}
	if p.Last != nil && len(p.Last.Remaining) > 0 {
		out = append(out, list{"remains to be done by hand", p.Last.Remaining})
	}
	return out
}

func runsMarkdown(parts []runPart) string {
	m := &markdown{}
	m.line("# %s\n", runsTitle)
	for _, p := range parts {
		m.line("## %s\n", plainly(p.Resource))
		for _, line := range p.lines() {
			m.line("%s\n", plainly(line))
		}
		m.table([]string{"", ""}, cells(p.Facts))
		var rows [][]string
		for _, s := range p.Steps {
			rows = append(rows, []string{fmt.Sprint(s.Number), s.Step, s.Stage, s.Service, s.PredictedStart, s.PredictedTakes, s.MeasuredStart, s.MeasuredTakes, s.Outcome, s.Changed})
		}
		m.table([]string{"step", "activity", "stage", "service", "predicted start", "predicted", "measured start", "measured", "outcome", "counted"}, rows)
		if len(p.Ledger) > 0 {
			m.line("### Ledger\n")
			m.table([]string{"what", "account"}, cells(p.Ledger))
		}
		for _, list := range p.lists() {
			m.line("### %s%s\n", strings.ToUpper(list.Name[:1]), list.Name[1:])
			for _, text := range list.Texts {
				m.line("- %s", plainly(text))
			}
			m.line("")
		}
	}
	return strings.TrimRight(m.String(), "\n") + "\n"
}

func cells(totals []total) [][]string {
	var rows [][]string
	for _, t := range totals {
		rows = append(rows, []string{t.Name, t.Value})
	}
	return rows
}

// runsPage is what the page of runs shows.
type runsPage struct {
	Title string
	Parts []runPage
}

type runPage struct {
	runPart
	Lines []string
	Lists []list
}

func runsHTML(parts []runPart) ([]byte, error) {
	p := runsPage{Title: runsTitle}
	for _, part := range parts {
		p.Parts = append(p.Parts, runPage{part, part.lines(), part.lists()})
	}
	return page("runs.html", p)
}
