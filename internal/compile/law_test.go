package compile_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ancestry gives for each operation all that has ended when it begins.
func ancestry(r runbook.Runbook) map[string]map[string]bool {
	waits := r.Waits()
	all := map[string]map[string]bool{}
	for _, op := range r.Operations {
		before := map[string]bool{}
		for _, id := range waits[op.ID] {
			before[id] = true
			maps.Copy(before, all[id])
		}
		all[op.ID] = before
	}
	return all
}

// ids lists the operations of a kind on a host; an empty host is any.
func ids(r runbook.Runbook, kind, host string, stages ...runbook.Stage) []string {
	var list []string
	for _, op := range r.Operations {
		if op.Kind == kind && (host == "" || op.Host == host) && (len(stages) == 0 || slices.Contains(stages, op.Stage)) {
			list = append(list, op.ID)
		}
	}
	return list
}

// checkMove checks what must hold in every move from one host to another.
func checkMove(t *rapid.T, r runbook.Runbook, from, to string) {
	if err := r.Validate(); err != nil {
		t.Fatalf("validate: %v", err)
	}
	before := ancestry(r)
	ordered := func(law string, first, later []string) {
		for _, l := range later {
			for _, f := range first {
				if !before[l][f] {
					t.Errorf("%s: %s may begin before %s has ended", law, l, f)
				}
			}
		}
	}
	stops := ids(r, "stop_service", from, runbook.Freeze)
	cold := slices.Concat(ids(r, "sync_tree", to, runbook.Cold), ids(r, "restore_database", to), ids(r, "copy_files", to), ids(r, "copy_queue", to), ids(r, "copy_accounts", to, runbook.Cold))
	starts := ids(r, "start_service", to, runbook.Start)
	timed := ids(r, "start_service", to, runbook.Jobs)
	mark := ids(r, "write_cut_mark", to)
	if len(stops) == 0 || len(mark) != 1 || len(ids(r, "write_cut_mark", from)) != 0 {
		t.Fatalf("stops on the source: %q, cut marks: %q", stops, mark)
	}
	ordered("the source stands before it is copied cold", slices.Concat(stops, ids(r, "prove_quiet", from)), cold)
	ordered("quiet is proved once all stand behind the fence", slices.Concat(stops, ids(r, "raise_fence", from)), ids(r, "prove_quiet", from))
	ordered("services stop once transactions have ended", ids(r, "drain_connections", from), stops)
	ordered("a drained source before a fence for all", ids(r, "drain_connections", from), ids(r, "raise_fence", from)[1:])
	ordered("the ledger before any start", slices.Concat(cold, ids(r, "compare_tree", to)), starts)
	ordered("every proof before the cut mark", slices.Concat(starts, ids(r, "check_service", ""), ids(r, "run_job", "", runbook.Start)), mark)
	ordered("timers before the freeze", ids(r, "arm_timer", ""), slices.Concat(stops, ids(r, "raise_fence", "")))
	ordered("timed jobs begin once clients are served", ids(r, "lower_fence", to), timed)
	ordered("the source asks before the cut mark", ids(r, "ask_timer", from), mark)
	ordered("nothing opens before the cut mark", mark,
		slices.Concat(ids(r, "lower_fence", ""), ids(r, "release_queue", to), ids(r, "disarm_timer", ""), ids(r, "keep_address", to), ids(r, "enable_service", "")))
	ordered("the target is fenced before it starts", ids(r, "raise_fence", to), starts)
	for _, take := range r.Operations {
		if take.Kind != "take_address" || take.Host != to {
			continue
		}
		for _, drop := range r.Operations {
			if drop.Kind == "drop_address" && drop.Host == from && drop.Args[0] == take.Args[0] {
				ordered("an address is never on both", []string{drop.ID}, []string{take.ID})
			}
		}
	}
	checkOffline(t, r, from, to)
	checkWait(t, r, to)
	checkKept(t, r, from)
}

// checkKept: what a failure leaves as it is touches nothing of what serves but its queue, where mail only ever becomes more.
func checkKept(t *rapid.T, r runbook.Runbook, from string) {
	for _, op := range r.Operations {
		if op.Kind == "write_cut_mark" {
			return
		}
		for _, thing := range op.Touches {
			if op.Host == from && op.Keep && thing != "queue" {
				t.Errorf("%s changes %s where service is, and a failure leaves it so", op.ID, thing)
			}
		}
	}
}

