package demo_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/demo"
)

// Plans and states of any shape are read or refused; what is named as changing changes something.
func FuzzReadPlan(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"resource_changes":[{"address":"mail_cutover.a","change":{"actions":["update"],"after":{"runbook":["01 x"]}}}]}`,
		`{"resource_changes":[{"change":{"after":7}}],"prior_state":{"values":{"root_module":{"child_modules":[{}]}}}}`,
		`{"values":{"root_module":{"resources":[{"address":"module.migration.mail_cutover.this","values":{"drift":["d"]}}]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plan, err := demo.ReadPlan(text)
		if err == nil && !json.Valid(text) {
			t.Errorf("%q is read as a plan", text)
		}
		for _, change := range plan.Resource {
			if slices.Equal(change.Actions, []string{"no-op"}) || slices.Equal(change.Actions, []string{"read"}) {
				t.Errorf("%q: %+v changes nothing", text, change)
			}
		}
		if state, err := demo.ReadState(text); err == nil && !bytes.Contains(text, []byte("mail_cutover")) {
			t.Errorf("%q is read as a state: %+v", text, state)
		}
	})
}
