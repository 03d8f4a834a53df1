package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan       = (*fileResource)(nil)
	_ resource.ResourceWithImportState      = (*fileResource)(nil)
	_ resource.ResourceWithConfigValidators = (*fileResource)(nil)
)

// fileResource is mail_file.
type fileResource struct {
	lifecycle[fileModel, *fileModel]
}

func newFileResource() resource.Resource {
	return &fileResource{lifecycle[fileModel, *fileModel]{kind: "mail_file"}}
}

func (m *fileModel) identity() string { return joinID(m.Host.ValueString(), m.Path.ValueString()) }

func (m *fileModel) parse(id string) error {
	parts, err := splitID(id, 2, "HOST,PATH")
	if err != nil {
		return err
	}
	m.Host, m.Path = types.StringValue(parts[0]), types.StringValue(parts[1])
	if err := isFilePath().check(parts[1]); err != nil {
		return importFault(parts[1], err)
	}
	return validHosts(parts[0])
}

func (m *fileModel) subject() string {
	return "mail_file." + label(m.Path.ValueString(), m.identity())
}

func (m *fileModel) hosts() []string { return []string{m.Host.ValueString()} }

func (m *fileModel) declaration() (declare.File, error) {
	var read reader
	file := declare.File{
		Host: m.Host.ValueString(), Path: m.Path.ValueString(), Content: m.Content.ValueStringPointer(), Lines: read.texts("lines", m.Lines),
		Owner: m.Owner.ValueString(), Mode: m.Mode.ValueString(), Reload: m.Reload.ValueString(),
	}
	for _, r := range objects[replacementModel](&read, "replace", m.Replace) {
		file.Replace = append(file.Replace, declare.Replacement{From: r.From.ValueString(), To: r.To.ValueString()})
	}
	return file, read.err()
}

func (m *fileModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	declared, err := m.declaration()
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.File(declared)
}

func (m *fileModel) change(products *product.Catalogue, prior past[fileModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (*fileModel) open(*fileModel, *runbook.Runbook) {}

func (*fileModel) measure(*fileModel, executor.Outcome) {}

func (m *fileModel) options(*fileModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (m *fileModel) leave() bool { return m.OnDestroy.ValueString() == "keep" }
