package provider

import (
	"context"
	"slices"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// ask begins to ask name servers what the declared checks of kind dns expect, once the target serves. What is returned waits for the answers, at the
// longest as long as the slowest check may take, and gives a line for each that is not met. It never fails: who is not answered has a line too.
func (m *cutoverModel) ask(ctx context.Context, s *shared) func() []string {
	var read reader
	limit := time.Duration(0)
	asked := slices.DeleteFunc(read.checks(m.Checks), func(c declare.Check) bool {
		return check.Kind(c.Kind) != check.DNS || m.closed() && c.From == m.Source.ValueString()
	})
	if m.Active.ValueString() != declare.Target || len(asked) == 0 || read.err() != nil {
		return func() []string { return nil }
	}
	for _, c := range asked {
		limit = max(limit, c.Timeout)
		if c.Timeout == 0 {
			limit = max(limit, check.DefaultTimeout)
		}
	}
	answers := make(chan map[string]check.Result, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		answers <- s.engine.Checks(ctx, asked, nil)
	}()
	mode := object[identityModel](&read, "identity", m.Identity).Mode
	return func() []string {
		results := <-answers
		var lines []string
		for _, c := range asked {
			if result := results[c.Name]; !result.OK {
				lines = append(lines, "DNS, check "+c.Name+": "+result.Detail+dnsOwner(orText(mode, "none")))
			}
		}
		return lines
	}
}

// dnsOwner says whose business a record is: no operation of a cutover with these modes changes one.
func dnsOwner(mode string) string {
	if mode == declare.TakeOver || mode == declare.Exchange || mode == declare.None {
		return " (nothing here mends it: with identity mode " + mode + " records are other resources' business)"
	}
	return ""
}
