package product

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// release decodes a release block.
func (d *decoder) release(b *hcl.Block) Release {
	content := d.content(b.Body, releaseSchema())
	attrs := content.Attributes
	r := Release{
		Version: b.Labels[0], From: d.texts(attrs, "from"), Why: d.text(attrs, "why"),
		FormatChange: d.text(attrs, "format_change"), Converts: d.choice(attrs, "converts", ConvertsAtInstall, ConvertsAtStart),
		Ready: d.command(attrs, "ready"), Install: d.command(attrs, "install"), Recover: d.command(attrs, "recover"),
	}
	if _, err := version.NewVersion(r.Version); err != nil {
		d.report("Bad version", fmt.Sprintf("%q is not a version.", r.Version), &b.LabelRanges[0])
	}
	d.unique(slices.DeleteFunc(slices.Clone(content.Blocks), func(inner *hcl.Block) bool { return inner.Type == "role" }))
	for _, inner := range content.Blocks {
		switch inner.Type {
		case "job":
			r.Jobs = append(r.Jobs, d.releaseJob(inner))
		case "port":
			r.Ports = append(r.Ports, d.releasePort(inner))
		case "role":
			r.Strategies = append(r.Strategies, d.strategy(inner))
		}
	}
	return r
}

func (d *decoder) releaseJob(b *hcl.Block) ReleaseJob {
	attrs := d.content(b.Body, schema([]string{"command!", "at!", "roles", "from", "after"})).Attributes
	job := ReleaseJob{
		Job: Job{Name: b.Labels[0], Command: d.command(attrs, "command")}, At: d.choice(attrs, "at", declare.BeforeInstall, declare.BeforeStart, declare.AfterStart, declare.AfterProof),
		Roles: d.texts(attrs, "roles"), From: d.texts(attrs, "from"), After: d.text(attrs, "after"),
	}
	if after, given := attrs["after"]; given && job.At != declare.AfterStart {
		d.report("Service without use", fmt.Sprintf(`Only a job at %q follows a service.`, declare.AfterStart), &after.NameRange)
	}
	return job
}

func (d *decoder) releasePort(b *hcl.Block) ReleasePort {
	attrs := d.content(b.Body, schema([]string{"number!", "proto", "from"})).Attributes
	port := ReleasePort{Name: b.Labels[0], Proto: d.choice(attrs, "proto", "tcp", "udp"), From: d.texts(attrs, "from")}
	if attr, ok := attrs["number"]; ok {
		port.Number = d.portOf(attr.Expr)
	}
	return port
}

// strategy decodes a role block. Two of one role differ in the versions that they are from, so that their labels do.
func (d *decoder) strategy(b *hcl.Block) RoleStrategy {
	attrs := d.content(b.Body, schema([]string{"strategies!", "recommended", "from", "why"})).Attributes
	s := RoleStrategy{Role: b.Labels[0], From: d.texts(attrs, "from"), Why: d.text(attrs, "why")}
	allowed := d.items(attrs, "strategies")
	for _, it := range allowed {
		d.oneOf(it, "strategy", []string{"in_place", "side_by_side", "coexistent"})
	}
	s.Allowed = texts(allowed)
	recommended := d.items(attrs, "recommended")
	for _, it := range recommended {
		d.oneOf(it, "allowed strategy", s.Allowed)
	}
	s.Recommended = texts(recommended)
	return s
}
