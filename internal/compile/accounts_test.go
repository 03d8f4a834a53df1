package compile_test

import (
	"errors"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

func sampleAccounts(transport string) declare.Accounts {
	return declare.Accounts{Name: "people", Source: oldHost, Target: newHost, UIDFrom: 1000, UIDTo: 29999, Excluded: []string{"gate", "chikuwa*"}, Transport: transport}
}

func TestAccountsOfNoRange(t *testing.T) {
	t.Parallel()
	a := sampleAccounts("")
	a.UIDTo = 999
	if _, err := compile.Accounts(a); !errors.Is(err, compile.ErrDeclaration) {
		t.Errorf("got %v", err)
	}
}

// What is lent is what is declared, and nothing else.
func TestAccountsAreLent(t *testing.T) {
	t.Parallel()
	book, err := compile.Accounts(sampleAccounts(""))
	if err != nil {
		t.Fatal(err)
	}
	open := book.Operations[0]
	if last := open.Args[len(open.Args)-1]; open.Kind != "open_access" || last != "people range 1000 29999\npeople stays gate\npeople stays chikuwa*" {
		t.Errorf("%s lends %q", open.ID, open.Args)
	}
}
