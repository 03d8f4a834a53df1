package operation_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Whatever is made can be run, told to people and done by hand; and its id says what is done to what.
func TestConstructors(t *testing.T) {
	t.Parallel()
	kinds, err := operation.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{"check_service": true} // runs on the controller
	seen := map[string]bool{}
	for _, op := range every(t) {
		if seen[op.ID] {
			t.Errorf("%s is there twice", op.ID)
		}
		if op.Host != "" && !slices.Contains(kinds, op.Kind) {
			t.Errorf("%s: hosts know no kind %s", op.ID, op.Kind)
		}
		complete(t, op)
		made[op.Kind], seen[op.ID] = true, true
	}
	for _, kind := range kinds {
		if !made[kind] {
			t.Errorf("kind %s: no constructor in this test", kind)
		}
	}
	if diff := cmp.Diff(every(t), every(t)); diff != "" {
		t.Errorf("made twice:\n%s", diff)
	}
}

func complete(t *testing.T, op runbook.Operation) {
	t.Helper()
	id := regexp.MustCompile(`^[a-z]+(_[a-z]+)+(\.[A-Za-z0-9._-]+)+$`)
	if !id.MatchString(op.ID) || !strings.HasPrefix(op.ID, op.Kind+".") {
		t.Errorf("id %q of kind %s", op.ID, op.Kind)
	}
	if op.Sentence == "" || len(op.ByHand) == 0 || op.Role == "" {
		t.Errorf("%s lacks words: %+v", op.ID, op)
	}
	if op.Kind != "stop_service" && op.Kind != "start_service" && op.Estimate <= 0 {
		t.Errorf("%s: no estimate", op.ID)
	}
}

// Every kind has the functions that the host-side program calls; what says that it can be undone can be.
func TestKindsHaveTheirFunctions(t *testing.T) {
	t.Parallel()
	kinds, err := operation.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(kinds) || len(kinds) == 0 {
		t.Errorf("kinds: %q", kinds)
	}
	program, err := operation.Program()
	if err != nil {
		t.Fatal(err)
	}
	defined := func(function string) bool { return strings.Contains(program.Text, "\n"+function+"() {") }
	for _, kind := range kinds {
		for _, part := range []string{"probe", "do", "verify"} {
			if !defined(kind + "_" + part) {
				t.Errorf("%s.sh has no function %s_%s", kind, kind, part)
			}
		}
	}
	for _, op := range every(t) {
		if op.Undo != "" && !defined(op.Kind+"_undo") {
			t.Errorf("%s says %q, and there is no %s_undo", op.ID, op.Undo, op.Kind)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"postfix": "postfix", "bj-data": "bj-data", "/var/spool/cyrus/": "var-spool-cyrus", "a.b_c-9": "a.b_c-9",
		"": ".e3b0c4", "/": ".8a5eda", "a b": "a_b.c8687a", "/a-b": "a-b.590bb8",
	} {
		if got := operation.Name(text); got != want {
			t.Errorf("Name(%q) = %q; want %q", text, got, want)
		}
	}
}

// Names are safe as parts of ids, folders and rsync modules, and tell texts of one sort apart: paths, or words without a slash.
func TestNameLaws(t *testing.T) {
	t.Parallel()
	safe := regexp.MustCompile(`^[A-Za-z0-9._-]{1,60}$`)
	path := rapid.StringMatching(`/[ab./\- ü]{0,12}[ab]`)
	word := rapid.OneOf(rapid.StringMatching(`[ab.\- _:ü\n]{1,12}`), rapid.StringMatching(`[a-z]{50,70}`))
	rapid.Check(t, func(t *rapid.T) {
		sort := rapid.SampledFrom([]*rapid.Generator[string]{path, word}).Draw(t, "sort")
		one, two := sort.Draw(t, "one"), sort.Draw(t, "two")
		a, b := operation.Name(one), operation.Name(two)
		if !safe.MatchString(a) {
			t.Errorf("Name(%q) = %q", one, a)
		}
		if strings.Trim(one, "/") != strings.Trim(two, "/") && a == b {
			t.Errorf("%q and %q share the name %q", one, two, a)
		}
	})
}

func TestTrees(t *testing.T) {
	t.Parallel()
	got := operation.Trees(declare.Sync{Paths: map[string]string{"/var/b/": "/srv/b", "/var/a": "/srv", "/": "/all/"}})
	want := []operation.Tree{{"/", "/", "/all/"}, {"var-a", "/var/a/", "/srv/a/"}, {"var-b", "/var/b/", "/srv/b/"}}
	want[0].Module = operation.Name("/")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSyncTree(t *testing.T) {
	t.Parallel()
	source, target := operation.Party{ID: "o", Role: "source"}, operation.Party{ID: "n", Role: "target"}
	sync := declare.Sync{
		Paths: map[string]string{"/v/": "/srv/v/"}, Exclude: []string{"/tmp/", "a b"}, Delete: true, DeleteLimitPercent: 7, Overwrite: true, OneFileSystem: true,
		HardLinks: true, ACLs: true, Xattrs: true, Usermap: map[string]string{"b": "y", "a": "x"}, Groupmap: map[string]string{"g": "h"}, BandwidthLimit: "50M",
		Volatile: []string{"/v/{a,b}/*.{db,log}", "/elsewhere/*", "/v/plain"},
		LastPass: &declare.Pass{Seconds: 90},
	}
	hot := operation.SyncTree(target, source, "change", sync, operation.Trees(sync)[0], operation.Hot)
	want := []string{
		"v", "/srv/v/", "hot", "0", "7", "yes", "/a/*.db\n/a/*.log\n/b/*.db\n/b/*.log\n/plain",
		"-a", "-H", "-A", "-X", "-x", "--delete-delay", "--exclude=/tmp/", "--exclude=a b", "--bwlimit=50M", "--usermap=a:x,b:y", "--groupmap=g:h",
	}
	if diff := cmp.Diff(want, hot.Args); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	cold := operation.SyncTree(target, source, "change", sync, operation.Trees(sync)[0], operation.Cold)
	if hot.Estimate != 90*time.Second || cold.Estimate > 2*time.Second {
		t.Errorf("estimates: hot %s, cold %s", hot.Estimate, cold.Estimate)
	}
	if !hot.Keep || hot.Pull == nil || hot.Pull.From != "o" || hot.ID == cold.ID {
		t.Errorf("hot pass: %+v", hot)
	}
}
