package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

var _ datasource.DataSourceWithConfigure = (*checksData)(nil)

// checksData is data.mail_checks.
type checksData struct{ shared *shared }

func newChecksData() datasource.DataSource { return &checksData{} }

// checksModel is data.mail_checks' values.
type checksModel struct {
	From    types.String `tfsdk:"from"`
	Checks  types.Map    `tfsdk:"checks"`
	Results types.Map    `tfsdk:"results"`
}

func resultTypes() map[string]attr.Type {
	return map[string]attr.Type{"ok": types.BoolType, "detail": types.StringType, "seconds": types.Float64Type}
}

// Metadata implements datasource.DataSource.
func (*checksData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "mail_checks"
}

// Schema implements datasource.DataSource.
func (*checksData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Probes of services, made whenever it is read. A check that fails is a result, not an error.",
		Attributes: map[string]schema.Attribute{
			"from": text("From which host, the `id` of a `mail_host`, where a check does not say. Default: the machine that runs Terraform.", isHostID()),
			"checks": schema.MapNestedAttribute{
				Required: true, MarkdownDescription: "Checks by name, as in `mail_cutover`.",
				NestedObject: schema.NestedAttributeObject{
					Validators: []validator.Object{checkRule{}},
					Attributes: map[string]schema.Attribute{
						"kind":    text("What is probed: "+checkKinds()+".", stringvalidator.OneOf(checkKindNames()...)),
						"address": text("Where, as `host:port`; for `http` a URL is allowed too."),
						"from":    text("From which host, the `id` of a `mail_host`.", isHostID()),
						"expect": text("What the answer must be, as in `mail_cutover`. Where it names a mailbox to log in to (`deliver`, `submit`, `imap`, `pop3`, `apop`), its password comes from the environment variable `" +
							executor.PasswordsVariable + "`, a JSON object of passwords by mailbox; without one, `submit` does not log in, and the others fail."),
						"timeout": text("Bounds the whole probe, a duration. Default `10s`.", isDuration()),
						"refused": schema.BoolAttribute{Optional: true, MarkdownDescription: "Invert: good only where the service refuses."},
						"command": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "The argument vector of kind `command`."},
					},
				},
			},
			"results": schema.MapAttribute{
				Computed: true, ElementType: types.ObjectType{AttrTypes: resultTypes()},
				MarkdownDescription: "By name: whether it is good, what was found, and how many seconds it took.",
			},
		},
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *checksData) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	configure(req.ProviderData, &d.shared, &resp.Diagnostics)
}

// Read implements datasource.DataSource.
func (d *checksData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model checksModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var read reader
	checks := read.checks(model.Checks)
	if err := read.err(); err != nil {
		resp.Diagnostics.AddError("Checks cannot be read", err.Error())
		return
	}
	var hosts []string
	for i := range checks {
		if checks[i].From == "" {
			checks[i].From = model.From.ValueString()
		}
		if checks[i].From != "" {
			hosts = append(hosts, checks[i].From)
		}
	}
	if _, err := d.shared.book.find(distinct(hosts), nil); err != nil {
		resp.Diagnostics.AddError("Host is not known", err.Error())
		return
	}
	secrets, err := mailboxPasswords(checks)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("checks"), "Passwords of mailboxes cannot be read", err.Error()+
			"\n\nNext: set it in the environment of Terraform, as in "+executor.PasswordsVariable+`='{"probe@example.org": "…"}'; or unset it, and no check logs in.`)
		return
	}
	results := map[string]attr.Value{}
	for name, result := range d.shared.engine.Checks(ctx, checks, secrets) {
		results[name] = types.ObjectValueMust(resultTypes(), map[string]attr.Value{
			"ok": types.BoolValue(result.OK), "detail": types.StringValue(result.Detail), "seconds": types.Float64Value(result.Seconds),
		})
	}
	model.Results = types.MapValueMust(types.ObjectType{AttrTypes: resultTypes()}, results)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// mailboxPasswords are those of the mailboxes that checks may log in to, from the environment: a data source has no write-only attributes. It is
// read only where a check may need it.
func mailboxPasswords(checks []declare.Check) (map[string]string, error) {
	var boxes []string
	for _, c := range checks {
		probe := check.Check{Kind: check.Kind(c.Kind), Address: c.Address, Expect: c.Expect, Refused: c.Refused}
		if box := probe.Mailbox(); box != "" {
			boxes = append(boxes, box)
		}
	}
	if len(boxes) == 0 {
		return map[string]string{}, nil
	}
	given, err := executor.ReadPasswords(os.Getenv(executor.PasswordsVariable), executor.PasswordsVariable)
	if err != nil {
		return nil, err
	}
	needed := map[string]string{}
	for _, box := range boxes {
		if password, ok := given[box]; ok {
			needed[box] = password
		}
	}
	return needed, nil
}