// checkWait: nothing of a stage begins before its wait for a person has ended.
func checkWait(t *rapid.T, r runbook.Runbook, to string) {
	before := ancestry(r)
	for _, wait := range ids(r, "await_continue", to) {
		op, _ := r.Find(wait)
		for _, later := range r.Operations {
			if later.Stage == op.Stage && later.ID != wait && !before[later.ID][wait] {
				t.Errorf("%s may begin before %s has ended", later.ID, wait)
			}
		}
	}
}

// checkOffline: the outage is one piece, from the first step of the freeze to the lowering of the target's fence.
func checkOffline(t *rapid.T, r runbook.Runbook, from, to string) {
	first := slices.IndexFunc(r.Operations, func(op runbook.Operation) bool { return op.Stage == runbook.Freeze })
	last := slices.IndexFunc(r.Operations, func(op runbook.Operation) bool { return op.Kind == "lower_fence" && op.Host == to })
	for i, op := range r.Operations {
		if inside := first <= i && i <= last; op.Offline != inside {
			t.Errorf("%s: offline is %v, and it is number %d of %d…%d", op.ID, op.Offline, i, first, last)
		}
	}
	for _, kind := range []string{"raise_fence", "stop_service"} {
		for _, id := range ids(r, kind, from) {
			if op, ok := r.Find(id); !ok || !op.Offline {
				t.Errorf("%s takes service away and is not counted as outage", id)
			}
		}
	}
}

func TestMoveLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCutover(t)
		r, err := compile.Move(c)
		if err != nil {
			t.Fatalf("move: %v", err)
		}
		checkMove(t, r, c.Source, c.Target)
		back, err := compile.Move(c.Reversed())
		if err != nil {
			t.Fatalf("back-out: %v", err)
		}
		checkMove(t, back, c.Target, c.Source)
		// Nobody else changes on the way back what nobody might change on the way there.
		if there, then := governed(r), governed(back); !slices.Equal(there, then) {
			t.Errorf("the move governs %q, the way back %q", there, then)
		}
		if waits := ids(r, "await_continue", ""); (len(waits) == 1) != (c.HoldBefore != "") {
			t.Errorf("hold_before %q: waits %q", c.HoldBefore, waits)
		}
	})
}

// governed lists what a move holds on its hosts, once.
func governed(r runbook.Runbook) []string {
	var things []string
	for _, id := range ids(r, "write_hold", "") {
		op, _ := r.Find(id)
		things = append(things, strings.Split(op.Args[1], "\n")...)
	}
	slices.Sort(things)
	return slices.Compact(things)
}

// Nothing goes over what an earlier way back left on the target before somebody has accounted for it: neither a move nor a rehearsal.
func TestAccountedFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCutover(t)
		c.Active = declare.Target
		books := map[string]func(declare.Cutover) (runbook.Runbook, error){"move": compile.Move, "rehearse": compile.Rehearse}
		for name, make := range books {
			if name == "rehearse" {
				c.Active = declare.Source
			}
			r, err := make(c)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			proof := ids(r, "prove_accounted", c.Target)
			if len(proof) != 1 {
				t.Fatalf("%s: proofs %q", name, proof)
			}
			before := ancestry(r)
			for _, op := range r.Operations {
				if op.ID != proof[0] && !before[op.ID][proof[0]] {
					t.Errorf("%s: %s may begin before %s has ended", name, op.ID, proof[0])
				}
			}
			c.Active = declare.Target
		}
	})
}

// Everything compiled from a sound declaration is in order, names kinds that hosts know, and is the same bytes every time.
func TestCompileIsAFunction(t *testing.T) {
	t.Parallel()
	kinds, err := operation.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	kinds = append(kinds, "check_service") // runs on the controller
	rapid.Check(t, func(t *rapid.T) {
		c := drawCutover(t)
		for name, make := range map[string]func(declare.Cutover) (runbook.Runbook, error){
			"move": compile.Move, "rehearse": compile.Rehearse, "standing": compile.Standing, "finalize": compile.Finalize,
			"back": func(c declare.Cutover) (runbook.Runbook, error) { return compile.Move(c.Reversed()) },
			"mend": func(c declare.Cutover) (runbook.Runbook, error) {
				return compile.Mend(c, []string{"stop_service.source.s0", "lower_fence.target"})
			},
		} {
			first, err := make(c)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := first.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, op := range first.Operations {
				if !slices.Contains(kinds, op.Kind) {
					t.Errorf("%s: %s has the unknown kind %s", name, op.ID, op.Kind)
				}
			}
			again, err := make(copied(t, c))
			if err != nil {
				t.Fatalf("%s again: %v", name, err)
			}
			if diff := cmp.Diff(bytesOf(t, first), bytesOf(t, again)); diff != "" {
				t.Errorf("%s differs between two runs:\n%s", name, diff)
			}
		}
	})
}

