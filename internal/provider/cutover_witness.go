package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// What a line of drift begins with that tells who serves.
const (
	bothServe = "both sides serve"
	noneServe = "none serves"
)

// witness says who really serves, where that is not the side that shall, and that one alone; and what the last move left undone.
func (m *cutoverModel) witness(ctx context.Context, s *shared, book runbook.Runbook, seen executor.Observation) []executor.Difference {
	c, err := m.declaration(s.products)
	if err != nil {
		return nil // said by the probe's own procedure
	}
	var found []executor.Difference
	if line := m.serves(ctx, s, c, book, seen); line != "" {
		found = append(found, executor.Difference{Sentence: line})
	}
	return append(found, m.leftovers(ctx, s, c)...)
}

// serves is the line of drift that says who serves; empty where nothing is to be said.
func (m *cutoverModel) serves(ctx context.Context, s *shared, c declare.Cutover, book runbook.Runbook, seen executor.Observation) string {
	if len(seen.Drift) == 0 {
		return ""
	}
	f := factsOf(c, book, seen)
	if f.passive == nil && f.addressed && !f.asked {
		// Of a target that waits for its move nobody knows whether it shall run: who has the address and runs is asked for.
		serving, err := s.engine.Serving(ctx, c)
		if err == nil && (serving.Side == bothSides || serving.Side == declare.Target) {
			f.passive = []string{"everything"}
		}
	}
	line := f.line(c)
	if line != "" && c.Active == declare.Source {
		if cut, err := s.engine.Cut(ctx, c); err == nil && cut.Side == "" {
			line = strings.Replace(line, "the source has the cut mark and ", "no move was committed, so that the source ", 1)
		}
	}
	return line
}

// bothSides is what the executor calls it when both sides serve.
const bothSides = "both"

// facts are what differences say about who answers clients.
type facts struct {
	lacks     []string // what the side that shall serve lacks
	passive   []string // services that run on the other one
	addressed bool     // the other one has a service address, or each side has its own anyway
	asked     bool     // whether the other one's services run was looked at
}

// factsOf reads differences. What works by the clock serves nobody.
func factsOf(c declare.Cutover, book runbook.Runbook, seen executor.Observation) facts {
	f := facts{addressed: len(c.Identity.Moving()) == 0}
	for _, op := range book.Operations {
		drifted := slices.ContainsFunc(seen.Drift, func(d executor.Difference) bool { return d.ID == op.ID })
		timed := strings.HasSuffix(op.Kind, "_service") && c.Services[op.Args[0]].Timed
		serving := op.Host == book.Serves
		f.asked = f.asked || !serving && op.Kind == "stop_service"
		if !drifted || timed {
			continue
		}
		if serving {
			f.lacks = append(f.lacks, lack(op)...)
			continue
		}
		switch op.Kind {
		case "stop_service":
			f.passive = append(f.passive, op.Args[0])
		case "drop_address":
			f.addressed = true
		}
	}
	return f
}

// lack is what a side lacks to serve where the operation's effect does not hold; nothing where it serves all the same.
func lack(op runbook.Operation) []string {
	switch op.Kind {
	case "start_service":
		return []string{op.Args[0] + " does not run"}
	case "take_address":
		return []string{"the address " + op.Args[0] + " is missing"}
	case "lower_fence":
		return []string{"a fence keeps clients out"}
	}
	return nil
}

// line is a line of drift; empty where the side that shall serve does, and alone.
func (f facts) line(c declare.Cutover) string {
	side, other := c.Active, declare.Source
	if side == declare.Source {
		other = declare.Target
	}
	has := "the " + side + " has the cut mark and "
	keeps, takes := "keeps the address", "takes the address back"
	if len(c.Identity.Moving()) == 0 {
		keeps, takes = "is the one that shall serve", "is the one that shall serve"
	}
	lacks := "on the " + side + " " + strings.Join(f.lacks, ", ")
	switch answers := f.addressed && len(f.passive) > 0; {
	case answers && len(f.lacks) == 0:
		return bothServe + ": " + has + keeps
	case answers:
		return "the " + other + " serves (" + lacks + "): " + has + takes
	case len(f.lacks) > 0:
		return noneServe + ": " + lacks
	}
	return ""
}

// splitBrain says in the plan what mending does where both sides answer, as the last refresh found.
func splitBrain(subject string, was *cutoverModel) diag.Diagnostics {
	var diags diag.Diagnostics
	var read reader
	for _, line := range read.texts("drift", was.Drift) {
		if strings.HasPrefix(line, bothServe) {
			diags.AddWarning("Both sides serve", subject+": "+line+
				". This plan takes service off the other side.\n\nNext: apply it soon: until then clients may reach either side.")
		}
	}
	return diags
}
