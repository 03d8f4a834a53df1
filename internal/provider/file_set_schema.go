package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// fileSetParts are the attributes that a mail_file_set has in common with the objects in mail_cutover.files.
type fileSetParts struct {
	Source  types.String `tfsdk:"source"`
	Target  types.String `tfsdk:"target"`
	Paths   types.List   `tfsdk:"paths"`
	Rewrite types.List   `tfsdk:"rewrite"`
	Keep    types.List   `tfsdk:"keep"`

	Transport types.String `tfsdk:"transport"`
}

// fileSetModel is mail_file_set.
type fileSetModel struct {
	common
	fileSetParts
	OnDestroy types.String `tfsdk:"on_destroy"`
}

type rewriteModel struct {
	In   types.String `tfsdk:"in"`
	From types.String `tfsdk:"from"`
	To   types.String `tfsdk:"to"`
}

type keepModel struct {
	In   types.String `tfsdk:"in"`
	Keys types.List   `tfsdk:"keys"`
}

func fileSetAttributes() map[string]schema.Attribute {
	paths := texts("Files, as patterns of absolute paths: `*` within a directory, `**` below it.", listvalidator.SizeAtLeast(1), each(isGlob()))
	paths.Required, paths.Optional = true, false
	keys := texts("Names of the settings.", listvalidator.SizeAtLeast(1), each(isOneLine()))
	keys.Required, keys.Optional = true, false
	return map[string]schema.Attribute{
		"source":    hostRef("Where the files are."),
		"target":    hostRef("Where they go, to the same paths."),
		"paths":     paths,
		"transport": enumeration("Which way the files take", transportChoices(), defaultTransport),
		"rewrite": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Texts that are replaced in copied files, literally.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"in":   requiredText("The file.", isAbsolutePath()),
				"from": requiredText("What is replaced. It is looked for in each line, and holds no tab.", stringvalidator.LengthAtLeast(1), isOneLine()),
				"to":   requiredText("What takes its place, on one line and without a tab.", isOneLine()),
			}},
		},
		"keep": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Settings of which the target keeps its own value.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"in":   requiredText("The file.", isAbsolutePath()),
				"keys": keys,
			}},
		},
	}
}

// Schema implements resource.Resource.
func (*fileSetResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := fileSetAttributes()
	attributes["on_destroy"] = enumeration("What destroying the resource does", leaveChoices(), "restore")
	resp.Schema = schema.Schema{
		MarkdownDescription: "Configuration files that travel from one host to another, with mode, owner and times. What the target had is kept as a before-image.",
		Attributes:          withCommon(ctx, "`SOURCE,TARGET,PATTERN,…`, with `%2C` for a comma in a pattern", attributes),
	}
}
