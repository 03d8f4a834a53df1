package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// notYet refuses an attribute that is declared and that this version does not carry out: nothing declared is passed over in silence.
func notYet(diags *diag.Diagnostics, at path.Path, what string) {
	diags.AddAttributeError(at, "Not in this version", what+" Leave it out, or do it by hand before and after.")
}

// guardNotYet looks through a cutover for what this version does not carry out.
func (m *cutoverModel) guardNotYet(diags *diag.Diagnostics) {
	var read reader
	identity := object[identityModel](&read, "identity", m.Identity)
	if identity.Mode.ValueString() != declare.Exchange && len(identity.RewriteIn.Elements()) > 0 {
		notYet(diags, path.Root("identity").AtName("rewrite_in"), "Only an exchange replaces names and addresses in files so far; mail_file_set.rewrite does it in files that travel.")
	}
}
