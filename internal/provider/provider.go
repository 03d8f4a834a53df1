package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

var (
	_ provider.Provider              = (*mailProvider)(nil)
	_ provider.ProviderWithFunctions = (*mailProvider)(nil)
)

const (
	defaultJournalDir = "/var/lib/terraform-provider-mail"
	defaultParallel   = 16
)

// mailProvider is the provider.
type mailProvider struct {
	version string
	make    EngineMaker
}

// providerModel is the provider's configuration.
type providerModel struct {
	User            types.String `tfsdk:"user"`
	IdentityFiles   types.List   `tfsdk:"identity_files"`
	UseAgent        types.Bool   `tfsdk:"use_agent"`
	KnownHostsFiles types.List   `tfsdk:"known_hosts_files"`
	Parallel        types.Int64  `tfsdk:"parallel"`
	JournalDir      types.String `tfsdk:"journal_dir"`
	ProductFiles    types.List   `tfsdk:"product_files"`
}

// New gives a constructor of the provider. engine is called once for each provider configuration.
func New(version string, engine EngineMaker) func() provider.Provider {
	return func() provider.Provider { return &mailProvider{version: version, make: engine} }
}

// Metadata implements provider.Provider.
func (p *mailProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "mail"
	resp.Version = p.version
}

// Schema implements provider.Provider.
func (p *mailProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	list := func(description string) schema.ListAttribute {
		return schema.ListAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: description,
			Validators: []validator.List{listvalidator.SizeAtLeast(1)},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Moves or upgrades a whole mail server with plan and apply, loses no mail, and can go back. Hosts are reached by SSH; they need `sh`, coreutils and rsync.",
		Attributes: map[string]schema.Attribute{
			"user":              schema.StringAttribute{Optional: true, MarkdownDescription: "Whom to log in as on hosts that do not say. Default `root`.", Validators: []validator.String{isName()}},
			"identity_files":    list("Private keys to log in with; `~/` is the home directory. The passphrase of an encrypted one is taken from `" + remote.PassphraseVariable + "`. Default: OpenSSH's own that exist."),
			"use_agent":         schema.BoolAttribute{Optional: true, MarkdownDescription: "Also offer the keys of the SSH agent. Default `true`."},
			"known_hosts_files": list("Where host keys are looked up. Default: OpenSSH's own."),
			"parallel": schema.Int64Attribute{
				Optional: true, MarkdownDescription: "Operations at a time, over all hosts. Default `16`.", Validators: []validator.Int64{int64validator.Between(1, 1024)},
			},
			"journal_dir":   schema.StringAttribute{Optional: true, MarkdownDescription: "Where hosts keep their journals. Default `" + defaultJournalDir + "`.", Validators: []validator.String{isAbsolutePath()}},
			"product_files": list("Catalogue entries of your own, as paths or globs. One of the same name replaces a built-in one."),
		},
	}
}

// Configure implements provider.Provider.
func (p *mailProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var read reader
	config := EngineConfig{
		Remote: remote.Config{
			User:            model.User.ValueString(),
			IdentityFiles:   read.texts("identity_files", model.IdentityFiles),
			UseAgent:        orBool(model.UseAgent, true),
			KnownHostsFiles: read.texts("known_hosts_files", model.KnownHostsFiles),
		},
		JournalDir: orText(model.JournalDir, defaultJournalDir),
		Parallel:   orInt(model.Parallel, defaultParallel),
	}
	products, problems := product.Load(read.texts("product_files", model.ProductFiles))
	if problems.HasErrors() {
		var text strings.Builder
		if err := product.WriteDiagnostics(&text, problems, products.Files()); err != nil {
			text.WriteString(problems.Error())
		}
		resp.Diagnostics.AddAttributeError(path.Root("product_files"), "Product files cannot be used", text.String())
	}
	if err := read.err(); err != nil {
		resp.Diagnostics.AddError("Provider configuration cannot be read", err.Error())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	engine, err := p.make(config)
	if err != nil {
		resp.Diagnostics.AddError("Provider cannot start", err.Error())
		return
	}
	shared := newShared(config.Remote, engine, products)
	resp.ResourceData, resp.DataSourceData = shared, shared
}

// Resources implements provider.Provider.
func (p *mailProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		newHostResource, newServiceResource, newSyncResource, newDumpResource, newFileSetResource, newCutoverResource, newUpgradeResource,
		newBackupResource, newMountResource,
		newFileResource, newAccountsResource,
		newJobResource, newDNSTTLResource, newSSHAccessResource,
	}
}

// DataSources implements provider.Provider.
func (p *mailProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newProductData, newChecksData}
}

// Functions implements provider.ProviderWithFunctions.
func (*mailProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newTimetableFunction}
}
