package provider

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// mountModel is mail_mount.
type mountModel struct {
	common
	Host    types.String `tfsdk:"host"`
	Device  types.String `tfsdk:"device"`
	Path    types.String `tfsdk:"path"`
	Type    types.String `tfsdk:"type"`
	Options types.List   `tfsdk:"options"`
}

const defaultFileSystem = "auto"

// Schema implements resource.Resource.
func (*mountResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaces := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	device := requiredText("What is mounted: a block device (`/dev/…`, `UUID=…`, `LABEL=…`), a server's export, the directory of a bind mount, or a name such as `tmpfs`.", isDevice())
	where := requiredText("Where it is mounted. A directory that is missing is made; one that is not empty is an error, since its contents would be hidden.", isPlainPath())
	kind := optionalText("The file system's type, `none` for a bind mount. Default `"+defaultFileSystem+"`.", isFileSystem())
	device.PlanModifiers, where.PlanModifiers = replaces, replaces
	kind.Computed, kind.Default = true, stringdefault.StaticString(defaultFileSystem)
	kind.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplaceIf(changesFileSystem,
		"A change of the type replaces the mount, except from `auto`.", "A change of the type replaces the mount, except from `auto`.")}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A file system at its place: mounted now, and at every boot by a line in `/etc/fstab`, of which everything else stays. " +
			"Destroying it unmounts it and puts `/etc/fstab` back; where somebody has it in use, that is an error which names them.",
		Attributes: withCommon(ctx, "`HOST,DEVICE,PATH`, with `%2C` for a comma", map[string]schema.Attribute{
			"host":   hostRef("Where it is mounted."),
			"device": device,
			"path":   where,
			"type":   kind,
			"options": texts("Options, as in `/etc/fstab`. Of those in effect the kernel's own are compared (`ro`, `nosuid`, `nodev`, `noexec`, `noatime`, `nodiratime`, `sync`, `dirsync`); of the line in `/etc/fstab` all.",
				listvalidator.SizeAtLeast(1), each(isMountOption())),
		}),
	}
}

func changesFileSystem(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	resp.RequiresReplace = req.StateValue.ValueString() != defaultFileSystem
}

func isDevice() textRule {
	form := regexp.MustCompile(`^[^\x00-\x1f\x7f-]`)
	return textRule{"a device", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("write a device, UUID=… or LABEL=…, or the name of a file system without one")
		}
		return onOneLine(text)
	}}
}

func isFileSystem() textRule {
	form := regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	return textRule{"a type of file systems", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("write it as mount does, such as ext4 or xfs")
		}
		return nil
	}}
}

func isMountOption() textRule {
	form := regexp.MustCompile(`^[^\s,#][^\s,]*$`)
	return textRule{"a mount option", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("write one option an element, without blanks and commas, such as noatime or size=1g")
		}
		return onOneLine(text)
	}}
}
