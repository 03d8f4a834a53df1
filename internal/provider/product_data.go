package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

var _ datasource.DataSourceWithConfigure = (*productData)(nil)

// productData is data.mail_product.
type productData struct{ shared *shared }

func newProductData() datasource.DataSource { return &productData{} }

// productModel is data.mail_product's values.
type productModel struct {
	Name           types.String `tfsdk:"name"`
	FromVersion    types.String `tfsdk:"from_version"`
	Title          types.String `tfsdk:"title"`
	VersionCommand types.List   `tfsdk:"version_command"`
	Services       types.List   `tfsdk:"services"`
	DataPaths      types.List   `tfsdk:"data_paths"`
	VolatilePaths  types.List   `tfsdk:"volatile_paths"`
	Databases      types.List   `tfsdk:"databases"`
	ConfigPaths    types.List   `tfsdk:"config_paths"`
	Checks         types.Map    `tfsdk:"checks"`
	StopOrder      types.List   `tfsdk:"stop_order"`
	StartOrder     types.List   `tfsdk:"start_order"`
	Versions       types.List   `tfsdk:"versions"`
}

func databaseTypes() map[string]attr.Type {
	return map[string]attr.Type{"name": types.StringType, "engine": types.StringType, "user": types.StringType}
}

func templateTypes() map[string]attr.Type {
	return map[string]attr.Type{"kind": types.StringType, "port": types.Int64Type, "expect": types.StringType}
}

func versionTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"version": types.StringType, "path": types.ListType{ElemType: types.StringType},
		"strategies": types.MapType{ElemType: types.ListType{ElemType: types.StringType}}, "why": types.StringType, "format_change": types.StringType,
		"recommended": types.MapType{ElemType: types.ListType{ElemType: types.StringType}}, "reasons": types.MapType{ElemType: types.StringType},
	}
}

// Metadata implements datasource.DataSource.
func (*productData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "mail_product"
}

// Schema implements datasource.DataSource.
func (*productData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	list := func(description string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	ranks := func(description string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.ListType{ElemType: types.StringType}, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An entry of the catalogue of mail systems: what a product consists of, and in which order it stops and starts.",
		Attributes: map[string]schema.Attribute{
			"name":            schema.StringAttribute{Required: true, MarkdownDescription: "The product's name in the catalogue."},
			"from_version":    schema.StringAttribute{Optional: true, MarkdownDescription: "A version: adds the path of versions from there."},
			"title":           schema.StringAttribute{Computed: true, MarkdownDescription: "The product's name for people."},
			"version_command": list("Prints the installed version."),
			"services":        list("Names of the services."),
			"data_paths":      list("Trees whose content travels."),
			"volatile_paths":  list("Patterns of files that are always compared by content."),
			"databases":       schema.ListAttribute{Computed: true, ElementType: types.ObjectType{AttrTypes: databaseTypes()}, MarkdownDescription: "Databases: name, engine, owner."},
			"config_paths":    list("Patterns of configuration files."),
			"checks":          schema.MapAttribute{Computed: true, ElementType: types.ObjectType{AttrTypes: templateTypes()}, MarkdownDescription: "Checks by name: kind, port and what is expected; the address is the user's."},
			"stop_order":      ranks("Ranks in which services stop."),
			"start_order":     ranks("Ranks in which services start."),
			"versions": schema.ListAttribute{
				Computed: true, ElementType: types.ObjectType{AttrTypes: versionTypes()},
				MarkdownDescription: "With `from_version`: the versions that can be reached from there, the path of hops to each, and of its last hop the strategies that each component (role) allows, those of them that are recommended, and the `reasons`; what changes in the data, and `why` the path is as it is.",
			},
		},
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *productData) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	configure(req.ProviderData, &d.shared, &resp.Diagnostics)
}

// Read implements datasource.DataSource.
func (d *productData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model productModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	entry, err := d.shared.products.Entry(model.Name.ValueString())
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Product is not in the catalogue", err.Error())
		return
	}
	model.take(entry)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// take writes an entry into the model.
func (m *productModel) take(entry *product.Entry) {
	var services, trees, files []string
	for _, s := range entry.Services {
		services = append(services, s.Name)
	}
	for _, t := range entry.Trees {
		trees = append(trees, t.Path)
	}
	for _, group := range entry.Files {
		files = append(files, group.Paths...)
	}
	databases := make([]attr.Value, 0, len(entry.Databases))
	for _, db := range entry.Databases {
		databases = append(databases, types.ObjectValueMust(databaseTypes(), map[string]attr.Value{
			"name": types.StringValue(db.Name), "engine": types.StringValue(db.Engine), "user": types.StringValue(db.User),
		}))
	}
	checks := make(map[string]attr.Value, len(entry.Checks))
	for _, c := range entry.Checks {
		checks[c.Name] = types.ObjectValueMust(templateTypes(), map[string]attr.Value{
			"kind": types.StringValue(c.Kind), "port": types.Int64Value(int64(c.Port)), "expect": types.StringValue(c.Expect),
		})
	}
	m.Title, m.VersionCommand, m.Services = types.StringValue(entry.Title), textList(entry.Version), textList(services)
	m.DataPaths, m.VolatilePaths, m.ConfigPaths = textList(trees), textList(entry.Volatile), textList(files)
	m.Databases = types.ListValueMust(types.ObjectType{AttrTypes: databaseTypes()}, databases)
	m.Checks = types.MapValueMust(types.ObjectType{AttrTypes: templateTypes()}, checks)
	m.StopOrder, m.StartOrder = rankList(entry.StopOrder), rankList(entry.StartOrder)
	m.Versions = hops(entry, m.FromVersion)
}

// hops are the releases that can be reached from a version, each with its path; null without a version.
func hops(entry *product.Entry, from types.String) types.List {
	if from.IsNull() {
		return types.ListNull(types.ObjectType{AttrTypes: versionTypes()})
	}
	var out []attr.Value
	for _, release := range entry.Releases {
		path, err := entry.Path(from.ValueString(), release.Version)
		if err != nil || len(path) == 0 {
			continue // not reached from there
		}
		before := from.ValueString()
		if len(path) > 1 {
			before = path[len(path)-2]
		}
		strategies, recommended, reasons := map[string]attr.Value{}, map[string]attr.Value{}, map[string]attr.Value{}
		for _, component := range release.Strategies {
			s, known := release.Strategy(component.Role, before)
			if !known {
				continue // nothing is said of it from there
			}
			strategies[s.Role], reasons[s.Role] = textList(s.Allowed), types.StringValue(s.Why)
			recommended[s.Role] = textList(s.Recommended)
			if len(s.Recommended) == 0 {
				recommended[s.Role] = textList(s.Allowed)
			}
		}
		lists := types.ListType{ElemType: types.StringType}
		out = append(out, types.ObjectValueMust(versionTypes(), map[string]attr.Value{
			"version": types.StringValue(release.Version), "path": textList(path), "why": types.StringValue(release.Why),
			"strategies": types.MapValueMust(lists, strategies), "recommended": types.MapValueMust(lists, recommended), "reasons": types.MapValueMust(types.StringType, reasons),
			"format_change": types.StringValue(release.FormatChange),
		}))
	}
	return types.ListValueMust(types.ObjectType{AttrTypes: versionTypes()}, out)
}

func rankList(ranks [][]string) types.List {
	out := make([]attr.Value, len(ranks))
	for i, rank := range ranks {
		out[i] = textList(rank)
	}
	return types.ListValueMust(types.ListType{ElemType: types.StringType}, out)
}
