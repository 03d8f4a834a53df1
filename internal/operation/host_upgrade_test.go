package operation_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func hereParty() operation.Party { return operation.Party{ID: "here", Role: "here", Named: true} }

// ran runs operations in turn, which must end well; it returns the epoch.
func (m machine) ran(ops ...runbook.Operation) string {
	m.t.Helper()
	epoch := m.prepare(ops...)
	for _, op := range ops {
		if got := m.tpm("", "run", "r", epoch, op.ID); got.exit != 0 {
			m.t.Fatalf("%s: %+v", op.ID, got)
		}
	}
	return epoch
}

// failed runs an operation that must fail and say so.
func (m machine) failed(epoch, id string, texts ...string) {
	m.t.Helper()
	got := m.tpm("", "run", "r", epoch, id)
	for _, text := range texts {
		if got.exit == 0 || !strings.Contains(got.err, text) {
			m.t.Errorf("%s: %+v lacks %q", id, got, text)
		}
	}
}

func (m machine) recede(epoch, id string) {
	m.t.Helper()
	if got := m.tpm("", "recede", "r", epoch, id); got.exit != 0 || got.out != "undone "+id+"\n" {
		m.t.Fatalf("recede %s: %+v", id, got)
	}
}

// versions is a product of one file, with its version in it.
func (m machine) versions(from, to string) runbook.Operation {
	file := filepath.Join(m.work, "version")
	install := func(version string) []string {
		return []string{"sh", "-c", "echo install " + version + " >>" + m.work + "/log; [ ! -e " + m.work + "/broken ] || { echo half >" + file + "; exit 1; }; echo " + version + " >" + file}
	}
	hop := declare.Hop{Version: to, From: from, Install: install(to), Recover: install(from)}
	return operation.InstallVersion(hereParty(), runbook.Change, "x", hop, []string{"cat", file})
}

// A version is installed once, in place of the one that is expected, and taken back to it.
func TestInstallVersion(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file(t, m.work, "version", "6.7\n")
	op := m.versions("6.7", "7.0")
	epoch := m.ran(op)
	if m.noted("version") != "7.0" {
		t.Errorf("version %s", m.noted("version"))
	}
	if got := m.tpm("", "run", "r", epoch, op.ID); got.exit != 0 || !strings.Contains(got.out, "op "+op.ID+" 10 ") {
		t.Errorf("again: %+v", got)
	}
	m.recede(epoch, op.ID)
	if m.noted("version") != "6.7" || m.noted("log") != "install 7.0\ninstall 6.7" {
		t.Errorf("taken back: version %s, log %s", m.noted("version"), m.noted("log"))
	}
	file(t, m.work, "version", "6.5\n")
	m.failed(m.prepare(op), op.ID, "version 6.5 is installed, not 6.7")
}

// An installation that fails half way is gone on with, or taken back.
func TestInstallVersionHalf(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file(t, m.work, "version", "6.7\n")
	file(t, m.work, "broken", "")
	op := m.versions("6.7", "7.0")
	epoch := m.prepare(op)
	m.failed(epoch, op.ID, "")
	if m.noted("version") != "half" {
		t.Fatalf("version %s", m.noted("version"))
	}
	if got := m.tpm("", "recede", "r", epoch, op.ID); got.exit == 0 {
		t.Errorf("taken back though the version before cannot be installed: %+v", got)
	}
	sh(t, "", "-c", "rm "+words(filepath.Join(m.work, "broken")))
	if got := m.tpm("", "run", "r", epoch, op.ID); got.exit != 0 || m.noted("version") != "7.0" {
		t.Errorf("gone on: %+v, version %s", got, m.noted("version"))
	}
	m.recede(epoch, op.ID)
	if m.noted("version") != "6.7" {
		t.Errorf("taken back: version %s", m.noted("version"))
	}
}

