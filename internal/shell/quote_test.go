package shell_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		argv []string
		want string
	}{
		{nil, ""},
		{[]string{"systemctl", "stop", "postfix"}, "systemctl stop postfix"},
		{[]string{"a=b", "c=d"}, "'a=b' c=d"},
		{[]string{"while", "while"}, "'while' while"},
		{[]string{"echo", "it's", "$(rm)", ""}, `echo 'it'"'"'s' '$(rm)' ''`},
	} {
		if diff := cmp.Diff(test.want, shell.Quote(test.argv...)); diff != "" {
			t.Errorf("Quote(%q) (-want +got):\n%s", test.argv, diff)
		}
	}
}

// Whatever the words, a shell gives them on as they are.
func TestQuoteLaws(t *testing.T) {
	t.Parallel()
	word := rapid.StringOfN(rapid.RuneFrom([]rune("ab '\"$`\\\n\t-*?()[]{};&|<>~#!=%ü\x01")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		argv := rapid.SliceOfN(word, 0, 5).Draw(t, "argv")
		line := shell.Quote(append([]string{"printf", `%s\0`, "begin"}, argv...)...)
		out, err := exec.Command("sh", "-c", line).Output() //nolint:noctx // ends by itself
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want := strings.Join(append([]string{"begin"}, argv...), "\x00") + "\x00"
		if string(out) != want {
			t.Errorf("%q gave %q, want %q", line, out, want)
		}
	})
}
