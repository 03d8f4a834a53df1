package executor_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

func TestReadPasswords(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want map[string]string
	}{
		"none":   {"", map[string]string{}},
		"object": {`{"bj": "a", "u01@lab.test": "it's \"b\" \u00fc $HOME"}`, map[string]string{"bj": "a", "u01@lab.test": `it's "b" ü $HOME`}},
		"empty":  {"{}", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := executor.ReadPasswords(test.text, "TF_X")
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("passwords (-want +got), %v:\n%s", err, diff)
			}
		})
	}
	for name, text := range map[string]string{
		"no JSON": "hush-hush", "cut": `{"bj": "hush-hush"`, "key": `{hush: "hush-hush"}`, "list": `["hush-hush"]`, "text": `"hush-hush"`,
		"number": `{"bj": 77777}`, "nested": `{"hush": {"hush": "hush"}}`, "null": "null", "more": `{"bj": "hush"} hush`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := executor.ReadPasswords(text, "TF_X")
			if err == nil || !strings.HasPrefix(err.Error(), "TF_X is not a JSON object") {
				t.Fatalf("error %v", err)
			}
			for _, secret := range []string{"hush", "77777"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows what was given: %v", err)
				}
			}
		})
	}
}
