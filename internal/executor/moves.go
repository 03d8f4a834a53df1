package executor

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ErrServes means that the journals on the hosts say that another side serves than the runbook starts from.
var ErrServes = errors.New("the hosts' journals say otherwise")

// exitRefused is the host-side program's answer where the commit came first.
const exitRefused = 78

// moves is what the hosts know of a cutover's moves.
type moves struct {
	serves string            // id of the host with the newest cut mark; empty: none was ever made
	since  string            // that move's run
	armed  map[string]string // runs whose timer still waits, with what was decided on any host: open, revert or commit
	left   map[string]string // runs without a timer that did not come to their end, likewise; never: no host ever armed one
	final  map[string]bool   // runs of which the way back was given up
	cut    map[string]bool   // runs that were committed and not followed by another on their host
	newest int               // the highest number of a run that any host has a folder or a mark of
	named  map[string]bool   // of the runs that were asked for, those that a host has
}

func newMoves() moves {
	return moves{armed: map[string]string{}, left: map[string]string{}, final: map[string]bool{}, cut: map[string]bool{}, named: map[string]bool{}}
}

// number is the running number at the end of a run's name.
func numberOf(run string) int {
	n, err := strconv.Atoi(run[strings.LastIndexByte(run, '.')+1:])
	if err != nil {
		return 0
	}
	return n
}

// IsMove reports whether a run, by its name, was a move of a cutover.
func IsMove(run, cutover string) bool {
	number, ok := strings.CutPrefix(run, cutover+".")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// read adds one host's answer (look_moves).
func (m *moves) read(host, text string) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if run, _, _ := strings.Cut(value, " "); name == "run" || name == "cut" || name == "armed" || name == "left" {
			m.newest = max(m.newest, numberOf(run))
		}
		switch name {
		case "cut":
			m.cut[value] = true
			if m.serves == "" || numberOf(value) > numberOf(m.since) {
				m.serves, m.since = host, value
			}
		case "armed":
			run, decision, _ := strings.Cut(value, " ")
			m.armed[run] = weightier(m.armed[run], decision)
		case "known":
			m.named[value] = true
		case "final":
			m.final[value] = true
		case "left":
			run, decision, _ := strings.Cut(value, " ")
			m.left[run] = weightier(m.left[run], decision)
		}
	}
}

// weightier is what counts of what two hosts say was decided of a run: a commit before a revert, what is open before what was never armed.
func weightier(a, b string) string {
	order := []string{"", "never", "open", "revert", "commit"}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// unsettled lists the runs that are to be brought to their end before anything new begins, oldest first: of those that were committed without a timer that
// waits only the newest, by which a side serves. Of a run whose timers are gone and of which no host knows what was decided, nothing is said: what it left
// is not touched.
func (m *moves) unsettled() []leftover {
	all := map[string]string{}
	for run, decision := range m.left {
		switch {
		case run == m.since:
			all[run] = "commit"
		case (decision == "revert" || decision == "never") && !m.cut[run]:
			all[run] = decision
		}
	}
	for run, decision := range m.armed {
		all[run] = weightier(decision, m.left[run])
		if m.cut[run] {
			all[run] = "commit"
		}
	}
	runs := make([]leftover, 0, len(all))
	for run, decision := range all {
		runs = append(runs, leftover{run, decision})
	}
	slices.SortFunc(runs, func(a, b leftover) int { return cmp.Compare(numberOf(a.run), numberOf(b.run)) })
	return runs
}

// leftover is a run that did not come to its end, and what was decided of it.
type leftover struct{ run, decision string }

func (l leftover) committed() bool { return l.decision == "commit" }
