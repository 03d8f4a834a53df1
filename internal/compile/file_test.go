package compile_test

import (
	"errors"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// sampleFile is one file, declared in one of three ways.
func sampleFile(how string) declare.File {
	f := declare.File{Host: newHost, Path: "/etc/services"}
	content := "all of it\n"
	switch how {
	case "content":
		f.Content = &content
	case "lines":
		f.Lines = []string{"imap 143/tcp", "adrshd 20141/tcp", "a", "b", "c", "d"}
		f.Owner, f.Mode, f.Reload = "root:root", "0644", "ssh"
	case "replace":
		f.Replace = []declare.Replacement{{From: "old", To: "new"}, {From: "two\nlines", To: ""}}
	}
	return f
}

func TestFileThatSaysNothing(t *testing.T) {
	t.Parallel()
	if _, err := compile.File(sampleFile("")); !errors.Is(err, compile.ErrDeclaration) {
		t.Errorf("got %v", err)
	}
}
