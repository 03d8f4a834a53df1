package product

import "github.com/hashicorp/hcl/v2"

// schema makes a body's schema of attribute names; a name with "!" is required.
func schema(names []string, blocks ...hcl.BlockHeaderSchema) *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: blocks}
	for _, name := range names {
		required := name[len(name)-1] == '!'
		if required {
			name = name[:len(name)-1]
		}
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name, Required: required})
	}
	return s
}

func rootSchema() *hcl.BodySchema {
	return schema(nil, hcl.BlockHeaderSchema{Type: "product", LabelNames: []string{"name"}})
}

func entrySchema() *hcl.BodySchema {
	named := func(kind, label string) hcl.BlockHeaderSchema {
		return hcl.BlockHeaderSchema{Type: kind, LabelNames: []string{label}}
	}
	return schema(
		[]string{
			"title!", "version!", "external_url", "set_up", "subscription", "proof", "export",
			"volatile", "certificates", "timers", "stop_order", "start_order",
		},
		named("service", "name"), named("tree", "path"), named("files", "name"), named("database", "name"),
		named("port", "name"), named("check", "name"), named("before_open", "name"), named("format", "name"),
		named("release", "version"),
		hcl.BlockHeaderSchema{Type: "queue"}, named("active", "role"), hcl.BlockHeaderSchema{Type: "mailboxes"},
	)
}

func serviceSchema() *hcl.BodySchema {
	return schema([]string{"role", "start", "stop", "status", "units", "front", "stop_estimate", "start_estimate", "ports"})
}

func releaseSchema() *hcl.BodySchema {
	return schema(
		[]string{"from!", "why", "format_change", "converts", "ready", "install", "recover"},
		hcl.BlockHeaderSchema{Type: "role", LabelNames: []string{"name"}},
		hcl.BlockHeaderSchema{Type: "job", LabelNames: []string{"name"}},
		hcl.BlockHeaderSchema{Type: "port", LabelNames: []string{"name"}},
	)
}
