package executor

import (
	"fmt"
	"path"
	"strings"
)

// byHand says what is left to be done on a host that could not be taken back, in order, with the commands. text is what the host printed: a line
// "failed <operation>" for each undo that failed, newest first.
func (r *run) byHand(h *managed, text string, err error) []string {
	remains := []string{fmt.Sprintf("on %s: %v", strings.Join(knownAddresses(h), " or "), err)}
	for line := range strings.Lines(text) {
		id, ok := strings.CutPrefix(strings.TrimSpace(line), "failed ")
		if !ok {
			continue
		}
		op, there := r.book.Find(id)
		if !there {
			remains = append(remains, fmt.Sprintf("on %s: undo operation %s of run %s", h.named(), id, r.name))
			continue
		}
		what := fmt.Sprintf("on %s: undo %q: %s", h.named(), op.Sentence, op.Undo)
		if len(op.UndoByHand) > 0 {
			journal := r.c.config.JournalDir
			words := strings.NewReplacer("@before", path.Join(journal, "runs", r.name, "before", op.ID), "@journal", journal, "@run", r.name)
			what += ", by hand: " + words.Replace(strings.Join(op.UndoByHand, "; "))
		}
		remains = append(remains, what)
	}
	return remains
}

// untouched says what becomes of the hosts that were not taken back since the one before them could not be.
func (r *run) untouched(failed string) []string {
	var remains []string
	hosts := r.backwards()
	for i, id := range hosts {
		if id != failed {
			continue
		}
		for _, next := range hosts[i+1:] {
			remains = append(remains, fmt.Sprintf("%s was not taken back, since nobody knows how the other side stands: its timer does it at its deadline, at most %s after it was armed",
				r.hosts[next].named(), r.longest(next)))
		}
	}
	return remains
}

// longest is how long a host's timer waits.
func (r *run) longest(id string) string {
	for _, op := range r.book.Operations {
		if op.Kind == "arm_timer" && op.Host == id && len(op.Args) > 0 {
			return op.Args[0] + " s"
		}
	}
	return r.book.Timer.String()
}

// addresses are those by which the hosts taking part are reached.
func (r *run) addresses() []string {
	var all []string
	for _, id := range r.backwards() {
		if h, ok := r.hosts[id]; ok {
			all = append(all, h.named())
		}
	}
	return all
}
