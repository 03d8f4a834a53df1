package provider

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// fileModel is mail_file.
type fileModel struct {
	common
	Host      types.String `tfsdk:"host"`
	Path      types.String `tfsdk:"path"`
	Content   types.String `tfsdk:"content"`
	Lines     types.List   `tfsdk:"lines"`
	Replace   types.List   `tfsdk:"replace"`
	Owner     types.String `tfsdk:"owner"`
	Mode      types.String `tfsdk:"mode"`
	Reload    types.String `tfsdk:"reload"`
	OnDestroy types.String `tfsdk:"on_destroy"`
}

type replacementModel struct {
	From types.String `tfsdk:"from"`
	To   types.String `tfsdk:"to"`
}

// Schema implements resource.Resource.
func (*fileResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	file := requiredText("The file, as an absolute path. A link is followed.", isFilePath())
	file.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One file on a host: all that it holds, lines that are among its own, or texts that are others. What is changed is written beside it " +
			"and takes its place at once, with owner, mode, times, access lists and attributes; what it was before is kept as a before-image.",
		Attributes: withCommon(ctx, "`HOST,PATH`", map[string]schema.Attribute{
			"host":    hostRef("Where the file is."),
			"path":    file,
			"content": optionalText("All that the file holds. It is shown in plans and kept in the state: no place for secrets.", isText()),
			"lines": texts("Lines that the file holds among its own. Each is added once, at the end; one that is declared no longer is taken out again. "+
				"Another line that begins with the same word, or in `/etc/services` has the same name or port, is an error that names both.",
				listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), each(isLine())),
			"replace": schema.ListNestedAttribute{
				Optional: true, MarkdownDescription: "Texts that others take the place of, literally, one after the other. The file must hold one of the two.",
				Validators: []validator.List{listvalidator.SizeAtLeast(1)},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"from": requiredText("What is replaced.", stringvalidator.LengthAtLeast(1), isText()),
					"to":   requiredText("What takes its place.", isText()),
				}},
			},
			"owner":      optionalText("Who owns it: `user` or `user:group`. Left out: not looked at; a new file belongs to root.", isOwner()),
			"mode":       optionalText("Its mode, in octal. Left out: not looked at; a new file gets `0644`.", isMode()),
			"reload":     optionalText("A service that reads the file: it is reloaded after a change, if it runs. One that does not take the change gets the earlier file back.", isName()),
			"on_destroy": enumeration("What destroying the resource does", leaveChoices(), "restore"),
		}),
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (*fileResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("content"), path.MatchRoot("lines"), path.MatchRoot("replace")),
	}
}

// importFault says which part of an import id cannot be used.
func importFault(part string, err error) error { return fmt.Errorf("import id: %q: %w", part, err) }

func isFilePath() textRule {
	return textRule{"a file's absolute path", func(text string) error {
		switch {
		case strings.HasSuffix(text, "/"):
			return fmt.Errorf("it ends in a slash, as folders do")
		case strings.ContainsAny(text, "\x00\n"):
			return fmt.Errorf("it holds a line break")
		}
		return absolute(text)
	}}
}

func isLine() textRule {
	return textRule{"a line", func(text string) error {
		switch {
		case strings.TrimSpace(text) == "":
			return fmt.Errorf("it is empty")
		case strings.ContainsAny(text, "\r\n"):
			return fmt.Errorf("it holds a line break; write each line as an element of its own")
		}
		return isText().check(text)
	}}
}

// isText refuses what a text file cannot hold.
func isText() textRule {
	return textRule{"a text", func(text string) error {
		if strings.ContainsAny(text, "\x00\x01") {
			return fmt.Errorf("it holds bytes that no text has")
		}
		return nil
	}}
}

func isOwner() textRule {
	form := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*\$?(:[A-Za-z0-9_][A-Za-z0-9._-]*\$?)?$`)
	return textRule{"an owner", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("write user or user:group, by names or numbers")
		}
		return nil
	}}
}

func isMode() textRule {
	form := regexp.MustCompile(`^[0-7]{3,4}$`)
	return textRule{"a mode", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("write it in octal, such as 0644")
		}
		return nil
	}}
}
