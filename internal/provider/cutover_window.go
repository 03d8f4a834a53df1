package provider

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// gate lets a move begin only inside its window. Whether what is left of it is enough is for the run to judge, right before the freeze.
func (m *cutoverModel) gate(now time.Time, book runbook.Runbook) diag.Diagnostic {
	if !book.Hold {
		return nil
	}
	var read reader
	window := object[windowModel](&read, "window", m.Window)
	from, until := read.moment("window.not_before", window.NotBefore), read.moment("window.not_after", window.NotAfter)
	return inWindow(m.subject(), now, from, until, read.err())
}

// inWindow lets something begin between two moments, or says why not now.
func inWindow(subject string, now, from, until time.Time, err error) diag.Diagnostic {
	switch {
	case err != nil:
		return diag.NewErrorDiagnostic("Window of "+subject+" cannot be read", err.Error())
	case now.Before(from):
		return diag.NewErrorDiagnostic("Too early for the window of "+subject,
			fmt.Sprintf("It opens at %s (not_before); it is %s. Nothing was changed. Apply again then.", moment(from), moment(now)))
	case !until.IsZero() && now.After(until):
		return diag.NewErrorDiagnostic("Too late for the window of "+subject,
			fmt.Sprintf("It closed at %s (not_after); it is %s. Nothing was changed. Choose another window.", moment(until), moment(now)))
	}
	return nil
}
