package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
)

func checkKindNames() []string {
	var names []string
	for _, kind := range check.Kinds() {
		names = append(names, string(kind))
	}
	return names
}

func checkKinds() string { return "`" + strings.Join(checkKindNames(), "`, `") + "`" }

// checkRule validates a whole check once everything in it is known.
type checkRule struct{}

func (checkRule) Description(context.Context) string { return "must be a check that can be made" }
func (checkRule) MarkdownDescription(context.Context) string {
	return "must be a check that can be made"
}

func (checkRule) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || !known(ctx, req.ConfigValue) {
		return
	}
	var model checkModel
	resp.Diagnostics.Append(req.ConfigValue.As(ctx, &model, basetypes.ObjectAsOptions{})...)
	if resp.Diagnostics.HasError() {
		return
	}
	var read reader
	declared := read.check("", model)
	if read.err() != nil {
		return // the attribute's own validator has said it
	}
	probe := check.Check{
		Kind: check.Kind(declared.Kind), Address: declared.Address, Expect: declared.Expect,
		Timeout: declared.Timeout, Refused: declared.Refused, Command: declared.Command,
	}
	if err := probe.Validate(); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Check cannot be made", req.Path.String()+": "+err.Error())
	}
}
