package product_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

func TestGlobMatch(t *testing.T) {
	for _, row := range []struct {
		pattern string
		yes, no []string
	}{
		{"/etc/bm/bm.ini", []string{"/etc/bm/bm.ini"}, []string{"/etc/bm/bmxini", "/etc/bm/bm.ini/x", "/x/etc/bm/bm.ini"}},
		{"/etc/imapd*", []string{"/etc/imapd.conf", "/etc/imapd"}, []string{"/etc/imapd/x", "/etc/cyrus.conf"}},
		{"/etc/bm-webmail/*", []string{"/etc/bm-webmail/a", "/etc/bm-webmail/.hidden"}, []string{"/etc/bm-webmail/a/b", "/etc/bm-webmail"}},
		{"/etc/bm/**", []string{"/etc/bm/a", "/etc/bm/a/b c/\"d\"", "/etc/bm/line\nbreak"}, []string{"/etc/bm", "/etc/bmx/a"}},
		{"/s/**/cyrus.*", []string{"/s/cyrus.index", "/s/a/b/cyrus.header"}, []string{"/s/a/cyrus", "/s/acyrus.index"}},
		{"/s/**/*.{tlog,ckp}", []string{"/s/1.tlog", "/s/a/translog.ckp"}, []string{"/s/a/tlog", "/s/a/x.tlog.bak"}},
		{"/s/**/[1-9]*.", []string{"/s/423.", "/s/u/ana/1."}, []string{"/s/cyrus.index", "/s/0.", "/s/423"}},
		{"/a/[!-a]?", []string{"/a/bc", "/a/é1"}, []string{"/a/-b", "/a/ab", "/a/b/", "/a//b"}},
		{`/a/\*,b+(c)`, []string{"/a/*,b+(c)"}, []string{"/a/x,b+(c)"}},
	} {
		glob, err := product.CompileGlob(row.pattern)
		if err != nil {
			t.Errorf("%s: %v", row.pattern, err)
			continue
		}
		for _, name := range row.yes {
			if !glob.Match(name) {
				t.Errorf("%s does not match %q", row.pattern, name)
			}
		}
		for _, name := range row.no {
			if glob.Match(name) {
				t.Errorf("%s matches %q", row.pattern, name)
			}
		}
	}
}

func TestGlobErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"": "empty", "etc/*": "relative", "/": "root", "/etc/../x": `".."`, "/etc//x": `"//"`, "/a\n": "control", "/a\tb": "control",
		"/etc/a**": "whole path element", "/etc/[a": `without "]"`, "/etc/[]": "empty brackets", "/etc/[z-a]": "not a range",
		"/etc/[+-9]": "not a range", "/etc/[[:alpha:]]": "cannot stand", "/etc/{a": `without "}"`, "/etc/a}": `without "{"`,
		"/etc/{a,{b,c}}": "nested", "/etc/{a/b}": `without "}"`, `/etc/a\`: "at the end",
	} {
		if _, err := product.CompileGlob(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", pattern, err, want)
		}
	}
}

func TestGlobParts(t *testing.T) {
	for pattern, want := range map[string]struct {
		root      string
		recursive bool
	}{
		"/etc/bm/**":       {"/etc/bm", true},
		"/etc/imapd*":      {"/etc", false},
		"/etc/bm/bm.ini":   {"/etc/bm/bm.ini", false},
		"/*/x":             {"/", false},
		"/var/a/**/b/{c}d": {"/var/a", true},
	} {
		glob, err := product.CompileGlob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if glob.Root() != want.root || glob.Recursive() != want.recursive || glob.String() != pattern {
			t.Errorf("%s: root %q, recursive %v", pattern, glob.Root(), glob.Recursive())
		}
	}
}

// TestGlobAsFind proves that find on a host means the same as Match here.
func TestGlobAsFind(t *testing.T) {
	dir := t.TempDir()
	names := []string{"bm.ini", "a b", "-x", "sub/cyrus.index", "sub/deep/1.", "sub/x.tlog", "line\nbreak", "ümlaut", "b]c", ".hidden"}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tail := range []string{"/*", "/**", "/**/[1-9]*.", "/**/*.{tlog,index}", "/[!-a]*", "/bm.ini", "/?ine?break", "/.*"} {
		glob, err := product.CompileGlob(dir + tail)
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), "find", dir, "-type", "f", "-regextype", "posix-extended", "-regex", glob.ERE(), "-print0")
		command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
			found[string(name)] = len(name) > 0
		}
		for _, name := range names {
			path := filepath.Join(dir, name)
			if diff := cmp.Diff(glob.Match(path), found[path]); diff != "" {
				t.Errorf("%s and %q: %s", tail, name, diff)
			}
		}
	}
}

func FuzzCompileGlob(f *testing.F) {
	for _, seed := range []string{"/etc/bm/**", "/s/**/*.{tlog,ckp}", "/a/[!-a]?", `/a/\*`, "/[a-]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		glob, err := product.CompileGlob(pattern)
		if err != nil {
			return
		}
		if !strings.ContainsAny(pattern, `*?[{\}`) && !glob.Match(pattern) && !strings.HasSuffix(pattern, "/") {
			t.Errorf("%q does not match itself", pattern)
		}
		if !strings.HasPrefix(glob.Root(), "/") {
			t.Errorf("%q: root %q", pattern, glob.Root())
		}
	})
}
