package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// choice is one value of an enumeration and what it means: descriptions and validators read the same list.
type choice struct{ value, meaning string }

func values(choices []choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = c.value
	}
	return out
}

func meanings(choices []choice) string {
	parts := make([]string, len(choices))
	for i, c := range choices {
		parts[i] = fmt.Sprintf("`%s` (%s)", c.value, c.meaning)
	}
	return strings.Join(parts, ", ")
}

// enumeration is a string out of choices; with a default unless fallback is empty.
func enumeration(description string, choices []choice, fallback string) schema.StringAttribute {
	a := schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: description + ": " + meanings(choices) + ".",
		Validators:          []validator.String{stringvalidator.OneOf(values(choices)...)},
	}
	if fallback != "" {
		a.Computed = true
		a.Default = stringdefault.StaticString(fallback)
		a.MarkdownDescription += " Default `" + fallback + "`."
	}
	return a
}

func requiredText(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description, Validators: validators}
}

func optionalText(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

func computedText(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func flag(description string, fallback bool) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, Default: booldefault.StaticBool(fallback),
		MarkdownDescription: fmt.Sprintf("%s Default `%t`.", description, fallback),
	}
}

func number(description string, fallback int64, validators ...validator.Int64) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true, Default: int64default.StaticInt64(fallback), Validators: validators,
		MarkdownDescription: fmt.Sprintf("%s Default `%d`.", description, fallback),
	}
}

func texts(description string, validators ...validator.List) schema.ListAttribute {
	return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description, Validators: validators}
}

func textMap(description string, validators ...validator.Map) schema.MapAttribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description, Validators: validators}
}

// duration is a Go duration.
func duration(description string) schema.StringAttribute {
	return optionalText(description+" A duration such as `90s`, `10m` or `12h`.", isDuration())
}

// hostRef names a host by the id of its mail_host. A change replaces the resource: what it did to the other host is undone first.
func hostRef(description string) schema.StringAttribute {
	a := requiredText(description+" The `id` of a `mail_host`.", isHostID())
	a.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplace()}
	return a
}

// nested turns a resource's attributes into those of an object nested in another resource: everything optional and without defaults, so that
// a whole resource can be passed where the object is expected, and write-only values left out. leave names attributes that have no meaning there.
func nested(attributes map[string]schema.Attribute, leave ...string) map[string]schema.Attribute {
	out := make(map[string]schema.Attribute, len(attributes))
	for name, attribute := range attributes {
		if attribute.IsWriteOnly() || slices.Contains(leave, name) {
			continue
		}
		out[name] = loosened(attribute)
	}
	return out
}

func loosened(attribute schema.Attribute) schema.Attribute {
	switch a := attribute.(type) {
	case schema.StringAttribute:
		a.Required, a.Computed, a.Optional, a.Default, a.PlanModifiers = false, false, true, nil, nil
		return a
	case schema.BoolAttribute:
		a.Required, a.Computed, a.Optional, a.Default, a.PlanModifiers = false, false, true, nil, nil
		return a
	case schema.Int64Attribute:
		a.Required, a.Computed, a.Optional, a.Default, a.PlanModifiers = false, false, true, nil, nil
		return a
	case schema.ListAttribute:
		a.Required, a.Computed, a.Optional, a.Default, a.PlanModifiers = false, false, true, nil, nil
		return a
	case schema.MapAttribute:
		a.Required, a.Computed, a.Optional, a.Default, a.PlanModifiers = false, false, true, nil, nil
		return a
	case schema.ObjectAttribute:
		a.Required, a.Computed, a.Optional, a.Default, a.PlanModifiers = false, false, true, nil, nil
		return a
	case schema.ListNestedAttribute:
		a.Required, a.Computed, a.Optional, a.PlanModifiers = false, false, true, nil
		a.NestedObject.Attributes = nested(a.NestedObject.Attributes)
		return a
	case schema.SingleNestedAttribute:
		a.Required, a.Computed, a.Optional, a.PlanModifiers = false, false, true, nil
		a.Attributes = nested(a.Attributes)
		return a
	}
	return attribute
}
