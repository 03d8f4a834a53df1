package provider_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

// Whatever values a plan shows of a resource, they are compiled, the same twice, or refused in words.
func FuzzRecompile(f *testing.F) {
	compiler, err := provider.NewRecompiler(f.Context(), nil)
	if err != nil {
		f.Fatal(err)
	}
	const unknown = `{"runbook":false,"status":true,"id":true}`
	f.Add("mail_host", "create", "null", `{"addresses":["192.0.2.1"]}`, "{}")
	f.Add("mail_service", "create", "null", `{"host":"`+idOld+`","name":"postfix","running":false,"runbook":["01 stop postfix","digest sha256:0"]}`, unknown)
	f.Add("mail_service", "delete", `{"host":"`+idOld+`","name":"postfix","running":false,"on_destroy":"restore","status":"settled"}`, "null", "null")
	f.Add("mail_sync", "update", "null", `{"source":"`+idOld+`","target":"`+idNew+`","paths":{"/a/":"/a/"},"runbook":["x","y"]}`, unknown)
	f.Add("mail_file", "create", "null", `{"host":"`+idOld+`","path":"/etc/x","lines":["a"],"runbook":["01 x","digest y"]}`, unknown)
	f.Add("mail_cutover", "update", `{"name":"a","active":"source","status":"settled"}`, `{"name":"a","source":"`+idOld+`","target":"`+idNew+`","active":"target","product":"bluemind",`+
		`"syncs":[{"paths":{"/a":"/a"}}],"identity":{"mode":"take_over","addresses":["192.0.2.25/24"]},"window":{"confirm_within":"x"},"runbook":["01 x","digest y"]}`, unknown)
	f.Add("mail_unknown", "read", "[]", "7", `"x"`)
	f.Add("mail_job", "create", "null", `{"host":null,"command":[null],"progress":"((","runbook":[]}`, "[true]")
	f.Fuzz(func(t *testing.T, kind, action, before, after, marks string) {
		for _, text := range []string{before, after, marks} {
			if !json.Valid([]byte(text)) { // which is refused before
				return
			}
		}
		change := plan.Change{
			Address: kind + ".a", Type: kind, Action: plan.Action(action), Before: json.RawMessage(before), After: json.RawMessage(after), Unknown: json.RawMessage(marks),
		}
		first, err := compiler.Compile(t.Context(), change)
		again, errAgain := compiler.Compile(t.Context(), change)
		if err != nil && (err.Error() == "" || errAgain == nil) {
			t.Errorf("%+v: %v, then %v", change, err, errAgain)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%+v (-first +again):\n%s", change, diff)
		}
	})
}
