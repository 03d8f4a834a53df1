package compile_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// TestJournalPrefixReplays draws a declaration, a run of its move and perhaps the beginning of its way back, and cuts a host's journal anywhere. What was
// recorded before its effect is all that a new process knows: what the host-side program reads as open, taken back in its order, leaves the host as it was.
func TestJournalPrefixReplays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCutover(t)
		book, err := compile.Move(c)
		if err != nil {
			t.Fatal(err)
		}
		m := newMove(t, c, book)
		ran := &move{t: t, book: book, addresses: m.addresses, source: m.source.copied(), target: m.target.copied()}
		ran.hosts = map[string]*site{c.Source: ran.source, c.Target: ran.target, otherHost: newSite(nil, nil, false), "": newSite(nil, nil, false)}
		ran.run(rapid.IntRange(0, len(book.Operations)).Draw(t, "operations that are done"))
		if ran.target.decision == "commit" {
			return // which is never taken back
		}
		s, done := m.source, ran.source.done
		if rapid.Bool().Draw(t, "on the target") {
			s, done = m.target, ran.target.done
		}
		was := s.image()
		records := drawJournal(t, book, done)
		whole := strings.Join(records, "")
		text := whole[:rapid.IntRange(0, len(whole)).Draw(t, "cut")]
		s.replay(t, book, text)
		for _, id := range openIn(t, dir, text) {
			op, known := book.Find(id)
			if !known {
				t.Fatalf("%q is open, and was never begun", id)
			}
			if !op.Keep {
				s.undo(op)
			}
		}
		if diff := cmp.Diff(was, s.image()); diff != "" {
			t.Errorf("taken back by its journal, and not as it was:\n%s\n%s", diff, text)
		}
	})
}

// copied is a host in the same state, with nothing done.
func (s *site) copied() *site {
	other := newSite(nil, nil, false)
	for name := range s.Runs {
		other.Runs[name], other.Boots[name] = s.Runs[name], s.Boots[name]
	}
	for name := range s.Boots {
		other.Boots[name] = s.Boots[name]
	}
	for name := range s.Here {
		other.Here[name], other.Kept[name] = s.Here[name], s.Kept[name]
	}
	return other
}

// drawJournal is what a host records of operations, and of the beginning of their way back, if there is one. A part of a record counts for nothing.
func drawJournal(t *rapid.T, book runbook.Runbook, done []string) []string {
	var records []string
	tell := func(id, event string) {
		records = append(records, fmt.Sprintf(`{"v":1,"at":"2026-11-22T04:00:00Z","up":%d.00,"epoch":1,"run":"r","op":"%s","event":"%s"}`+"\n", len(records), id, event))
	}
	for _, id := range done {
		tell(id, "begin")
		tell(id, rapid.SampledFrom([]string{"end", "end", "fail"}).Draw(t, "how it ended"))
	}
	for i := range rapid.IntRange(0, len(done)).Draw(t, "taken back") {
		id := done[len(done)-1-i]
		if op, _ := book.Find(id); op.Keep {
			continue
		}
		tell(id, "undoing")
		tell(id, "undone")
	}
	return records
}

// replay does what a journal, as far as it goes, says that was done. Of the last one it is not known how far it came.
func (s *site) replay(t *rapid.T, book runbook.Runbook, text string) {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines[:len(lines)-1] {
		_, rest, _ := strings.Cut(line, `"op":"`)
		id, rest, _ := strings.Cut(rest, `"`)
		op, _ := book.Find(id)
		last := i == len(lines)-2
		switch {
		case strings.Contains(rest, `"begin"`):
			if !last || rapid.Bool().Draw(t, "the last one came far") {
				s.do(op)
			}
		case strings.Contains(rest, `"undoing"`):
			if !last || rapid.Bool().Draw(t, "its undo came far") {
				s.undo(op)
			}
		}
	}
}

// openIn is what the host-side program reads in a journal: what was begun and not undone, newest first.
func openIn(t *rapid.T, dir, text string) []string {
	if err := os.MkdirAll(filepath.Join(dir, "runs", "r"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "runs", "r", "journal"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := operation.Inline(dir, "use_run r\n", "journal_open_ops")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Stdin = strings.NewReader(script)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	return strings.Fields(out.String())
}
