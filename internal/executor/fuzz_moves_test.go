package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

// Of what two hosts say of a cutover's moves: heard twice it is the same, a committed move is never taken for one that is taken back, and none serves that
// has no cut mark.
func FuzzMoves(f *testing.F) {
	f.Add("run=a.1\ncut=a.1\narmed=a.2 open\n", "armed=a.2 commit\nleft=a.3 never\nknown=a.2\n")
	f.Add("left=a.1 revert\nleft=a.1 commit\n", "cut=a.1\r\ncut=a.10\n")
	f.Add("armed=\narmed=x\ncut=\nleft= \n", "run=a.99999999999999999999\n\x00=")
	f.Fuzz(func(t *testing.T, source, target string) {
		once := executor.ReadMoves([2]string{"source", source}, [2]string{"target", target})
		again := executor.ReadMoves([2]string{"source", source}, [2]string{"target", target}, [2]string{"source", source}, [2]string{"target", target})
		if diff := cmp.Diff(once, again); diff != "" {
			t.Errorf("%q, %q: heard again (-once +again):\n%s", source, target, diff)
		}
		if once.Serves != "" && len(once.Cut) == 0 || once.Serves == "" && len(once.Cut) > 0 {
			t.Errorf("%q, %q: %q serves with the cut marks %q", source, target, once.Serves, once.Cut)
		}
		for _, left := range once.Unsettled {
			run, decision, _ := strings.Cut(left, " ")
			if slices.Contains(once.Cut, run) && decision != "commit" {
				t.Errorf("%q, %q: %s was committed, and is left as %q", source, target, run, decision)
			}
		}
	})
}

// Passwords are read whole or refused, and an error shows nothing of them.
func FuzzReadPasswords(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"bj":"secret-word"}`, `{"bj":1}`, "null", `["secret-word"]`, `{"bj":"secret-word"`, `{"a":"x","a":"secret-word"}`, "secret-word"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		given, err := executor.ReadPasswords(text, "the file")
		if err != nil && (given != nil || len(text) > 8 && strings.Contains(err.Error(), text)) {
			t.Errorf("%q: %v, %v", text, given, err)
		}
		if err == nil && given == nil {
			t.Errorf("%q gave neither passwords nor an error", text)
		}
	})
}
