package declare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

func TestTree(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, wantFrom, wantTo string }{
		{"/a/", "/b/", "/a/", "/b/"},
		{"/a/", "/b", "/a/", "/b/"},
		{"/a", "/b/", "/a/", "/b/a/"},
		{"/x/a", "/b", "/x/a/", "/b/a/"},
		{"/a", "/", "/a/", "/a/"},
	} {
		from, to := declare.Tree(test.from, test.to)
		if from != test.wantFrom || to != test.wantTo {
			t.Errorf("Tree(%q, %q) = %q, %q; want %q, %q", test.from, test.to, from, to, test.wantFrom, test.wantTo)
		}
	}
}

// A back-out copies each tree back to where it came from, whichever way the paths were written.
func TestReversedPaths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ paths, want map[string]string }{
		{map[string]string{"/a/": "/a/"}, map[string]string{"/a/": "/a/"}},
		{map[string]string{"/a/": "/b"}, map[string]string{"/b/": "/a/"}},
		{map[string]string{"/var/spool": "/srv"}, map[string]string{"/srv/spool/": "/var/spool/"}},
	} {
		c := declare.Cutover{Source: "s", Target: "t", Syncs: []declare.Sync{{Source: "s", Target: "t", Paths: test.paths}}}
		want := []declare.Sync{{Source: "t", Target: "s", Paths: test.want, Overwrite: true}}
		if diff := cmp.Diff(want, c.Reversed().Syncs); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.paths, diff)
		}
	}
}

func TestReversedSync(t *testing.T) {
	t.Parallel()
	sync := declare.Sync{
		Source: "s", Target: "t", Paths: map[string]string{"/var/lib/cyrus": "/srv/mail/", "/etc/x/": "/etc/x/"},
		Volatile: []string{"/var/lib/cyrus/**", "/elsewhere/*"},
		Usermap:  map[string]string{"cyrus": "vmail", "dovecot": "vmail", "a": "b"},
	}
	got := declare.Cutover{Source: "s", Target: "t", Syncs: []declare.Sync{sync}}.Reversed().Syncs[0]
	want := declare.Sync{
		Source: "t", Target: "s", Overwrite: true, Paths: map[string]string{"/srv/mail/cyrus/": "/var/lib/cyrus/", "/etc/x/": "/etc/x/"},
		Volatile: []string{"/srv/mail/cyrus/**", "/elsewhere/*"},
		Usermap:  map[string]string{"vmail": "cyrus", "b": "a"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReversed(t *testing.T) {
	t.Parallel()
	c := declare.Cutover{
		Name: "n", Source: "s", Target: "t", Active: declare.Target, Product: "p",
		Dumps:      []declare.Dump{{Name: "d", Source: "s", Target: "t", Databases: []string{"x"}}},
		Files:      []declare.FileSet{{Name: "f", Source: "s", Target: "t"}},
		Accounts:   []declare.Accounts{{Name: "a", Source: "s", Target: "t", UIDFrom: 1, UIDTo: 2}},
		StopOrder:  [][]declare.Placed{{{Host: "s", Service: "a"}, {Host: "third", Service: "b"}}},
		StartOrder: [][]declare.Placed{{{Host: "t", Service: "a"}}},
		Quiesce:    []declare.Placed{{Host: "third", Service: "portal"}},
		Jobs:       []declare.Job{{Host: "t", Command: []string{"run"}}},
		Identity:   declare.Identity{Mode: "take_over", Addresses: []string{"192.0.2.25/24"}, ParkAddress: "192.0.2.121/24"},
	}
	want := declare.Cutover{
		Name: "n", Source: "t", Target: "s", Active: declare.Source, Product: "p", GiveBack: []declare.FileSet{{Name: "f", Source: "s", Target: "t"}},
		Dumps:      []declare.Dump{{Name: "d", Source: "t", Target: "s", Databases: []string{"x"}}},
		Accounts:   []declare.Accounts{{Name: "a", Source: "t", Target: "s", UIDFrom: 1, UIDTo: 2}},
		StopOrder:  [][]declare.Placed{{{Host: "t", Service: "a"}, {Host: "third", Service: "b"}}},
		StartOrder: [][]declare.Placed{{{Host: "s", Service: "a"}}},
		Quiesce:    []declare.Placed{{Host: "third", Service: "portal"}},
		Jobs:       []declare.Job{{Host: "s", Command: []string{"run"}}},
		Identity:   declare.Identity{Mode: "take_over", Addresses: []string{"192.0.2.25/24"}},
	}
	if diff := cmp.Diff(want, c.Reversed()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.StopOrder[0][0].Host != "s" || c.Dumps[0].Source != "s" {
		t.Errorf("the declaration itself was changed: %+v", c)
	}
}
