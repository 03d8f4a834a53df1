package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
						"expect":  text("What the answer must be."),
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
	results := map[string]attr.Value{}
	for name, result := range d.shared.engine.Checks(ctx, checks, nil) {
		results[name] = types.ObjectValueMust(resultTypes(), map[string]attr.Value{
			"ok": types.BoolValue(result.OK), "detail": types.StringValue(result.Detail), "seconds": types.Float64Value(result.Seconds),
		})
	}
	model.Results = types.MapValueMust(types.ObjectType{AttrTypes: resultTypes()}, results)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
