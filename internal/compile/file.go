package compile

import (
	"fmt"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// File brings one file to what is declared.
func File(f declare.File) (runbook.Runbook, error) {
	if f.Content == nil && len(f.Lines) == 0 && len(f.Replace) == 0 {
		return runbook.Runbook{}, fmt.Errorf("%w: nothing says what %s shall hold", ErrDeclaration, f.Path)
	}
	p := operation.Party{ID: f.Host, Role: "host"}
	return finished("mail_file."+operation.Name(f.Host)+"."+operation.Name(f.Path), []runbook.Operation{operation.EditFile(p, runbook.Change, f)})
}
