package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/report"
)

// The measures of what is drawn on a terminal.
const (
	barLength   = 40
	shownSteps  = 8
	longestLine = 200
)

// draw writes lines that stay, and under them, in place of what was drawn last, how each run stands.
func (w *watch) draw(lines []string, open []*progress.State, now time.Time) error {
	var block []string
	for _, state := range open {
		done, total := state.Count()
		full := 0
		if total > 0 {
			full = barLength * done / total
		}
		block = append(block, headline(state),
			"  ["+strings.Repeat("#", full)+strings.Repeat("-", barLength-full)+"] "+standing(state, now))
		running := state.Running()
		for i, step := range running {
			if i == shownSteps {
				block = append(block, fmt.Sprintf("  and %d more", len(running)-i))
				break
			}
			block = append(block, "  … "+step.Sentence+" (about "+report.Span(time.Duration(step.Takes*float64(time.Second)))+")")
		}
	}
	var text strings.Builder
	if w.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA\x1b[J", w.drawn) // up, and empty from there
	}
	for _, line := range lines {
		text.WriteString(printable(line) + "\n")
	}
	text.WriteString("\x1b[?7l") // a line that is drawn again takes up one, however narrow the terminal is
	for _, line := range block {
		text.WriteString(cut(printable(line)) + "\n")
	}
	text.WriteString("\x1b[?7h")
	w.drawn = len(block)
	if _, err := w.out.Write([]byte(text.String())); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// cut keeps a line within bounds.
func cut(line string) string {
	runes := []rune(line)
	if len(runes) <= longestLine {
		return line
	}
	return string(runes[:longestLine-1]) + "…"
}