// Drift tells the version that is found; nothing is installed to see it.
func TestInstallVersionHolds(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	have := operation.HaveVersion(hereParty(), runbook.Change, "x", "7.0", []string{"cat", file(t, m.work, "version", "7.1\n")})
	got := good(t, m.dir, sheetOf(have)+"probe_all r")
	for _, want := range []string{"op " + have.ID + " 1 0", "version=7.1", "drift.1=version 7.1 is installed, not 7.0"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

// What goes back is what the backup of the hop holds, whatever the new version has made of it; what was there meanwhile is kept aside.
func TestArmRecovery(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	first := b.script(listing)
	declared := b.declared(0)
	arm := operation.ArmRecovery(hereParty(), runbook.Change, declared)
	take := operation.BackUpHop(hereParty(), runbook.Change, declared)
	epoch := b.ran(take, arm)
	sets := b.sets()
	b.script("echo converted >sub/one; rm -r sub/empty; echo new >format")
	// A run that was cut off goes on with the backup that it has: another would hold what is converted.
	if got := b.tpm("", "run", "r", epoch, take.ID, arm.ID); got.exit != 0 || !strings.Contains(got.out, "op "+take.ID+" 10 ") {
		t.Errorf("again: %+v", got)
	}
	b.recede(epoch, arm.ID)
	got := regexp.MustCompile(`\n\.tree\.it's a tree\.[0-9TZ]+\n`).ReplaceAllString(b.script(listing), "\n")
	if diff := cmp.Diff(first, got); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	if kept := b.script("cat ../.tree.*/old/format"); kept != "new\n" {
		t.Errorf("aside: %q", kept)
	}
	if diff := cmp.Diff(sets, b.sets()); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
}

// Where nothing was changed nothing is restored, and nothing is put aside.
func TestArmRecoveryOfTheSame(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	first := b.script(listing)
	arm := operation.ArmRecovery(hereParty(), runbook.Change, b.declared(0))
	epoch := b.ran(operation.BackUpHop(hereParty(), runbook.Change, b.declared(0)), arm)
	b.recede(epoch, arm.ID)
	if diff := cmp.Diff(first, b.script(listing)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Once a hop is settled there is nothing to go back to: the next hop of the same name takes a backup of its own.
func TestSettleHop(t *testing.T) {
	t.Parallel()
	b := newBackedUp(t)
	arm := operation.ArmRecovery(hereParty(), runbook.Change, b.declared(0))
	take := operation.BackUpHop(hereParty(), runbook.Change, b.declared(0))
	settle := operation.SettleHop(hereParty(), runbook.Change, "up", "7.0", []string{arm.ID})
	epoch := b.ran(take, arm, settle)
	if got := good(t, b.dir, sheetOf(settle)+"probe_all r"); !strings.Contains(got, "op "+settle.ID+" 0 0") || !strings.Contains(got, "serves=7.0") {
		t.Errorf("%q", got)
	}
	if got := b.tpm("", "run", "r", epoch, take.ID); got.exit != 0 || strings.Contains(got.out, " 10 ") || len(b.sets()) != 2 {
		t.Errorf("%+v, sets %q", got, b.sets())
	}
	b.recede(epoch, settle.ID)
	if got := read(t, filepath.Join(b.dir, "upgrades/up")); got != "" {
		t.Errorf("serves %q", got)
	}
}

func TestProofs(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	p, version := hereParty(), file(t, m.work, "version", "7.0\n")
	ready := operation.ProveReady(p, runbook.Change, "7.0", []string{"sh", "-c", "echo no package >&2; test -e " + m.work + "/package"})
	good, other := operation.ProveHop(p, runbook.Change, "7.0", []string{"cat", version}, nil), operation.ProveHop(p, runbook.Change, "7.1", []string{"cat", version}, nil)
	other.Args[3] = "0"
	ill := operation.ProveHop(p, runbook.Change, "7.2", []string{"echo", "7.2"}, []string{"sh", "-c", "echo the store is not read; false"})
	ill.Args[3] = "0"
	epoch := m.prepare(ready, good, other, ill)
	m.failed(epoch, ready.ID, "what installing 7.0 needs is not at hand: no package")
	m.failed(epoch, other.ID, "7.1 is not proved: version 7.0 is installed")
	m.failed(epoch, ill.ID, "7.2 is not proved", "the store is not read")
	if got := m.tpm("", "run", "r", epoch, good.ID); got.exit != 0 {
		t.Errorf("%+v", got)
	}
	file(t, m.work, "package", "")
	if got := m.tpm("", "run", "r", epoch, ready.ID); got.exit != 0 {
		t.Errorf("%+v", got)
	}
}

func TestSetActive(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	active := file(t, m.work, "active", "")
	commands := declare.ActiveCommands{Status: []string{"test", "-e", active}, On: []string{"touch", active}, Off: []string{"rm", active}}
	off := operation.SetActive(hereParty(), runbook.Change, false, commands)
	there := func() bool { return sh(t, "", "-c", "test -e "+words(active)).exit == 0 }
	epoch := m.ran(off)
	if there() {
		t.Error("still active")
	}
	m.recede(epoch, off.ID)
	if !there() {
		t.Error("not active again")
	}
}

// What is copied is what was there; what stands in the way is told before anything is changed; and the copies go again.
func TestCopyStorage(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file(t, m.work, "old/data/a", "a")
	file(t, m.work, "old/logs/new/b", "b")
	file(t, m.work, "old/stays", "x")
	file(t, m.work, "old/VERSION", "6.7")
	file(t, m.work, "new/lost+found/x", "")
	op := operation.CopyStorage(hereParty(), runbook.Change, m.work+"/old", m.work+"/new", []string{"data", "logs/new", "VERSION"})
	list := func(of string) string {
		return sh(t, "", "-c", "cd "+words(m.work+"/"+of)+" && find . -type f -printf '%P %m %s %T@\n' | sort").out
	}
	before := list("new")
	epoch := m.ran(op)
	if got := read(t, m.work+"/new/data/a") + read(t, m.work+"/new/logs/new/b") + read(t, m.work+"/new/VERSION") + read(t, m.work+"/new/stays"); got != "ab6.7" {
		t.Errorf("copied %q", got)
	}
	m.recede(epoch, op.ID)
	if diff := cmp.Diff(before, list("new")); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	file(t, m.work, "new/data/other", "")
	m.failed(m.prepare(op), op.ID, "new/data is there already, and not empty")
	missing := operation.CopyStorage(hereParty(), runbook.Change, m.work+"/old", m.work+"/new", []string{"nothing"})
	m.failed(m.prepare(missing), missing.ID, "old/nothing is not there")
}

// A line of fstab gets the other point and keeps the rest as it is written.
func TestFstabMoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, mountTables(t, dir)+"fstab_moved /srv/other '/srv/with blank'")
	want := strings.Replace(fstabText, "/srv/other/ ext4", `/srv/with\040blank ext4`, 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := good(t, dir, mountTables(t, dir)+"fstab_points /srv/other && ! fstab_points /data && echo yes"); got != "yes\n" {
		t.Errorf("points: %q", got)
	}
}
