package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// sshAccessModel is mail_ssh_access.
type sshAccessModel struct {
	common
	Source          types.String `tfsdk:"source"`
	Target          types.String `tfsdk:"target"`
	Command         types.String `tfsdk:"command"`
	Paths           types.List   `tfsdk:"paths"`
	ExpiresAfter    types.String `tfsdk:"expires_after"`
	PermitRootLogin types.String `tfsdk:"permit_root_login"`

	State     types.String `tfsdk:"state"`
	ExpiresAt types.String `tfsdk:"expires_at"`
	KeyFile   types.String `tfsdk:"key_file"`
}

const defaultExpiry = "4h"

// isForcedCommand is what can stand in a line of authorized_keys.
func isForcedCommand() textRule {
	return textRule{"a forced command", func(text string) error {
		switch {
		case strings.TrimSpace(text) == "":
			return fmt.Errorf("it is empty, which would allow any command")
		case strings.ContainsAny(text, "\n\r\x00"):
			return fmt.Errorf("it holds a line break or NUL; authorized_keys has one line a key")
		case strings.HasSuffix(text, `\`):
			return fmt.Errorf("it ends in a backslash, which would hide the quote that ends it in authorized_keys")
		}
		return nil
	}}
}

func rootLoginChoices() []choice {
	return []choice{
		{"prohibit-password", "root may log in with a key, and may not with a password"},
		{"forced-commands-only", "with a key that is bound to a command, as this one is"},
		{"yes", "with a password too"},
	}
}

// Schema implements resource.Resource.
func (*sshAccessResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	command := optionalText("What the key may do: `"+declare.Rsync+"` (rsync's other side, reading and writing below `paths`, without options that follow links or name other folders), "+
		"or a command that sshd runs whatever is asked for. It is in the state: a secret has no place in it. Default `"+declare.Rsync+"`. Changing it closes the access and opens another.", isForcedCommand())
	command.Computed, command.Default = true, stringdefault.StaticString(declare.Rsync)
	command.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplace()}
	paths := texts("Folders on the target that `rsync` is bound to. Symbolic links that lead out of them are refused. Changing them closes the access and opens another.",
		listvalidator.SizeAtLeast(1), each(isAbsolutePath()))
	paths.PlanModifiers = []planmodifier.List{listplanmodifier.RequiresReplace()}
	expires := duration("How long after it was opened the target closes it by itself, also when it is down at that moment: as soon as it is up again.")
	expires.MarkdownDescription += " Default `" + defaultExpiry + "`."
	expires.Computed, expires.Default = true, stringdefault.StaticString(defaultExpiry)
	attributes := withCommon(ctx, "`SOURCE,TARGET,COMMAND,PATH,…`, with `%2C` for a comma in one of them", map[string]schema.Attribute{
		"source":        hostRef("Who may log in. A key pair is made there; its private half never leaves that host."),
		"target":        hostRef("Where. As the user whom the provider logs in as there."),
		"command":       command,
		"paths":         paths,
		"expires_after": expires,
		"permit_root_login": enumeration("What sshd on the target must allow root at least until then. Left out, or where it allows that already, sshd is not touched. It is set in a piece of its own below `/etc/ssh/sshd_config.d` where "+
			"that counts, else at the head of `/etc/ssh/sshd_config`; `sshd -t` must take it, and `sshd -T` must say that it holds for logins from the source", rootLoginChoices(), ""),
		"state":      computedText("`open`, or `expired`: the time has passed, and the target has closed it. It stays closed until something is declared anew, or with `terraform apply -replace`."),
		"expires_at": computedText("When the target closes it, by its clock (RFC 3339)."),
		"key_file":   computedText("The private key on the source, as in `rsync -e 'ssh -i KEY' …`."),
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "A login from one host to another, for a time and for one thing. A key of the source's own is let in on the target by a line of `authorized_keys` with `restrict`, `from=` (the source's addresses), " +
			"`expiry-time=` and `command=`. When the time has passed the target itself takes the line out and puts sshd's configuration back (a systemd timer, and a unit that looks at each boot; `cron` where there is no systemd): " +
			"no controller is needed for it. Destroying closes it at once; nothing of it is left on either host.",
		Attributes: attributes,
	}
}
