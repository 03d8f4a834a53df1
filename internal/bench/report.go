package bench

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Goal is the share of the script's outage that ours shall not exceed.
const Goal = 0.35

// Part is a part of a move and how long it took.
type Part struct {
	Name    string
	Seconds float64
}

// Pair is the same migration done twice: by the script and by us.
type Pair struct {
	Script, Ours           time.Duration // the outages, as the client saw them
	ScriptParts, OursParts []Part        // where they went, in their order
	Longest                []Part        // our longest operations, longest first
}

// Ratio is our outage as a share of the script's.
func (p Pair) Ratio() float64 { return p.Ours.Seconds() / p.Script.Seconds() }

// Write prints where the time went in one pair.
func (p Pair) Write(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "script %6.2f s\n", p.Script.Seconds()); err != nil {
		return err
	}
	if err := writeParts(w, p.ScriptParts); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "ours   %6.2f s  ratio %.2f\n", p.Ours.Seconds(), p.Ratio()); err != nil {
		return err
	}
	if err := writeParts(w, p.OursParts); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, "our longest operations"); err != nil {
		return err
	}
	return writeParts(w, p.Longest)
}

func writeParts(w io.Writer, parts []Part) error {
	for _, part := range parts {
		if _, err := fmt.Fprintf(w, "  %-60s %6.2f s\n", part.Name, part.Seconds); err != nil {
			return err
		}
	}
	return nil
}

// Line is the closing line: the median of the pairs' ratios and their range. No pairs give no line.
func Line(pairs []Pair) string {
	if len(pairs) == 0 {
		return ""
	}
	ratios := make([]float64, 0, len(pairs))
	for _, p := range pairs {
		ratios = append(ratios, p.Ratio())
	}
	slices.Sort(ratios)
	middle := (ratios[(len(ratios)-1)/2] + ratios[len(ratios)/2]) / 2
	return fmt.Sprintf("bench: outage-vs-script ratio=%.2f range=%.2f..%.2f goal=%.2f", middle, ratios[0], ratios[len(ratios)-1], Goal)
}