// copied is the same declaration with maps that were filled anew, and so in another order.
func copied(t *rapid.T, c declare.Cutover) declare.Cutover {
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var again declare.Cutover
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

func bytesOf(t *rapid.T, r runbook.Runbook) string {
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// With a relay, nothing reads the other host directly but the source's own question; without one, nothing is relayed.
func TestRelayed(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"direct", declare.Relay} {
		c := sampleCutover()
		c.Dumps[0].Transport = transport
		for name, make := range map[string]func() (runbook.Runbook, error){
			"move": func() (runbook.Runbook, error) { return compile.Move(c) },
			"back": func() (runbook.Runbook, error) { return compile.Move(c.Reversed()) },
			"mend": func() (runbook.Runbook, error) {
				return compile.Mend(c, []string{"hold_queue.source", "compare_frozen.target.var-lib-cyrus"})
			},
		} {
			r, err := make()
			if err != nil {
				t.Fatal(err)
			}
			pulls := 0
			for _, op := range r.Operations {
				if op.Pull == nil {
					continue
				}
				pulls++
				question := op.Kind == "make_question" || op.Kind == "lend_question"
				if op.Pull.Relay != (transport == declare.Relay && !question) {
					t.Errorf("%s, %s: %s is relayed: %v", name, transport, op.ID, op.Pull.Relay)
				}
			}
			if pulls < 4 {
				t.Errorf("%s: only %d operations read the other host", name, pulls)
			}
		}
	}
}

// Who gives the way back up looks after the source a last time: whatever was turned on again there is off, for good also after a failure, before it is
// swept; what was lent is closed, and its hold goes last.
func TestFinalizeLeavesAQuietSource(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCutover(t)
		c.Active = declare.Target
		r, err := compile.Finalize(c)
		if err != nil {
			t.Fatal(err)
		}
		m := newMove(t, c, r)
		if m.run(len(r.Operations)); len(names(m.source.Runs))+len(names(m.source.Boots))+len(names(m.source.Here))+len(names(m.source.Kept)) > 0 {
			t.Errorf("the source is left with %v", m.source.image())
		}
		before := ancestry(r)
		quiet := slices.Concat(ids(r, "drop_address", c.Source), ids(r, "stop_service", c.Source), ids(r, "disable_service", c.Source))
		for _, id := range quiet {
			if op, _ := r.Find(id); !op.Keep || !before[ids(r, "prove_still", c.Source)[0]][id] {
				t.Errorf("%s is taken back by a failure (%v), or may begin after the proof", id, !op.Keep)
			}
		}
		leases := slices.Concat(ids(r, "close_leases", c.Source), ids(r, "close_leases", c.Target))
		if len(leases) != 2 {
			t.Errorf("what was lent is closed by %q", leases)
		}
		for _, sweep := range ids(r, "close_access", "") {
			if !before[leases[0]][sweep] {
				t.Errorf("%s may begin before %s has ended", leases[0], sweep)
			}
		}
		last := r.Operations[len(r.Operations)-1]
		if last.Kind != "drop_hold" || len(before[last.ID]) != len(r.Operations)-1 {
			t.Errorf("the hold does not go last: %s", last.ID)
		}
	})
}

// Where the source serves, the end of a cutover takes nothing away from it.
func TestFinalizeOfAServingSource(t *testing.T) {
	t.Parallel()
	c := sampleCutover()
	c.Active = declare.Source
	r, err := compile.Finalize(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"drop_address", "stop_service", "disable_service"} {
		if found := ids(r, kind, ""); len(found) > 0 {
			t.Errorf("%q", found)
		}
	}
}
