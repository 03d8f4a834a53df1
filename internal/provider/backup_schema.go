package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// backupModel is mail_backup.
type backupModel struct {
	common
	Host       types.String `tfsdk:"host"`
	Paths      types.List   `tfsdk:"paths"`
	Databases  types.List   `tfsdk:"databases"`
	Snapshot   types.String `tfsdk:"snapshot"`
	Directory  types.String `tfsdk:"directory"`
	Retain     types.Int64  `tfsdk:"retain"`
	MaxAge     types.String `tfsdk:"max_age"`
	Trigger    types.String `tfsdk:"trigger"`
	OnDestroy  types.String `tfsdk:"on_destroy"`
	LastBackup types.Object `tfsdk:"last_backup"`
}

// backupDatabaseModel is one of mail_backup.databases.
type backupDatabaseModel struct {
	Engine types.String `tfsdk:"engine"`
	Name   types.String `tfsdk:"name"`
}

func snapshotChoices() []choice {
	return []choice{{"none", "everything goes into an archive"}, {"btrfs", "of paths that are btrfs subvolumes a read-only snapshot is made, on the same btrfs; the others are archived"}}
}

const (
	defaultSnapshot        = "none"
	defaultBackupDirectory = "/var/backups/mail"
)

// backupTypes is the type of last_backup.
func backupTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"path": types.StringType, "at": types.StringType, "seconds": types.Float64Type, "bytes": types.Int64Type,
		"files": types.Int64Type, "changed": types.Int64Type, "sha256": types.StringType,
	}
}

// Schema implements resource.Resource.
func (*backupResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	engine := requiredText("What kind of database it is: `postgresql`, dumped over local peer access.", stringvalidator.OneOf("postgresql"))
	directory := optionalText("Where the backups are, on the host itself: a directory of its own, not below one of `paths`. It gets mode 0700. Default `"+defaultBackupDirectory+"`.", isPlainPath())
	directory.Computed, directory.Default = true, stringdefault.StaticString(defaultBackupDirectory)
	resp.Schema = schema.Schema{
		MarkdownDescription: "A backup of file trees and databases, kept on the host that has them, and read back before it counts. Applying takes one: a folder with `files.tar` (owners by number, modes, times, access lists, " +
			"extended attributes, hard links), a dump of each database, and a `manifest` for `sha256sum -c`. " +
			"A tree that is in use is archived as it is found; stop its service first (`mail_service`), or use a snapshot, where its files must agree with each other. " +
			"Changing `paths`, `databases` or `directory` makes another backup: those taken before stay, and `retain` does not count them.",
		Attributes: withCommon(ctx, "`HOST,DIRECTORY,PATH,…`, and `ENGINE:NAME` for a database; with `%2C` for a comma", map[string]schema.Attribute{
			"host":  hostRef("Whose data it is, and where the backup is kept."),
			"paths": texts("Files and trees, as absolute paths; all below them, other file systems too.", listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), each(isPlainPath())),
			"databases": schema.ListNestedAttribute{
				Optional: true, MarkdownDescription: "Databases, dumped in PostgreSQL's custom format. The server's roles go along, with the hashes of their passwords.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"engine": engine,
					"name":   requiredText("Its name.", isDatabase()),
				}},
				Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.UniqueValues()},
			},
			"snapshot":   enumeration("How trees are taken", snapshotChoices(), defaultSnapshot),
			"directory":  directory,
			"retain":     schema.Int64Attribute{Optional: true, MarkdownDescription: "How many backups of this declaration are kept. Older ones are removed only after the new one is proved. Left out: all.", Validators: []validator.Int64{int64validator.AtLeast(1)}},
			"max_age":    duration("A last backup older than this is drift: the next apply takes another."),
			"trigger":    optionalText("Any text; changing it takes another backup."),
			"on_destroy": enumeration("What destroying the resource does", []choice{{"keep", "the backups stay where they are"}, {"delete", "the backups of this declaration are removed"}}, "keep"),
			"last_backup": schema.ObjectAttribute{
				Computed: true, AttributeTypes: backupTypes(),
				MarkdownDescription: "The last backup: its folder, when it was proved (RFC 3339, the host's clock), how long it took, bytes, entries of archives and snapshots (`files`), " +
					"how many of them changed while they were read (`changed`), and the SHA-256 of its manifest.",
			},
		}),
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (*backupResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{resourcevalidator.AtLeastOneOf(path.MatchRoot("paths"), path.MatchRoot("databases"))}
}
