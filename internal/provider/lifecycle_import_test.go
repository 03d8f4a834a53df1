package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

// An import begins with a state that is null as a whole: it becomes one that can be read, also where no attribute has a default.
func TestImportWithoutDefaults(t *testing.T) {
	t.Parallel()
	form := schema.Schema{Attributes: map[string]schema.Attribute{"id": schema.StringAttribute{Computed: true}, "name": schema.StringAttribute{Required: true}}}
	state := tfsdk.State{Schema: form, Raw: tftypes.NewValue(form.Type().TerraformType(t.Context()), nil)}
	var model struct {
		ID   types.String `tfsdk:"id"`
		Name types.String `tfsdk:"name"`
	}
	if diags := provider.SetDefaults(t.Context(), &state); diags.HasError() {
		t.Fatal(diags)
	}
	if diags := state.Get(t.Context(), &model); diags.HasError() || !model.Name.IsNull() || !model.ID.IsNull() {
		t.Errorf("%v, %+v", diags, model)
	}
}
