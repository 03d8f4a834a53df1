package provider

import (
	"context"
	"fmt"
	"path"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// accountsParts are the attributes that a mail_accounts has in common with the objects in mail_cutover.accounts.
type accountsParts struct {
	Source   types.String `tfsdk:"source"`
	Target   types.String `tfsdk:"target"`
	UIDRange types.Object `tfsdk:"uid_range"`
	Exclude  types.List   `tfsdk:"exclude"`

	Transport types.String `tfsdk:"transport"`
}

// accountsModel is mail_accounts.
type accountsModel struct {
	common
	accountsParts
	OnDestroy types.String `tfsdk:"on_destroy"`
}

type uidRangeModel struct {
	From types.Int64 `tfsdk:"from"`
	To   types.Int64 `tfsdk:"to"`
}

// Which accounts travel where nothing else is said: those of people, as distributions count.
const (
	defaultUIDFrom = 1000
	defaultUIDTo   = 59999
)

func uidRangeTypes() map[string]attr.Type {
	return map[string]attr.Type{"from": types.Int64Type, "to": types.Int64Type}
}

func accountsAttributes() map[string]schema.Attribute {
	end := func(description string, fallback int) schema.Int64Attribute {
		return schema.Int64Attribute{
			Optional: true, MarkdownDescription: fmt.Sprintf("%s Default `%d`.", description, fallback), Validators: []validator.Int64{int64validator.Between(1, 4294967294)},
		}
	}
	return map[string]schema.Attribute{
		"source": hostRef("Where the accounts are."),
		"target": hostRef("Where they go."),
		"uid_range": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Which accounts travel, by their user ids. Another range is another resource.",
			Attributes:    map[string]schema.Attribute{"from": end("The lowest.", defaultUIDFrom), "to": end("The highest.", defaultUIDTo)},
			PlanModifiers: []planmodifier.Object{objectplanmodifier.RequiresReplaceIf(otherRange, otherRangeText, otherRangeText)},
		},
		"exclude":   texts("Names that stay behind, as patterns: `*`, `?`, `[ab]`.", each(isAccountPattern())),
		"transport": enumeration("Which way the accounts take", transportChoices(), defaultTransport),
	}
}

const otherRangeText = "Another range is another resource: what was done for the one is undone first, if that is what on_destroy says."

// otherRange asks for a replacement where another range is meant, however it is written.
func otherRange(_ context.Context, req planmodifier.ObjectRequest, resp *objectplanmodifier.RequiresReplaceIfFuncResponse) {
	var read reader
	was, is := accountsParts{UIDRange: req.StateValue}, accountsParts{UIDRange: req.PlanValue}
	before, now := read.accounts(was), read.accounts(is)
	resp.RequiresReplace = before.UIDFrom != now.UIDFrom || before.UIDTo != now.UIDTo
}

// Schema implements resource.Resource.
func (*accountsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := accountsAttributes()
	attributes["on_destroy"] = enumeration("What destroying the resource does", []choice{
		{"keep", "the accounts stay"}, {"restore", "those that it added are removed; their files stay"},
	}, "keep")
	resp.Schema = schema.Schema{
		MarkdownDescription: "Accounts of the system that travel from one host to another: lines of `passwd`, `group` and `shadow` that the target lacks. Accounts that it has " +
			"stay as they are; names or numbers that mean somebody else there are an error that lists them all. The files are changed by the target's own `vipw` and `vigr`, which lock them. " +
			"Those that were added follow the source with each apply; of two passwords the one that was changed last counts. Homes travel by a `mail_sync`.",
		Attributes: withCommon(ctx, "`SOURCE,TARGET,FROM-TO`, the last being the range of user ids", attributes),
	}
}

func isAccountPattern() textRule {
	return textRule{"a pattern of account names", func(text string) error {
		for _, r := range text {
			if r <= ' ' || r == ':' || r == 0x7f {
				return fmt.Errorf("it holds a blank or a colon")
			}
		}
		if text == "" {
			return fmt.Errorf("it is empty")
		}
		if _, err := path.Match(text, ""); err != nil {
			return fmt.Errorf("a bracket is not closed")
		}
		return nil
	}}
}
