package operation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// listing shows all of the tree, the folder's own attributes too, and what lies beside it.
const listing = `find . -printf '%P %y %m %U:%G %n %s %T@ %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 -r sha256sum; ls -A ..`

// restore runs a restore, which must end well, and gives back the epoch.
func (b backedUp) restore() (runbook.Operation, string) {
	b.t.Helper()
	op := operation.RestoreBackup(operation.Party{ID: "here", Role: "host"}, runbook.Change, b.declared(1))
	epoch := b.prepare(op)
	if got := b.tpm("", "run", "r", epoch, op.ID); got.exit != 0 {
		b.t.Fatalf("%+v", got)
	}
	return op, epoch
}

// A restore brings back what was backed up, twice the same, and its undo what was there before it, to the attributes of the tree's own folder.
func TestBackupIsRestored(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	b.script("chmod 751 .; touch -d @1000000 .")
	first := b.script(listing)
	b.take(1)
	b.script("echo other >sub/one; rm -r sub/empty; echo late >late; chmod 700 .; touch -d @2000000 .")
	second := b.script(listing)
	b.restore()
	inside := func(text string) string { // what is put aside lies beside it
		return strings.Replace(text, "\n.tree.it's a tree\n", "\n", 1)
	}
	if diff := cmp.Diff(inside(first), inside(b.script(listing))); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	b.script("echo meanwhile >meanwhile")
	op, epoch := b.restore()
	if diff := cmp.Diff(inside(first), inside(b.script(listing))); diff != "" {
		t.Errorf("restored again (-want +got):\n%s", diff)
	}
	if got := b.tpm("", "retract", "r", epoch); got.exit != 0 || !strings.Contains(got.out, "undone "+op.ID) {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff(second, b.script(listing)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
}

// Wherever a restore is cut off, doing it again gives what was backed up, and its undo what was there before.
func TestRestoreThatIsCutOff(t *testing.T) {
	t.Parallel()
	for i, at := range []string{
		"\t[ -d \"$2\" ] || mkdirs 022 \"$2\"\n", "\t\tmkdir -p -- \"$1/old\"\n", "\t\t: | put \"$1/swapped\"\n", "\trestore_backup_all \"$1/new$2\"", "\trestore_backup_like \"$1/is\" \"$2\"",
	} {
		for _, again := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d %v", i, again), func(t *testing.T) {
				t.Parallel()
				restoreCutOff(t, at, again)
			})
		}
	}
}

func restoreCutOff(t *testing.T, at string, again bool) {
	t.Helper()
	b := newBackedUp(t)
	first := b.script(listing)
	b.take(1)
	b.script("echo other >sub/one; echo late >late; rm -r -- sub/-rf")
	second := b.script(listing)
	program := filepath.Join(b.dir, "lib/test/tpm")
	whole := read(t, program)
	body := strings.Index(whole, "\nrestore_backup_tree() {")
	cut := whole[:body] + strings.Replace(whole[body:], "\n"+at, "\nexit 9\n"+at, 1)
	op := operation.RestoreBackup(operation.Party{ID: "here", Role: "host"}, runbook.Change, b.declared(1))
	file(t, b.dir, "lib/test/tpm", cut)
	if got := b.tpm("", "run", "r", b.prepare(op), op.ID); got.exit != 9 {
		t.Fatalf("%+v", got)
	}
	file(t, b.dir, "lib/test/tpm", whole)
	if again {
		b.restore()
		entries, _, _ := strings.Cut(first, "\nit's")
		if shown := b.script(listing); !strings.HasPrefix(shown, entries) {
			t.Errorf("restored (-want +got):\n%s", cmp.Diff(first, shown))
		}
	}
	if got := b.tpm("", "retract", "r", b.prepare(op)); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff(second, b.script(listing)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
}

// A snapshot is copied back as an archive is unpacked.
func TestSnapshotIsRestored(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	program := filepath.Join(b.dir, "lib/test/tpm")
	file(t, b.dir, "lib/test/tpm", strings.Replace(read(t, program), "\n", "\nbtrfs() { echo ro=true; }\n", 1))
	first := b.script(listing)
	set := words(filepath.Join(b.directory, "tree.000003.20261122T091500Z"))
	b.script("mkdir -p " + set + "; cp -a . " + set + "/snap-1; cd " + set + `; (cd snap-1; find . -printf '%P %y %m %U:%G %s %T@ %l\0' | sort -z) >snap-1.list
sha256sum snap-1.list >manifest; printf '# snap-1 some-uuid %s\n' ` + words(b.tree) + " >>manifest")
	b.script("echo other >sub/one")
	b.restore()
	entries, _, _ := strings.Cut(first, "\nit's")
	if shown := b.script(listing); !strings.HasPrefix(shown, entries) {
		t.Errorf("restored (-want +got):\n%s", cmp.Diff(first, shown))
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(b *backedUp)
		want    string
	}{
		"no backup": {func(b *backedUp) { b.directory += "/none" }, "there is no backup tree in"},
		"another backup": {func(b *backedUp) {
			b.script(`for f in ` + words(b.directory) + `/*/files.tar; do printf x >>"$f"; done`)
		}, "is not what was written"},
		"in use": {func(b *backedUp) {
			b.t.Cleanup(sleeper(b.t, filepath.Join(b.tree, "sub/one")))
		}, "is in use by process"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackedUp(t)
			if name != "no backup" {
				b.take(1)
			}
			before := b.script(listing)
			test.prepare(&b)
			op := operation.RestoreBackup(operation.Party{ID: "here", Role: "host"}, runbook.Change, b.declared(1))
			if got := b.tpm("", "run", "r", b.prepare(op), op.ID); got.exit == 0 || !strings.Contains(got.err, test.want) {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(before, b.script(listing)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// sleeper keeps a file open until what it returns is called.
func sleeper(t *testing.T, path string) func() {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = f.Close() }
}
