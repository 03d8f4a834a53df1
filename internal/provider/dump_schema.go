package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// dumpParts are the attributes that a mail_db_dump has in common with the objects in mail_cutover.dumps.
type dumpParts struct {
	Source          types.String `tfsdk:"source"`
	Target          types.String `tfsdk:"target"`
	Engine          types.String `tfsdk:"engine"`
	Databases       types.List   `tfsdk:"databases"`
	User            types.String `tfsdk:"user"`
	PasswordVersion types.Int64  `tfsdk:"password_wo_version"`
	Mode            types.String `tfsdk:"mode"`
	Jobs            types.Int64  `tfsdk:"jobs"`
	Transport       types.String `tfsdk:"transport"`
	LastPass        types.Object `tfsdk:"last_pass"`
}

// dumpModel is mail_db_dump.
type dumpModel struct {
	common
	dumpParts
	Password types.String `tfsdk:"password_wo"`
}

func engineChoices() []choice {
	return []choice{
		{"postgresql", "PostgreSQL"}, {"mysql", "MySQL and MariaDB"}, {"ldap", "OpenLDAP"}, {"command", "commands of the product"},
	}
}

func dumpModeChoices() []choice {
	return []choice{{"dump", "dumped and loaded beside the live one, swapped by rename"}, {"replica", "replicated beforehand, so that little is left for the outage"}}
}

const (
	defaultDumpMode = "dump"
	defaultDumpJobs = 2
)

func dumpAttributes() map[string]schema.Attribute {
	engine := enumeration("What kind of database it is", engineChoices(), "")
	engine.Required, engine.Optional = true, false
	engine.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplace()}
	databases := texts("Names of the databases.", listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), each(isDatabase()))
	databases.Required, databases.Optional = true, false
	return map[string]schema.Attribute{
		"source":    hostRef("Where the databases are."),
		"target":    hostRef("Where they go."),
		"engine":    engine,
		"databases": databases,
		"user":      optionalText("Who connects. Default: local peer access as the engine's superuser, without a password."),
		"password_wo": schema.StringAttribute{
			Optional: true, WriteOnly: true, Sensitive: true,
			MarkdownDescription: "The user's password. Write-only: it is in no state, plan, log or process list.",
			Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("user"), path.MatchRoot("password_wo_version"))},
		},
		"password_wo_version": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Raise it when the password changes.",
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
		"mode":      enumeration("How the data travels", dumpModeChoices(), defaultDumpMode),
		"jobs":      number("Databases side by side.", defaultDumpJobs, int64validator.Between(1, 64)),
		"transport": enumeration("Which way the data takes", transportChoices(), defaultTransport),
		"last_pass": schema.ObjectAttribute{
			Computed: true, AttributeTypes: passTypes(),
			MarkdownDescription: "What the last pass measured: end (RFC 3339), seconds, objects (`files`), bytes.",
		},
	}
}

func isDatabase() textRule {
	return textRule{"a database's name", databaseName}
}

// Schema implements resource.Resource.
func (*dumpResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Databases that travel from one host to another, with roles, grants, owners and extensions: dumped, restored beside the live ones, compared and swapped by rename. " +
			"Destroying it keeps the data and drops its own leftovers.",
		Attributes: withCommon(ctx, "`SOURCE,TARGET,ENGINE,DATABASE,…`, with `%2C` for a comma in a name", dumpAttributes()),
	}
}
