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

// Declared commands are run once, and taken back; a probe that cannot be made is not taken for either answer.
func TestSwitchService(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	there := filepath.Join(m.work, "it's there")
	commands := declare.Switch{Do: []string{"touch", there}, Undo: []string{"rm", there}, Probe: []string{"test", "-e", there}}
	party := operation.Party{ID: "here", Role: "target"}
	over := operation.SwitchService(party, runbook.Identity, commands, true)
	epoch := m.prepare(over)
	if got := m.tpm("", "run", "r", epoch, over.ID); got.exit != 0 || !exists(there) {
		t.Fatalf("over: %+v", got)
	}
	for range 2 { // the second time there is nothing to do
		if got := m.tpm("", "undo", "r", epoch, over.ID); got.exit != 0 || exists(there) {
			t.Fatalf("undo: %+v", got)
		}
	}
	back := operation.SwitchService(party, runbook.Identity, commands, false)
	m.prepare(back)
	if got := m.tpm("", "run", "r", epoch, back.ID); got.exit != 0 || !strings.Contains(got.out, " 10 ") {
		t.Fatalf("back where it is: %+v", got)
	}
	commands.Probe = []string{"/no/such/probe"}
	for _, away := range []bool{true, false} {
		if _, holds := m.looked(operation.SwitchService(party, runbook.Change, commands, away)); holds {
			t.Errorf("a probe that cannot be made says that it is there: %v", away)
		}
	}
}

// What records were is written down once: an attempt that finds only a lower TTL goes by what the first one found, and anything else is new.
func TestKeepRecords(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	op := operation.KeepRecords(operation.Party{ID: "here", Role: "target"}, runbook.Change, "mail", "find_records.controller.zone")
	epoch := m.prepare(op)
	found := func(ttl, at, value string) string { return "mail.zone.\tA\t" + ttl + "\t" + at + "\t" + value }
	none := "new.zone.\tA\t0\t7\t"
	for _, step := range []struct{ finds, keeps string }{
		{found("3600", "100", "192.0.2.21"), found("3600", "100", "192.0.2.21")},
		{found("300", "200", "192.0.2.21"), found("3600", "100", "192.0.2.21")},
		{found("7200", "300", "192.0.2.21"), found("7200", "300", "192.0.2.21")},
		{found("60", "400", "192.0.2.9"), found("60", "400", "192.0.2.9")},
	} {
		got := sh(t, "record "+none+"\nrecord "+step.finds+"\n", "-c", `STDIN=1 exec sh "$@"`, "sh", filepath.Join(m.dir, "lib/test/tpm"), "run", "r", epoch, op.ID)
		if got.exit != 0 || !strings.Contains(got.out, "record.0="+step.keeps+"\nrecord.1="+none+"\n") {
			t.Errorf("%q: %+v", step.finds, got)
		}
		if kept := read(t, filepath.Join(m.dir, "records/mail")); kept != step.keeps+"\n"+none+"\n" {
			t.Errorf("%q: kept %q", step.finds, kept)
		}
	}
	forget := operation.DropRecords(operation.Party{ID: "here", Role: "target"}, runbook.Change, "mail")
	recall := operation.RecallRecords(operation.Party{ID: "here", Role: "target"}, runbook.Change, "mail")
	m.prepare(forget, recall)
	if got := m.tpm("", "run", "r", epoch, recall.ID); got.exit != 0 || !strings.Contains(got.out, "record.1="+none+"\n") {
		t.Errorf("recall: %+v", got)
	}
	if got := m.tpm("", "run", "r", epoch, forget.ID, recall.ID); got.exit == 0 || !strings.Contains(got.err, "is not in") {
		t.Errorf("recall what was forgotten: %+v", got)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
