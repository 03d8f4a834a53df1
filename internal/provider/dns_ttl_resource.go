package provider

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*dnsTTLResource)(nil)
	_ resource.ResourceWithImportState = (*dnsTTLResource)(nil)
	_ finder                           = (*dnsTTLModel)(nil)
	_ concluder                        = (*dnsTTLModel)(nil)
)

// dnsTTLResource is mail_dns_ttl.
type dnsTTLResource struct {
	lifecycle[dnsTTLModel, *dnsTTLModel]
}

func newDNSTTLResource() resource.Resource {
	return &dnsTTLResource{lifecycle[dnsTTLModel, *dnsTTLModel]{kind: "mail_dns_ttl"}}
}

func (m *dnsTTLModel) zoneFiles() map[string]string {
	var read reader
	return read.textMap("zone_files", m.ZoneFiles)
}

func (m *dnsTTLModel) identity() string {
	return joinID(append([]string{m.Host.ValueString()}, treeList(m.zoneFiles())...)...)
}

func (m *dnsTTLModel) parse(id string) error {
	parts, err := splitID(id, 2, "HOST,ZONE=>FILE,…")
	if err != nil {
		return err
	}
	files := map[string]string{}
	for _, part := range parts[1:] {
		zone, file, ok := strings.Cut(part, "=>")
		if !ok {
			return fmt.Errorf("import id: %q is not ZONE=>FILE", part)
		}
		if err := isZone().check(zone); err != nil {
			return fmt.Errorf("import id: zone %q: %w", zone, err)
		}
		if err := absolute(file); err != nil {
			return fmt.Errorf("import id: file %q: %w", file, err)
		}
		files[zone] = file
	}
	m.Host, m.ZoneFiles = types.StringValue(parts[0]), stringMap(files)
	return validHosts(parts[0])
}

func (m *dnsTTLModel) name() string {
	zones := sortedKeys(m.zoneFiles())
	if len(zones) == 0 {
		return label("zones", m.identity())
	}
	return label(zones[0], m.identity())
}

func (m *dnsTTLModel) subject() string { return "mail_dns_ttl." + m.name() }

func (m *dnsTTLModel) hosts() []string { return []string{m.Host.ValueString()} }

func (m *dnsTTLModel) declaration() (declare.DNSTTL, error) {
	declared := declare.DNSTTL{
		Name: m.name(), Host: m.Host.ValueString(), Zones: map[string]string{}, TTL: int(m.TTL.ValueInt64()), Reload: orText(m.Reload, defaultNameServer),
	}
	if m.TTL.IsNull() {
		return declared, about("ttl", fmt.Errorf("how long is not declared"))
	}
	owner := map[string]string{}
	files := m.zoneFiles()
	for _, name := range sortedKeys(files) {
		zone, file := strings.TrimSuffix(name, "."), files[name]
		if _, twice := declared.Zones[zone]; twice {
			return declared, about("zone_files", fmt.Errorf("zone %s is declared twice, with and without a dot at its end", zone))
		}
		if other, shared := owner[file]; shared {
			return declared, about("zone_files", fmt.Errorf("%s is declared as the file of %s and of %s: give each zone a file of its own, since each has a serial of its own", file, other, zone))
		}
		declared.Zones[zone], owner[file] = file, zone
	}
	return declared, nil
}

func (m *dnsTTLModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	declared, err := m.declaration()
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.DNSTTL(declared)
}

func (m *dnsTTLModel) change(products *product.Catalogue, prior past[dnsTTLModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (m *dnsTTLModel) open(prior *dnsTTLModel, book *runbook.Runbook) {
	switch {
	case book != nil:
		m.EffectiveAt, m.Previous = types.StringUnknown(), types.MapUnknown(types.Int64Type)
	case prior != nil:
		m.EffectiveAt, m.Previous = prior.EffectiveAt, prior.Previous
	}
}

// measure takes over when the TTL before has run out, of all zones the last, and what it was. What did not come to its end changes neither.
func (m *dnsTTLModel) measure(prior *dnsTTLModel, outcome executor.Outcome) {
	effective, previous := types.StringNull(), map[string]attr.Value{}
	if prior != nil {
		effective = prior.EffectiveAt
	}
	book, err := m.standing(nil)
	if outcome.Status != executor.Settled || err != nil {
		if m.EffectiveAt.IsUnknown() {
			m.EffectiveAt, m.Previous = effective, types.MapNull(types.Int64Type)
			if prior != nil {
				m.Previous = prior.Previous
			}
		}
		return
	}
	last := ""
	for _, step := range outcome.Steps {
		op, known := book.Find(step.ID)
		if !known {
			continue
		}
		last = max(last, step.Result["effective"]) // all of one form and zone, so in the order of time
		if seconds, err := strconv.ParseInt(step.Result["previous"], 10, 64); err == nil {
			previous[op.Args[0]] = types.Int64Value(seconds)
		}
	}
	if last != "" {
		effective = types.StringValue(last)
	}
	m.EffectiveAt, m.Previous = effective, types.MapValueMust(types.Int64Type, previous)
	if len(previous) == 0 && prior != nil {
		m.Previous = prior.Previous
	}
}

func (m *dnsTTLModel) options(*dnsTTLModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (*dnsTTLModel) leave() bool { return false }

// find asks the server where nothing on its host can.
func (m *dnsTTLModel) find(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	m.differs = nil
	book, err := m.standing(s.products)
	if err != nil {
		return diags // the procedure tells
	}
	seen := s.engine.Probe(ctx, book, m.subject())
	var checks []declare.Check
	for _, op := range book.Operations {
		if seen.Results[op.ID+".asked"] == "no" {
			checks = append(checks, declare.Check{
				Name: op.ID, Kind: "dns", Address: net.JoinHostPort(seen.Results[op.ID+".at"], "53"), From: m.Host.ValueString(), Expect: op.Args[0] + " SOA",
			})
		}
	}
	if len(checks) == 0 {
		return diags
	}
	for id, result := range s.engine.Checks(ctx, checks, nil) {
		op, _ := book.Find(id)
		want := "serial " + seen.Results[id+".serial"] + " with TTL " + seen.Results[id+".ttl"]
		if got := soaIn(result.Detail); !result.OK || got != want {
			m.differs = append(m.differs, fmt.Sprintf("zone %s: the server answers %s, and %s says %s", op.Args[0], orElse(got, result.Detail), op.Args[1], want))
		}
	}
	return diags
}

// soaIn reads serial and TTL out of what a check of an SOA record found; empty where it is none.
func soaIn(detail string) string {
	found := regexp.MustCompile(`SOA\s+\S+\s+\S+\s+(\d+)\s.*, ttl (\d+)$`).FindStringSubmatch(detail)
	if found == nil {
		return ""
	}
	return "serial " + found[1] + " with TTL " + found[2]
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// conclude adds what find has found.
func (m *dnsTTLModel) conclude() {
	base := m.base()
	status := executor.Status(base.Status.ValueString())
	if len(m.differs) == 0 || status != executor.Settled && status != executor.Drifted {
		return
	}
	var read reader
	base.Status = types.StringValue(string(executor.Drifted))
	base.Drift = textList(distinct(append(read.texts("drift", base.Drift), m.differs...)))
}
