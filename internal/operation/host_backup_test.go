package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// backedUp is a machine with a tree, and the operations that back it up.
type backedUp struct {
	machine
	tree, directory string
}

func newBackedUp(t *testing.T) backedUp {
	t.Helper()
	b := backedUp{machine: newMachine(t), directory: filepath.Join(t.TempDir(), "deep/backups")}
	b.tree = filepath.Join(b.work, "it's a tree")
	b.script(`mkdir -p sub; cd sub
printf one >one; ln one linked; ln -s one 'new
line'; printf 'é %s\n' >'100% \n é'; chmod 640 one; mkfifo pipe; truncate -s 1M hole; mkdir -m 711 empty; printf x >-rf`)
	return b
}

// script runs lines in the tree.
func (b backedUp) script(lines string) string {
	b.t.Helper()
	got := sh(b.t, "", "-euc", "mkdir -p "+words(b.tree)+"; cd "+words(b.tree)+"\n"+lines)
	if got.exit != 0 {
		b.t.Fatalf("%s: %s", lines, got.err)
	}
	return got.out
}

func (b backedUp) declared(retain int) declare.Backup {
	return declare.Backup{Name: "tree", Host: "here", Paths: []string{b.tree}, Snapshot: "none", Directory: b.directory, Retain: retain}
}

// take runs a backup that must end well, or, with texts, must not, and say so.
func (b backedUp) take(retain int, texts ...string) answer {
	b.t.Helper()
	p := operation.Party{ID: "here", Role: "host"}
	take, prune := operation.TakeBackup(p, runbook.Change, b.declared(retain)), operation.PruneBackups(p, runbook.Change, b.declared(retain))
	epoch := b.prepare(take, prune)
	got := b.tpm("", "run", "r", epoch, take.ID, prune.ID)
	if (got.exit != 0) != (len(texts) > 0) {
		b.t.Fatalf("%+v", got)
	}
	for _, text := range texts {
		if !strings.Contains(got.err, text) {
			b.t.Errorf("%q lacks %q", got.err, text)
		}
	}
	return got
}

