package provider

import (
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

// place puts a product's ranks on a host.
func place(ranks [][]string, host string) [][]declare.Placed {
	var out [][]declare.Placed
	for _, names := range ranks {
		var rank []declare.Placed
		for _, name := range names {
			rank = append(rank, declare.Placed{Host: host, Service: name})
		}
		out = append(out, rank)
	}
	return out
}

// timed puts a product's timed jobs among its services: they stop with the first of them, and start once the target serves.
func timed(c *declare.Cutover, units []string) {
	if len(units) == 0 {
		return
	}
	for _, unit := range units {
		c.Services[unit] = declare.Service{Name: unit, Timed: true}
	}
	stops := place([][]string{units}, c.Source)
	if len(c.StopOrder) > 0 {
		c.StopOrder = slices.Clone(c.StopOrder)
		c.StopOrder[0] = slices.Concat(c.StopOrder[0], stops[0])
	} else {
		c.StopOrder = stops
	}
	c.StartOrder = slices.Concat(c.StartOrder, place([][]string{units}, c.Target))
}

// queueService is the service that owns the queue: the one named like its kind, else the one that serves port 25.
func queueService(entry *product.Entry) string {
	for _, s := range entry.Services {
		if s.Name == entry.Queue.Kind {
			return s.Name
		}
	}
	for _, s := range entry.Services {
		if slices.Contains(s.Ports, 25) {
			return s.Name
		}
	}
	return ""
}

// volatile picks the patterns of volatile files that may be below the trees of a sync.
func volatile(patterns []string, paths map[string]string) []string {
	var out []string
	for _, pattern := range patterns {
		for from := range paths {
			tree := strings.TrimSuffix(from, "/") + "/"
			if strings.HasPrefix(pattern, tree) {
				out = append(out, pattern)
				break
			}
		}
	}
	return out
}

// store is how messages are found, read and added; nil where the entry does not tell.
func store(m *product.Mailboxes) *declare.Store {
	if m == nil {
		return nil
	}
	return &declare.Store{Kind: m.Kind, Messages: patterns(m.Messages), User: m.User, Session: m.Session, Locate: m.Locate, Renew: m.Renew}
}

// passing are the files of a product whose change on a side that does not serve says nothing.
func passing(entry *product.Entry) []declare.Pattern {
	out := patterns(entry.Volatile)
	for _, tree := range entry.Trees {
		if tree.Kind == product.TreeIndex {
			out = append(out, declare.Pattern{Root: strings.TrimSuffix(tree.Path, "/"), ERE: "/.+"})
		}
	}
	return out
}

// patterns splits globs of the catalogue, which have been checked, before the first path element with a wildcard.
func patterns(globs []string) []declare.Pattern {
	var out []declare.Pattern
	for _, text := range globs {
		plain := text
		if at := strings.IndexAny(text, `*?[{\`); at >= 0 {
			plain = text[:at]
		}
		cut := strings.LastIndexByte(strings.TrimSuffix(plain, "/"), '/')
		if strings.HasSuffix(plain, "/") {
			cut = len(plain) - 1
		}
		if below, err := product.CompileGlob(text[cut:]); err == nil {
			out = append(out, declare.Pattern{Root: text[:cut], ERE: below.ERE()})
		}
	}
	return out
}
