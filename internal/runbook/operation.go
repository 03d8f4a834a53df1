// Package runbook is the value that the compiler makes and the executor runs: operations with their order, their times and their sentences.
//
// Everything in it is data: it can be digested, printed, stored on a host and read back by another process.
package runbook

import (
	"strings"
	"time"
)

// Stage is a part of a procedure. Stages run one after the other; within one, what does not conflict runs side by side.
type Stage string

// The stages of a cutover, in their order. Other resources use only Change.
const (
	Preflight    Stage = "preflight"
	Converge     Stage = "converge"
	BeforeImages Stage = "before-images"
	Arm          Stage = "arm"
	Freeze       Stage = "freeze"
	Cold         Stage = "cold"
	Ledger       Stage = "ledger"
	Identity     Stage = "identity"
	Start        Stage = "start"
	Checks       Stage = "checks"
	Commit       Stage = "commit"
	Jobs         Stage = "jobs"
	Change       Stage = "change"
)

// Stages lists the stages in the order in which they run.
func Stages() []Stage {
	return []Stage{Preflight, Change, Converge, BeforeImages, Arm, Freeze, Cold, Ledger, Identity, Start, Checks, Commit, Jobs}
}

// Operation is one typed, idempotent change to one host (or one pair).
type Operation struct {
	ID    string `json:"id"`   // what is done to what: stable, sortable, never made of time or chance
	Kind  string `json:"kind"` // verb_noun; names the host-side script internal/operation/host/op/<kind>.sh
	Stage Stage  `json:"stage"`
	Host  string `json:"host"` // id of the host it runs on; empty: the controller
	Role  string `json:"role"` // that host's role in the sentence: source, target, host

	Args []string `json:"args,omitempty"` // what the kind's functions get as "$@"; no secrets

	Needs   []string `json:"needs,omitempty"`   // ids of operations that must have ended well
	Touches []string `json:"touches,omitempty"` // what it changes: "service:postfix", "tree:/var/spool/cyrus", "database:bj", "file:/etc/bm/bm.ini", "address:…"
	Lane    *Lane    `json:"lane,omitempty"`    // operations of one lane run only so many at a time
	Offline bool     `json:"offline,omitempty"` // nobody is served while it runs
	Keep    bool     `json:"keep,omitempty"`    // its effect stays when the rest is undone (a hot pass)
	Renew   bool     `json:"renew,omitempty"`   // it lets the controller itself in: who goes on with a run does it again
	Lasting bool     `json:"lasting,omitempty"` // its effect is meant to last: where it does not hold any more, that is drift
	Hop     string   `json:"hop,omitempty"`     // what it goes back with: once that is settled, it stays. Empty: it goes back whenever anything does
	Pull    *Pull    `json:"pull,omitempty"`    // the other host that it deals with

	Sentence string   `json:"sentence"`
	Undo     string   `json:"undo,omitempty"` // in words; empty: nothing to undo
	ByHand   []string `json:"by_hand,omitempty"`
	// UndoByHand are the commands that take it back; "@before" stands for the folder of its before-image,
	// "@journal" for that of all journals on the host, "@run" for the run's name.
	UndoByHand []string `json:"undo_by_hand,omitempty"`

	Estimate time.Duration `json:"-"` // never part of a digest
	// Recovery is what it costs on top if this fails once: a proof's way back to what served before. An estimate too.
	Recovery time.Duration `json:"-"`
}

// Lane is room for some operations of a runbook at a time, whichever begin first.
type Lane struct {
	Name  string `json:"name"`
	Width int    `json:"width"`
}

// Pull says which other host an operation deals with, over which way.
type Pull struct {
	From     string `json:"from"`               // host id of the other side; empty: there is none
	Secret   string `json:"secret,omitempty"`   // name of the secret that goes along on standard input; empty: none
	Grants   bool   `json:"grants,omitempty"`   // it lets the leased key in: it gets the public half and the other side's addresses
	Relay    bool   `json:"relay,omitempty"`    // the way goes through this process: the two hosts need not reach each other
	Question string `json:"question,omitempty"` // it gets what that operation reported as its public key
	Passage  string `json:"passage,omitempty"`  // it gets the addresses that that operation reported
	Found    string `json:"found,omitempty"`    // it gets the records that that operation found
	Told     bool   `json:"told,omitempty"`     // it is told how the other host is reached, and gets no key
}

// Measure names what an operation's duration tells of others: the same thing done on either side takes as long.
func (o Operation) Measure() string { return MeasureOf(o.ID) }

// MeasureOf is Measure for an operation of which only the id is known.
func MeasureOf(id string) string {
	parts := strings.SplitN(id, ".", 3)
	if len(parts) < 3 {
		return parts[0]
	}
	return parts[0] + "." + parts[2]
}

// Runbook is a procedure: operations in the order in which they were compiled, which is a valid order to run them in.
type Runbook struct {
	Name       string      `json:"name"`
	Version    int         `json:"version"` // of this format
	Operations []Operation `json:"operations"`
	// Timer is how long a host waits for the commit before it reverts by itself; zero: the runbook needs no timer.
	Timer time.Duration `json:"timer,omitempty"`
	Hold  bool          `json:"hold,omitempty"` // what it touches is governed by it from the arm stage on
	// Serves is the host that serves once the runbook has ended; empty where it is about no service. Journals that say otherwise stop it.
	Serves string `json:"serves,omitempty"`
	// Sides are the hosts between which a service moves: they take part even where none of the operations is theirs.
	Sides []string `json:"sides,omitempty"`
	// Rehearsal: everything is taken back at the end, also when all went well.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Ordered: it is taken back in the reverse order of its operations, over all hosts. What belongs to a hop that a settle_hop has settled stays, and
	// what fails in the last stage takes nothing back.
	Ordered bool `json:"ordered,omitempty"`
	// Stays: a failure undoes nothing; each operation brings nearer what is declared, and the next run goes on.
	Stays bool `json:"stays,omitempty"`
}

// FormatVersion is the version of Runbook that this program writes.
const FormatVersion = 1

// Empty reports whether there is nothing to do.
func (r Runbook) Empty() bool { return len(r.Operations) == 0 }

// Find returns the operation with the id.
func (r Runbook) Find(id string) (Operation, bool) {
	for _, op := range r.Operations {
		if op.ID == id {
			return op, true
		}
	}
	return Operation{}, false
}

// Hosts lists the ids of all hosts taking part, in the order of their first operation.
func (r Runbook) Hosts() []string {
	var hosts []string
	seen := map[string]bool{"": true}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			hosts = append(hosts, id)
		}
	}
	for _, op := range r.Operations {
		add(op.Host)
		if op.Pull != nil {
			add(op.Pull.From)
		}
	}
	for _, id := range r.Sides {
		add(id)
	}
	return hosts
}

// Stage returns the operations of one stage, in order.
func (r Runbook) Stage(s Stage) []Operation {
	var ops []Operation
	for _, op := range r.Operations {
		if op.Stage == s {
			ops = append(ops, op)
		}
	}
	return ops
}