// sets are the names in the directory, hidden ones too.
func (b backedUp) sets() []string {
	b.t.Helper()
	entries, err := os.ReadDir(b.directory)
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// drift is what refresh finds.
func (b backedUp) drift() string {
	b.t.Helper()
	take := operation.TakeBackup(operation.Party{ID: "here", Role: "host"}, runbook.Change, b.declared(1))
	return good(b.t, b.dir, sheetOf(take)+"probe_all r | grep -v '^op ' || :")
}

func (b backedUp) result(got answer, name string) string {
	b.t.Helper()
	for line := range strings.Lines(got.out) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	b.t.Fatalf("no %s in %q", name, got.out)
	return ""
}

// What is restored from an archive is what was there: content, modes, times, links, holes.
func TestBackupHoldsTheTree(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	got := b.take(1)
	set := b.result(got, "path")
	if b.result(got, "changed") != "0" || b.result(got, "files") != "10" || !strings.HasPrefix(filepath.Base(set), "tree.000001.") {
		t.Errorf("%s", got.out)
	}
	const list = `find . -printf '%P %y %m %U:%G %n %s %T@ %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum`
	before := b.script(list)
	sh(t, "", "-euc", "rm -rf "+words(b.tree)+"; tar --acls --xattrs --numeric-owner -xpf "+words(set+"/files.tar")+" -C /")
	if after := b.script(list); after != before {
		t.Errorf("restored:\n%s\nwas:\n%s", after, before)
	}
	if said := sh(t, "", "-euc", "cd "+words(set)+"; sha256sum -c manifest; stat -c %a . .. *"); said.exit != 0 || said.out != "files.tar: OK\n700\n700\n600\n600\n" {
		t.Errorf("%+v", said)
	}
	if drift := b.drift(); drift != "" {
		t.Errorf("drift: %s", drift)
	}
}

// Older backups go only after the new one is proved, and numbers tell which are older.
func TestBackupsAreRetained(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	for range 3 {
		b.take(2)
	}
	names := b.sets()
	if len(names) != 2 || !strings.HasPrefix(names[0], "tree.000002.") || !strings.HasPrefix(names[1], "tree.000003.") {
		t.Errorf("%q", names)
	}
	file(t, b.directory, "tree-other.000001.20200101T000000Z/manifest", "")
	file(t, b.directory, ".tree.000009.20200101T000000Z.part/files.tar", "torn")
	b.take(1)
	if names := b.sets(); len(names) != 2 || !strings.HasPrefix(names[1], "tree.000004.") {
		t.Errorf("%q", names)
	}
	b.script("rm -r sub; mkdir sub")
	b.script("rmdir sub")
	b.take(1, "is empty", "Next: mount it, or take it out of paths")
	if names := b.sets(); len(names) != 2 || !strings.HasPrefix(names[1], "tree.000004.") {
		t.Errorf("a failure left %q", names)
	}
}

func TestBackupDrift(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ change, want string }{
		"gone":            {"rm -r @", "is gone"},
		"an archive gone": {"rm @/files.tar", "files.tar is gone"},
		"shorter":         {"truncate -s -1 @/files.tar", "files.tar is not what was written"},
		"one byte":        {"printf x | dd of=@/files.tar bs=1 seek=600 conv=notrunc status=none; touch -r @/manifest @/files.tar", "files.tar is not what was written"},
		"the manifest":    {"echo >>@/manifest", "manifest is not what was written"},
		"open to others":  {"chmod 755 @/..", "can be read by others (mode 755)"},
		"only looked at":  {"cat @/files.tar >/dev/null; touch @/files.tar", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackedUp(t)
			set := b.result(b.take(1), "path")
			if said := sh(t, "", "-euc", strings.ReplaceAll(test.change, "@", words(set))); said.exit != 0 {
				t.Fatal(said.err)
			}
			drift := b.drift()
			if !strings.Contains(drift, test.want) || (test.want == "") != (drift == "") {
				t.Errorf("%q, want %q", drift, test.want)
			}
			b.take(1)
			if drift := b.drift(); drift != "" {
				t.Errorf("drift after another backup: %s", drift)
			}
		})
	}
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(b *backedUp)
		texts   []string
	}{
		"a missing path":  {func(b *backedUp) { b.tree += "/none" }, []string{"/none is not there", "Next: mount or make it"}},
		"a symbolic link": {func(b *backedUp) { b.script("ln -s sub link"); b.tree += "/link" }, []string{"is a symbolic link", "Next: name what it points to"}},
		"itself, by another name": {func(b *backedUp) {
			b.script("mkdir sub/backups; ln -s " + words(b.tree) + " " + words(b.work+"/alias"))
			b.directory = b.work + "/alias/sub/backups"
		}, []string{"lies inside", "Next: name a directory outside"}},
		"a directory that others read": {func(b *backedUp) {
			b.directory = b.work + "/var"
			b.script("mkdir -m 755 ../var; touch ../var/log")
		}, []string{"can be read by others (mode 755) and holds more than backups", "Next: name a directory of its own"}},
		"a full file system": {func(b *backedUp) {
			program := filepath.Join(b.dir, "lib/test/tpm")
			file(b.t, b.dir, "lib/test/tpm", strings.Replace(read(b.t, program), "\n", "\ndf() { printf 'Filesystem\\ndisk 1 1 100 99%% /\\n'; }\n", 1))
		}, []string{"has 0 MiB free, and the backup may take", "Next: make room there"}},
		"a file system that fills up": {func(b *backedUp) {
			program := filepath.Join(b.dir, "lib/test/tpm")
			file(b.t, b.dir, "lib/test/tpm", strings.Replace(read(b.t, program), "\n", "\ntee() { head -c 600 >\"$2\"; return 1; }\n", 1))
		}, []string{"files.tar cannot be written: is the file system full?", "Next: make room in"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackedUp(t)
			test.prepare(&b)
			before := b.sets()
			b.take(1, test.texts...)
			if after := b.sets(); len(after) != len(before) {
				t.Errorf("it left %q", after)
			}
		})
	}
}

// A file that changes while it is read is counted; one that differs and has not changed is a fault, and the backup does not count.
func TestBackupIsCompared(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	program := filepath.Join(b.dir, "lib/test/tpm")
	whole := read(t, program)
	meanwhile := func(lines string) {
		file(t, b.dir, "lib/test/tpm", strings.Replace(whole, "\tbackup_compare \"$SET/files.tar\"\n", lines+"\n\tbackup_compare \"$SET/files.tar\"\n", 1))
	}
	odd := words(b.tree + `/sub/100% \n é`)
	meanwhile("sleep 0.02; echo more >>" + odd + "; rm " + words(b.tree+"/sub/one") + "; touch " + words(b.tree+"/sub/later"))
	if got := b.take(1); b.result(got, "changed") != "2" { // the file, and the one that is gone
		t.Errorf("%s", got.out)
	}
	first := b.sets()
	b.script("printf one >sub/one")
	meanwhile("sleep 0.02; echo other >" + odd + "; sleep 0.02; : >\"$OD/stamp\"")
	b.take(1, "the archive is not what is in the tree")
	meanwhile("printf x | dd of=\"$SET/files.tar\" bs=1 seek=600 conv=notrunc status=none; backup_read \"$SET\"")
	b.take(1, "is not what was written", "Next: look at the disk")
	if after := b.sets(); strings.Join(after, " ") != strings.Join(first, " ") {
		t.Errorf("%q, want %q", after, first)
	}
}

// Undo removes what all runs took, and the folders that were made for it.
func TestBackupIsUndone(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	b.take(2)
	b.take(2)
	take := operation.TakeBackup(operation.Party{ID: "here", Role: "host"}, runbook.Change, b.declared(2))
	epoch := b.prepare(take)
	if got := b.tpm("", "retract", "r", epoch); got.exit != 0 || !strings.Contains(got.out, "undone "+take.ID) {
		t.Fatalf("%+v", got)
	}
	if _, err := os.Stat(filepath.Dir(b.directory)); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", filepath.Dir(b.directory), err)
	}
}
