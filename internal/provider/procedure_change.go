package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// sameProcedure reports whether the planned words, where known, are those of the procedure at hand.
func sameProcedure(planned types.List, words []string) bool {
	return planned.IsUnknown() || planned.IsNull() || planned.Equal(textList(words))
}

// otherProcedure says how the procedure at hand differs from the planned one: the first step that is another, and both digests.
func otherProcedure(subject string, planned types.List, words []string) diag.Diagnostic {
	var read reader
	was, is := read.texts("runbook", planned), words
	wasDigest, isDigest := digestOf(was), digestOf(is)
	was, is = steps(was), steps(is)
	difference := "The steps read the same; what they are given (arguments, order or times) differs."
	for i := range max(len(was), len(is)) {
		if then, now := at(was, i), at(is, i); then != now {
			difference = fmt.Sprintf("The first step that differs:\n  planned: %s\n  now:     %s", then, now)
			break
		}
	}
	return diag.NewErrorDiagnostic("The procedure is not the one that was planned", fmt.Sprintf(
		"What %s would run differs from the plan. Nothing was changed.\n\n%s\n\nDigests:\n  planned: %s\n  now:     %s\n\n"+
			"Next: plan again, and look at the new procedure. Declarations, the product's entry or what the last run measured changed since the plan.",
		subject, difference, wasDigest, isDigest))
}

const digestWord = "digest "

// digestOf is the digest in which a procedure's words end.
func digestOf(words []string) string {
	if len(words) == 0 {
		return "none: nothing to run"
	}
	return strings.TrimPrefix(words[len(words)-1], digestWord)
}

// steps are a procedure's words without the digest.
func steps(words []string) []string {
	if n := len(words); n > 0 && strings.HasPrefix(words[n-1], digestWord) {
		return words[:n-1]
	}
	return words
}

func at(words []string, i int) string {
	if i >= len(words) {
		return "none: it ends before"
	}
	return words[i]
}
