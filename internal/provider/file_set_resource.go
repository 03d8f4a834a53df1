package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*fileSetResource)(nil)
	_ resource.ResourceWithImportState = (*fileSetResource)(nil)
)

// fileSetResource is mail_file_set.
type fileSetResource struct {
	lifecycle[fileSetModel, *fileSetModel]
}

func newFileSetResource() resource.Resource {
	return &fileSetResource{lifecycle[fileSetModel, *fileSetModel]{kind: "mail_file_set"}}
}

func (m *fileSetModel) identity() string { return m.fileSetParts.identity() }

func (m *fileSetModel) parse(id string) error {
	parts, err := splitID(id, 3, "SOURCE,TARGET,PATTERN,…")
	if err != nil {
		return err
	}
	for _, pattern := range parts[2:] {
		if _, err := product.CompileGlob(pattern); err != nil {
			return fmt.Errorf("import id: pattern %q: %w", pattern, err)
		}
	}
	m.Source, m.Target, m.Paths = types.StringValue(parts[0]), types.StringValue(parts[1]), textList(parts[2:])
	return validHosts(parts[0], parts[1])
}

func (m *fileSetModel) subject() string { return "mail_file_set." + m.name() }

func (m *fileSetModel) hosts() []string {
	return distinct([]string{m.Source.ValueString(), m.Target.ValueString()})
}

func (m *fileSetModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	var read reader
	declared := read.fileSet(m.fileSetParts)
	if err := read.err(); err != nil {
		return runbook.Runbook{}, err
	}
	return compile.FileSet(declared)
}

func (m *fileSetModel) change(products *product.Catalogue, prior past[fileSetModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (*fileSetModel) open(*fileSetModel, *runbook.Runbook) {}

func (*fileSetModel) measure(*fileSetModel, executor.Outcome) {}

func (m *fileSetModel) options(*fileSetModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (m *fileSetModel) leave() bool { return m.OnDestroy.ValueString() == "keep" }
