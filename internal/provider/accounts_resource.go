package provider

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*accountsResource)(nil)
	_ resource.ResourceWithImportState = (*accountsResource)(nil)
)

// accountsResource is mail_accounts.
type accountsResource struct {
	lifecycle[accountsModel, *accountsModel]
}

func newAccountsResource() resource.Resource {
	return &accountsResource{lifecycle[accountsModel, *accountsModel]{kind: "mail_accounts"}}
}

func (m *accountsModel) identity() string { return m.accountsParts.identity() }

func (m *accountsModel) parse(id string) error {
	parts, err := splitID(id, 3, "SOURCE,TARGET,FROM-TO")
	if err != nil {
		return err
	}
	from, to, _ := strings.Cut(parts[2], "-")
	span := map[string]attr.Value{}
	for name, text := range map[string]string{"from": from, "to": to} {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return importFault(parts[2], fmt.Errorf("user ids are numbers, such as 1000-29999"))
		}
		span[name] = types.Int64Value(int64(n))
	}
	m.Source, m.Target = types.StringValue(parts[0]), types.StringValue(parts[1])
	m.UIDRange = types.ObjectValueMust(uidRangeTypes(), span)
	return validHosts(parts[0], parts[1])
}

func (m *accountsModel) subject() string { return "mail_accounts." + m.name() }

func (m *accountsModel) hosts() []string {
	return distinct([]string{m.Source.ValueString(), m.Target.ValueString()})
}

func (m *accountsModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	var read reader
	declared := read.accounts(m.accountsParts)
	if err := read.err(); err != nil {
		return runbook.Runbook{}, err
	}
	book, err := compile.Accounts(declared)
	return book, about("uid_range", err)
}

func (m *accountsModel) change(products *product.Catalogue, prior past[accountsModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (*accountsModel) open(*accountsModel, *runbook.Runbook) {}

func (*accountsModel) measure(*accountsModel, executor.Outcome) {}

func (m *accountsModel) options(*accountsModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (m *accountsModel) leave() bool { return m.OnDestroy.ValueString() != "restore" }
