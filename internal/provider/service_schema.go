package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// serviceModel is mail_service.
type serviceModel struct {
	common
	Host      types.String `tfsdk:"host"`
	Name      types.String `tfsdk:"name"`
	Start     types.List   `tfsdk:"start"`
	Stop      types.List   `tfsdk:"stop"`
	Check     types.List   `tfsdk:"status_command"`
	Running   types.Bool   `tfsdk:"running"`
	Enabled   types.Bool   `tfsdk:"enabled"`
	OnDestroy types.String `tfsdk:"on_destroy"`
}

// leaveChoices are the values of on_destroy of resources that can be undone.
func leaveChoices() []choice {
	return []choice{{"restore", "what was there before is put back"}, {"keep", "the host stays as it is"}}
}

// Schema implements resource.Resource.
func (*serviceResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	together := func(others ...string) []validator.List {
		paths := make([]path.Expression, len(others))
		for i, other := range others {
			paths[i] = path.MatchRoot(other)
		}
		return []validator.List{listvalidator.SizeAtLeast(1), listvalidator.AlsoRequires(paths...)}
	}
	name := requiredText("The service as the host's service manager calls it, or, with commands, a name for it.", isName())
	name.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplace()}
	name.Required, name.Optional = false, true
	resp.Schema = schema.Schema{
		MarkdownDescription: "A service on a host: whether it runs and whether it starts at boot, with systemd or SysV init, or by commands of its own.",
		Attributes: withCommon(ctx, "`HOST,NAME`", map[string]schema.Attribute{
			"host":           hostRef("Where the service is."),
			"name":           name,
			"start":          texts("Starts the service, as an argument vector. With `stop` and `status_command`, instead of the service manager.", together("stop", "status_command")...),
			"stop":           texts("Stops the service, as an argument vector.", together("start", "status_command")...),
			"status_command": texts("Exits 0 while the service runs.", together("start", "stop")...),
			"running":        schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether it shall run. Left out: not looked at."},
			"enabled":        schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether it shall start at boot. Left out: not looked at."},
			"on_destroy":     enumeration("What destroying the resource does", leaveChoices(), "restore"),
		}),
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (*serviceResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.AtLeastOneOf(path.MatchRoot("name"), path.MatchRoot("start")),
		resourcevalidator.AtLeastOneOf(path.MatchRoot("running"), path.MatchRoot("enabled")),
	}
}
