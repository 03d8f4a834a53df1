package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Probe asks the hosts which lasting effects of a runbook hold now. It changes nothing.
func (c *Controller) Probe(ctx context.Context, book runbook.Runbook, resource string) Observation {
	seen := Observation{Status: Settled, Results: map[string]string{}}
	lasting := book
	lasting.Operations = slices.DeleteFunc(slices.Clone(book.Operations), func(op runbook.Operation) bool { return !op.Lasting })
	steps := map[string]StepResult{}
	for _, id := range lasting.Hosts() {
		found, err := c.probeHost(ctx, lasting, id, resource)
		if err != nil {
			seen.Status, seen.Err = Unreachable, errors.Join(seen.Err, err)
			continue
		}
		for op, step := range found {
			steps[op] = step
		}
	}
	if seen.Err != nil {
		return seen
	}
	for _, op := range lasting.Operations {
		if op.Host == "" {
			steps[op.ID] = c.probeRecords(ctx, op)
		}
		step, ok := steps[op.ID]
		if !ok {
			continue
		}
		for name, value := range step.Result {
			seen.Results[op.ID+"."+name] = value
		}
		switch {
		case step.Error == fmt.Sprintf("exit code %d", exitHeld):
			seen.Status, seen.Hold = Held, step.Result["holder"]
		case step.Error != "":
			seen.Drift = append(seen.Drift, differences(op, step)...)
		}
	}
	if len(seen.Drift) > 0 && seen.Status != Held {
		seen.Status = Drifted
	}
	return seen
}

// differences are what an operation that does not hold says of itself (results "drift.<n>"), else its sentence.
func differences(op runbook.Operation, step StepResult) []Difference {
	var all []Difference
	for n := 0; ; n++ {
		text, ok := step.Result["drift."+strconv.Itoa(n)]
		if !ok {
			break
		}
		if op.Host == "" {
			text = "DNS: " + text
		} else {
			text = op.Role + ": " + text
		}
		all = append(all, Difference{ID: op.ID, Sentence: text})
	}
	if len(all) == 0 {
		all = []Difference{{ID: op.ID, Sentence: "does not hold any more: " + op.Sentence}}
	}
	return all
}

func (c *Controller) probeHost(ctx context.Context, book runbook.Runbook, id, resource string) (map[string]StepResult, error) {
	h, err := c.host(id)
	if err != nil {
		return nil, err
	}
	holder := (&run{opts: Options{Resource: resource}}).holder()
	res, err := c.inline(ctx, h, operation.Sheet(book, id, holder), "probe_all", book.Name)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", strings.Join(knownAddresses(h), " or "), err)
	}
	if res.Exit != 0 {
		return nil, fmt.Errorf("look at %s: %w", h.Address(), hostError(res))
	}
	return parseSteps(string(res.Stdout)), nil
}

// Facts asks a host what it is.
func (c *Controller) Facts(ctx context.Context, id string) (Facts, error) {
	h, err := c.host(id)
	if err != nil {
		return Facts{}, err
	}
	answers, err := c.look(ctx, h, "cmd_facts")
	if err != nil {
		return Facts{}, err
	}
	facts := Facts{
		Hostname: answers["hostname"], Machine: answers["machine_id"], OS: answers["os"], Arch: answers["arch"],
		Init: answers["init"], Network: answers["network"], BootID: answers["boot_id"], Tools: map[string]string{},
	}
	for name, value := range answers {
		if tool, ok := strings.CutPrefix(name, "tool."); ok {
			facts.Tools[tool] = value
		}
	}
	return facts, nil
}

// look runs one of the looking functions and reads its lines "name=value".
func (c *Controller) look(ctx context.Context, h *managed, call ...string) (map[string]string, error) {
	res, err := c.inline(ctx, h, "", call...)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", strings.Join(knownAddresses(h), " or "), err)
	}
	if res.Exit != 0 {
		return nil, fmt.Errorf("look at %s: %w", h.Address(), hostError(res))
	}
	answers := map[string]string{}
	for line := range strings.Lines(string(res.Stdout)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			answers[name] = value
		}
	}
	return answers, nil
}
