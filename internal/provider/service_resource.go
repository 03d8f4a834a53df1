package provider

import (
	"path"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan       = (*serviceResource)(nil)
	_ resource.ResourceWithImportState      = (*serviceResource)(nil)
	_ resource.ResourceWithConfigValidators = (*serviceResource)(nil)
)

// serviceResource is mail_service.
type serviceResource struct {
	lifecycle[serviceModel, *serviceModel]
}

func newServiceResource() resource.Resource {
	return &serviceResource{lifecycle[serviceModel, *serviceModel]{kind: "mail_service"}}
}

// name is the service's name; with commands only, that of the program that starts it.
func (m *serviceModel) name() string {
	var read reader
	if start := read.texts("start", m.Start); m.Name.IsNull() && len(start) > 0 {
		return path.Base(start[0])
	}
	return m.Name.ValueString()
}

func (m *serviceModel) identity() string { return joinID(m.Host.ValueString(), m.name()) }

func (m *serviceModel) parse(id string) error {
	parts, err := splitID(id, 2, "HOST,NAME")
	if err != nil {
		return err
	}
	m.Host, m.Name = types.StringValue(parts[0]), types.StringValue(parts[1])
	return validHosts(parts[0])
}

func (m *serviceModel) subject() string { return "mail_service." + label(m.name(), m.identity()) }

func (m *serviceModel) hosts() []string { return []string{m.Host.ValueString()} }

func (m *serviceModel) declaration() (declare.Service, error) {
	var read reader
	service := declare.Service{
		Host: m.Host.ValueString(), Name: m.name(),
		Start: read.texts("start", m.Start), Stop: read.texts("stop", m.Stop), Status: read.texts("status_command", m.Check),
		Running: m.Running.ValueBoolPointer(), Enabled: m.Enabled.ValueBoolPointer(),
	}
	return service, read.err()
}

func (m *serviceModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	declared, err := m.declaration()
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.Service(declared)
}

func (m *serviceModel) change(products *product.Catalogue, prior past[serviceModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (*serviceModel) open(*serviceModel, *runbook.Runbook) {}

func (*serviceModel) measure(*serviceModel, executor.Outcome) {}

func (m *serviceModel) options(*serviceModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (m *serviceModel) leave() bool { return m.OnDestroy.ValueString() == "keep" }
