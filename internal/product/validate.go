package product

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// unique reports a second block of one type and label, a second queue and a
// second port of one number and protocol.
func (d *decoder) unique(blocks hcl.Blocks) {
	first := map[string]hcl.Range{}
	for _, b := range blocks {
		key, at := b.Type, b.DefRange
		if len(b.Labels) > 0 {
			key, at = fmt.Sprintf("%s %q", b.Type, b.Labels[0]), b.LabelRanges[0]
			if b.Labels[0] == "" {
				d.report("Empty name", fmt.Sprintf("A %s needs a name.", b.Type), &at)
			}
		}
		if before, again := first[key]; again {
			d.report("Duplicate "+b.Type, fmt.Sprintf("The %s was defined at %s.", key, before), &at)
			continue
		}
		first[key] = b.DefRange
	}
	d.uniquePorts(blocks)
}

func (d *decoder) uniquePorts(blocks hcl.Blocks) {
	seen := map[string]string{}
	for _, b := range blocks {
		if b.Type != "port" {
			continue
		}
		quiet := &decoder{} // what is wrong with the block itself is reported where it is decoded
		p := quiet.port(b)
		key := fmt.Sprintf("%d/%s", p.Number, p.Proto)
		if other, again := seen[key]; again && p.Number != 0 && other != p.Name {
			d.report("Duplicate port", fmt.Sprintf("%s is the port %q already.", key, other), &b.DefRange)
		}
		seen[key] = p.Name
	}
}

// orders reads both orders, or makes the default: front services stop first,
// all of them in one rank, then the others in one rank; start is the reverse.
func (d *decoder) orders(e *Entry, attrs hcl.Attributes) {
	var front, back []string
	for _, s := range e.Services {
		if s.Front {
			front = append(front, s.Name)
		} else {
			back = append(back, s.Name)
		}
	}
	for _, rank := range [][]string{front, back} {
		if len(rank) > 0 {
			e.StopOrder = append(e.StopOrder, rank)
		}
	}
	if _, given := attrs["stop_order"]; given {
		e.StopOrder = d.order(e, attrs, "stop_order")
	}
	for i := len(e.StopOrder) - 1; i >= 0; i-- {
		e.StartOrder = append(e.StartOrder, e.StopOrder[i])
	}
	if _, given := attrs["start_order"]; given {
		e.StartOrder = d.order(e, attrs, "start_order")
	}
}

// order reads ranks and reports unknown, repeated and missing services.
func (d *decoder) order(e *Entry, attrs hcl.Attributes, name string) [][]string {
	var known []string
	for _, s := range e.Services {
		known = append(known, s.Name)
	}
	var ranks [][]string
	placed := map[string]bool{}
	before := len(d.diags)
	for _, expr := range d.elements(attrs, name) {
		var rank []string
		for _, inner := range d.elementsOf(expr) {
			it := d.itemOf(inner)
			if it.text == "" || !d.oneOf(it, "service", known) {
				continue
			}
			if placed[it.text] {
				d.report("Service ordered twice", fmt.Sprintf("%q stands in %s already.", it.text, name), &it.at)
				continue
			}
			placed[it.text] = true
			rank = append(rank, it.text)
		}
		if len(rank) > 0 {
			ranks = append(ranks, rank)
		}
	}
	sound := len(d.diags) == before // otherwise a missing one may be the one spelled wrongly
	for _, service := range known {
		if !placed[service] && sound {
			at := attrs[name].Expr.Range()
			d.report("Service without order", fmt.Sprintf("%q is missing in %s.", service, name), &at)
		}
	}
	return ranks
}

// references reports formats that read a format which is not there.
func (d *decoder) references(e *Entry, blocks hcl.Blocks) {
	var names []string
	for _, f := range e.Formats {
		names = append(names, f.Name)
	}
	for _, b := range blocks {
		if b.Type != "format" {
			continue
		}
		quiet := &decoder{}
		attrs := quiet.content(b.Body, schema([]string{"versions!", "reads"})).Attributes
		for _, it := range quiet.items(attrs, "reads") {
			d.oneOf(it, "format", names)
		}
	}
}
