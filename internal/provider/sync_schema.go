package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// syncParts are the attributes that a mail_sync has in common with the objects in mail_cutover.syncs.
type syncParts struct {
	Source             types.String `tfsdk:"source"`
	Target             types.String `tfsdk:"target"`
	Paths              types.Map    `tfsdk:"paths"`
	Exclude            types.List   `tfsdk:"exclude"`
	OneFileSystem      types.Bool   `tfsdk:"one_file_system"`
	Delete             types.Bool   `tfsdk:"delete"`
	DeleteLimitPercent types.Int64  `tfsdk:"delete_limit_percent"`
	Overwrite          types.Bool   `tfsdk:"overwrite"`
	HardLinks          types.Bool   `tfsdk:"hard_links"`
	ACLs               types.Bool   `tfsdk:"acls"`
	Xattrs             types.Bool   `tfsdk:"xattrs"`
	Usermap            types.Map    `tfsdk:"usermap"`
	Groupmap           types.Map    `tfsdk:"groupmap"`
	BandwidthLimit     types.String `tfsdk:"bandwidth_limit"`
	Streams            types.Int64  `tfsdk:"streams"`
	Transport          types.String `tfsdk:"transport"`
	Verify             types.String `tfsdk:"verify"`
	LastPass           types.Object `tfsdk:"last_pass"`
}

// syncModel is mail_sync.
type syncModel struct {
	common
	syncParts
	MaxAge  types.String `tfsdk:"max_age"`
	Trigger types.String `tfsdk:"trigger"`
	Preview types.Bool   `tfsdk:"preview"`
}

func transportChoices() []choice {
	return []choice{{"direct", "the target reads from the source by an ephemeral key"}, {"relay", "the data goes through the machine that runs Terraform, where the two cannot reach each other"}}
}

func verifyChoices() []choice {
	return []choice{
		{"none", "by the transfer's own exit code; nothing is compared"},
		{"quick", "names, sizes and times are compared; a cutover compares contents too, online, before the freeze and after the commit"},
		{"full", "contents are compared, by a cutover in the outage too"},
	}
}

// defaults of a sync: the schema's, and those of objects that leave them out.
const (
	defaultDeleteLimit = 10
	defaultStreams     = 4
	defaultTransport   = "direct"
	defaultVerify      = "quick"
)

func syncAttributes() map[string]schema.Attribute {
	paths := textMap("What travels, from => to, by rsync's rule for trailing slashes: `/a/` is what is in `/a`, `/a` is the directory itself.", treesValidators()...)
	paths.Required, paths.Optional = true, false
	return map[string]schema.Attribute{
		"source":               hostRef("Where the data is."),
		"target":               hostRef("Where it goes. May be the source, for another path."),
		"paths":                paths,
		"exclude":              texts("Patterns of rsync that are left out."),
		"one_file_system":      flag("Do not cross into other file systems.", false),
		"delete":               flag("Delete on the target what the source no longer has.", true),
		"delete_limit_percent": number("Stop before the first deletion where more than this share of the entries that a tree has on the target would be deleted. Up to nine deletions are never too many, except with 0, which allows none.", defaultDeleteLimit, int64validator.Between(0, 100)),
		"overwrite":            flag("Allow a target that is neither empty nor ours. A before-image is taken.", false),
		"hard_links":           flag("Keep hard links.", true),
		"acls":                 flag("Keep access control lists.", true),
		"xattrs":               flag("Keep extended attributes.", true),
		"usermap":              textMap("Owners that have another name on the target, from => to."),
		"groupmap":             textMap("Groups that have another name on the target, from => to."),
		"bandwidth_limit":      optionalText("Bytes a second, with `K`, `M` or `G`. Default: no limit.", isRate()),
		"streams":              number("Transfers side by side.", defaultStreams, int64validator.Between(1, 32)),
		"transport":            enumeration("Which way the data takes", transportChoices(), defaultTransport),
		"verify":               enumeration("How a pass is proved", verifyChoices(), defaultVerify),
		"last_pass": schema.ObjectAttribute{
			Computed: true, AttributeTypes: passTypes(),
			MarkdownDescription: "What the last pass measured: end (RFC 3339), seconds, files and bytes sent, files deleted.",
		},
	}
}

// passTypes is the type of last_pass.
func passTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"at": types.StringType, "seconds": types.Float64Type, "files": types.Int64Type, "bytes": types.Int64Type, "deleted": types.Int64Type,
	}
}

// Schema implements resource.Resource.
func (*syncResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := syncAttributes()
	attributes["max_age"] = duration("A last pass older than this is drift: the next apply makes another.")
	attributes["trigger"] = optionalText("Any text; changing it makes another pass.")
	attributes["preview"] = flag("Compare both sides while planning a pass, and show as a warning how much of each tree it would send and delete, with the first names.", false)
	resp.Schema = schema.Schema{
		MarkdownDescription: "File trees that travel from one host to another. Applying makes one hot pass while the source serves; a `mail_cutover` that lists it makes the cold one. " +
			"Destroying it closes the access that it opened and keeps the data.",
		Attributes: withCommon(ctx, "`SOURCE,TARGET,FROM=>TO,…`, with `%2C` for a comma in a path", attributes),
	}
}
