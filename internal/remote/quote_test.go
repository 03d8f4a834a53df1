package remote_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		argv []string
		want string
	}{
		{nil, ""},
		{[]string{"systemctl", "stop", "postfix"}, "systemctl stop postfix"},
		{[]string{"printf", "%s", ""}, "printf %s ''"},
		{[]string{"a=b", "c=d"}, "'a=b' c=d"},
		{[]string{"if", "if"}, "'if' if"},
		{[]string{"echo", "it's", "$(rm)", "~", "*", "a b"}, `echo 'it'"'"'s' '$(rm)' '~' '*' 'a b'`},
		{[]string{"echo", "one\ntwo", "-n", "grüße"}, "echo 'one\ntwo' -n 'grüße'"},
	} {
		if diff := cmp.Diff(test.want, remote.Quote(test.argv...)); diff != "" {
			t.Errorf("Quote(%q) (-want +got):\n%s", test.argv, diff)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "a b", "it's", "$x`y`", "-n", "a=b", "ü\n\t\\", "\xff\xfe", "!{}[]~#&;|<>()"} {
		f.Add(seed, "x")
		f.Add("x", seed)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		if strings.ContainsRune(one+two, 0) {
			return // an argument cannot hold one
		}
		line := remote.Quote("printf", `%s\0`, one, two)
		got, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
		if err != nil {
			t.Fatalf("sh -c %q: %v", line, err)
		}
		if diff := cmp.Diff(one+"\x00"+two+"\x00", string(got)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	})
}
