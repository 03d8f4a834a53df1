package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
)

//go:embed *.html
var pages embed.FS

// page fills one of the pages.
func page(name string, values any) ([]byte, error) {
	parsed, err := template.New(name).ParseFS(pages, "frame.html", name)
	if err != nil {
		return nil, fmt.Errorf("read the page %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("write the page %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// planPage is what the page of a plan shows.
type planPage struct {
	Title     string
	Totals    []total
	Timeline  *timeline
	Resources []resourcePart
	Hours     []total
	Costs     [][]string
	Hosts     []plan.Host
	Notes     []string
}

type resourcePart struct {
	plan.Resource
	Times string
	Lines []string
	Rows  []stepRow
}

type stepRow struct {
	plan.Step
	Begins, Takes, On, Service string
}

func planHTML(d plan.Document) ([]byte, error) {
	c, names := clockOf(d), hostsOf(d)
	p := planPage{Title: "What this plan does to mail servers", Totals: totals(d), Hosts: d.Hosts, Costs: recoveries(d), Notes: append(assumptions(d), d.Notes...)}
	var bars []bar
	for _, r := range d.Resources {
		part := resourcePart{Resource: r, Times: resourceTimes(c, r), Lines: resourceLines(r)}
		if len(r.Steps) > 0 {
			bars = append(bars, bar{label: r.Address, title: r.Address, heading: true})
		}
		for _, s := range r.Steps {
			part.Rows = append(part.Rows, stepRow{s, c.at(s.Start), takes(s), names.name(s.Host), service(s.Offline)})
			bars = append(bars, bar{
				label: fmt.Sprintf("%02d %s", s.Number, s.Sentence), from: time.Duration(s.Start), to: time.Duration(s.Start + s.Takes), offline: s.Offline,
				title: fmt.Sprintf("%02d %s, %s: begins %s, takes %s, %s", s.Number, s.Sentence, names.name(s.Host), c.at(s.Start), takes(s), service(s.Offline)),
			})
		}
		p.Resources = append(p.Resources, part)
	}
	var downs [][2]time.Duration
	for _, s := range d.Down {
		downs = append(downs, [2]time.Duration{time.Duration(s.From), time.Duration(s.To)})
	}
	p.Timeline = draw(bars, downs, func(at time.Duration) string { return strings.TrimPrefix(axis(c, at), "day 1, ") })
	for _, h := range d.Hours {
		p.Hours = append(p.Hours, total{c.day(h.At), hourly(c, h)})
	}
	return page("plan.html", p)
}

// axis names a moment under the time axis, to the tenth where all of it lasts only seconds.
func axis(c clock, at time.Duration) string {
	if at%time.Second != 0 {
		return span(at)
	}
	return c.at(plan.Seconds(at))
}
