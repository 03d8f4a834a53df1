package provider

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	tfpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*mountResource)(nil)
	_ resource.ResourceWithImportState = (*mountResource)(nil)
	_ inspector[mountModel]            = (*mountModel)(nil)
)

// mountResource is mail_mount.
type mountResource struct {
	lifecycle[mountModel, *mountModel]
}

func newMountResource() resource.Resource {
	return &mountResource{lifecycle[mountModel, *mountModel]{kind: "mail_mount"}}
}

func (m *mountModel) point() string { return strings.TrimSuffix(m.Path.ValueString(), "/") }

func (m *mountModel) identity() string {
	return joinID(m.Host.ValueString(), m.Device.ValueString(), m.point())
}

func (m *mountModel) parse(id string) error {
	const form = "HOST,DEVICE,PATH"
	parts, err := splitID(id, 3, form)
	if err != nil {
		return err
	}
	if len(parts) > 3 {
		return fmt.Errorf("import id %q has too many parts: it looks like %s", id, form)
	}
	if err := isDevice().check(parts[1]); err != nil {
		return fmt.Errorf("import id: device %q: %w", parts[1], err)
	}
	if err := plainPath(parts[2]); err != nil {
		return fmt.Errorf("import id: path %q: %w", parts[2], err)
	}
	m.Host, m.Device, m.Path = types.StringValue(parts[0]), types.StringValue(parts[1]), types.StringValue(parts[2])
	return validHosts(parts[0])
}

func (m *mountModel) name() string { return label(path.Base(m.point()), m.identity()) }

func (m *mountModel) subject() string { return "mail_mount." + m.name() }

func (m *mountModel) hosts() []string { return []string{m.Host.ValueString()} }

func (m *mountModel) declaration() (declare.Mount, error) {
	var read reader
	mount := declare.Mount{
		Name: m.name(), Host: m.Host.ValueString(), Device: m.Device.ValueString(), Path: m.point(),
		Type: orText(m.Type, defaultFileSystem), Options: read.texts("options", m.Options),
	}
	return mount, read.err()
}

func (m *mountModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	declared, err := m.declaration()
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.Mount(declared)
}

func (m *mountModel) change(products *product.Catalogue, prior past[mountModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (*mountModel) open(*mountModel, *runbook.Runbook) {}

func (*mountModel) measure(*mountModel, executor.Outcome) {}

func (m *mountModel) options(*mountModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (*mountModel) leave() bool { return false }

// inspect tells while planning what is in the way, each at its attribute: a device that is missing or mounted elsewhere, a path that is taken.
func (m *mountModel) inspect(ctx context.Context, s *shared, _ past[mountModel], _ runbook.Runbook) diag.Diagnostics {
	var diags diag.Diagnostics
	declared, err := m.declaration()
	if err != nil {
		return diags // the procedure tells
	}
	look, err := compile.Mountable(declared)
	if err != nil {
		return diags
	}
	seen := s.engine.Probe(ctx, look, m.subject())
	if seen.Status == executor.Unreachable {
		s.unreachable(seen.Err, m.hosts(), &diags)
		return diags
	}
	for _, obstacle := range seen.Drift {
		attribute, text, _ := strings.Cut(strings.TrimPrefix(obstacle.Sentence, "host: "), ": ")
		what, next, _ := strings.Cut(text, ". Next: ")
		diags.AddAttributeError(tfpath.Root(attribute), "Nothing can be mounted so",
			fmt.Sprintf("On %s, %s.\nNext: %s.", s.book.name(m.Host.ValueString()), what, next))
	}
	return diags
}

// onOneLine reports why a text is not one line of a file.
func onOneLine(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("it holds a control character")
	}
	return nil
}
