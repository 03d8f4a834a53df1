package compile_test

import (
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

// site models a host: what decides whether it serves, as the host-side program changes it, and of everything else that operations touch, such as trees,
// databases, files, accounts, queues and access, only which operation has changed it last.
type site struct {
	Things                  map[string]string // by what operations say they touch
	Runs, Boots, Here, Kept map[string]bool   // services that run and that start at boot; addresses now and over a boot
	Fence                   bool              // clients are kept out
	Timer                   string            // "", revert, ask or done
	decision                string            // revert or commit; made on the target
	off                     bool
	done                    []string                     // operations in the order in which they were begun
	before                  map[string][]string          // what each saw before it
	was                     map[string]map[string]string // what each found of the things that it touches
}

func newSite(services, addresses []string, boots bool) *site {
	s := &site{Things: map[string]string{}, was: map[string]map[string]string{}, Runs: map[string]bool{}, Boots: map[string]bool{}, Here: map[string]bool{}, Kept: map[string]bool{}, before: map[string][]string{}}
	for _, name := range services {
		s.Runs[name], s.Boots[name] = true, boots
	}
	for _, a := range addresses {
		s.Here[a], s.Kept[a] = true, true
	}
	return s
}

// image is what must be as it was after everything was taken back.
func (s *site) image() map[string][]string {
	things := []string{}
	for _, thing := range slices.Sorted(maps.Keys(s.Things)) {
		if by := s.Things[thing]; by != "" {
			things = append(things, thing+" by "+by)
		}
	}
	return map[string][]string{"things": things, "runs": names(s.Runs), "boots": names(s.Boots), "here": names(s.Here), "kept": names(s.Kept), "fence": names(map[string]bool{"up": s.Fence})}
}

// own are things that the model has places of their own for.
func own(thing string) bool {
	kind, _, _ := strings.Cut(thing, ":")
	return slices.Contains([]string{"service", "boot", "address", "boot-address", "fence", "timer"}, kind)
}

// gives reports whether an operation has nothing to take back: it looks, waits, hands mail on, or what it does is meant to stay after a failure.
func gives(op runbook.Operation) bool {
	return op.Keep || strings.HasPrefix(op.Kind, "prove_") || slices.Contains([]string{"compare_tree", "await_continue", "flush_queue", "release_queue"}, op.Kind)
}

func names(set map[string]bool) []string {
	list := []string{}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] {
			list = append(list, name)
		}
	}
	return list
}

// part is which of the model's sets a kind changes, and to what.
func (s *site) part(kind string) (map[string]bool, bool) {
	switch kind {
	case "stop_service":
		return s.Runs, false
	case "start_service":
		return s.Runs, true
	case "disable_service":
		return s.Boots, false
	case "enable_service":
		return s.Boots, true
	case "take_address":
		return s.Here, true
	case "keep_address":
		return s.Kept, true
	}
	return nil, false
}

// do is the operation's effect; what it changed is remembered first.
func (s *site) do(op runbook.Operation) {
	if slices.Contains(s.done, op.ID) {
		return
	}
	s.done = append(s.done, op.ID)
	s.touch(op)
	if set, want := s.part(op.Kind); set != nil {
		if set[op.Args[0]] != want {
			s.before[op.ID] = []string{op.Args[0]}
		}
		set[op.Args[0]] = want
		return
	}
	switch op.Kind {
	case "drop_address":
		for _, from := range []struct {
			set  map[string]bool
			mark string
		}{{s.Here, "here"}, {s.Kept, "kept"}} {
			if from.set[op.Args[0]] {
				s.before[op.ID] = append(s.before[op.ID], from.mark)
			}
			from.set[op.Args[0]] = false
		}
	case operation.KindExchangeAddress:
		s.exchange(op.ID, op.Args[0], op.Args[1], op.Args[2] == "yes")
	case "raise_fence":
		if !s.Fence {
			s.before[op.ID] = []string{"raised"}
		}
		s.Fence = true
	case "lower_fence":
		s.Fence = false
	case "arm_timer":
		s.Timer = "revert"
	case "ask_timer":
		s.Timer = "ask"
	case "disarm_timer":
		s.Timer = "done"
	case "write_cut_mark":
		s.decide("commit")
	}
}

// exchange gives one address up, by who does it first over a boot too, and gets another one.
func (s *site) exchange(id, give, get string, first bool) {
	if s.Here[give] {
		s.before[id] = append(s.before[id], "here")
	}
	if first && s.Kept[give] {
		s.before[id] = append(s.before[id], "kept")
		s.Kept[give] = false
	}
	s.Here[give], s.Here[get] = false, true
}

// touch is the operation's effect on what the model has no places for.
func (s *site) touch(op runbook.Operation) {
	s.was[op.ID] = map[string]string{}
	for _, thing := range op.Touches {
		if own(thing) || gives(op) {
			continue
		}
		s.was[op.ID][thing] = s.Things[thing]
		s.Things[thing] = op.ID
		if strings.HasPrefix(op.Kind, "close_ac") {
			s.Things[thing] = "" // shut again
		}
	}
}

// undo takes the operation's effect back.
func (s *site) undo(op runbook.Operation) {
	saw := s.before[op.ID]
	delete(s.before, op.ID)
	if op.Undo != "" {
		maps.Copy(s.Things, s.was[op.ID])
	}
	delete(s.was, op.ID)
	if set, want := s.part(op.Kind); set != nil {
		if len(saw) > 0 {
			set[op.Args[0]] = !want
		}
		return
	}
	switch op.Kind {
	case "drop_address":
		s.Here[op.Args[0]] = s.Here[op.Args[0]] || slices.Contains(saw, "here")
		s.Kept[op.Args[0]] = s.Kept[op.Args[0]] || slices.Contains(saw, "kept")
	case operation.KindExchangeAddress:
		s.Here[op.Args[0]], s.Here[op.Args[1]] = s.Here[op.Args[0]] || slices.Contains(saw, "here"), false
		s.Kept[op.Args[0]] = s.Kept[op.Args[0]] || slices.Contains(saw, "kept")
	case "raise_fence":
		s.Fence = s.Fence && len(saw) == 0
	case "arm_timer":
		s.Timer = "done"
	}
}

func (s *site) decide(what string) string {
	if s.decision == "" {
		s.decision = what
	}
	return s.decision
}

// powerCut takes what a boot does not bring back; boot is the guard and what starts by itself.
func (s *site) powerCut() {
	s.off = true
	clear(s.Runs)
	clear(s.Here)
}

func (s *site) boot() {
	s.off = false
	s.Fence = s.Fence && (s.Timer == "revert" || s.Timer == "ask") && s.decision != "commit"
	maps.Copy(s.Runs, s.Boots)
	maps.Copy(s.Here, s.Kept)
}

// move is a run of a book between two hosts, of which any may end anywhere.
type move struct {
	t              *rapid.T
	book           runbook.Runbook
	source, target *site
	hosts          map[string]*site
	addresses      []string
}

// reached says whether clients reach a host's service.
func (m *move) reached(s *site) bool {
	if s.off || s.Fence || len(names(s.Runs)) == 0 {
		return false
	}
	return len(m.addresses) == 0 || slices.ContainsFunc(m.addresses, func(a string) bool { return s.Here[a] })
}

func (m *move) neverTwice(when string) {
	if m.reached(m.source) && m.reached(m.target) {
		m.t.Fatalf("both sides serve after %s", when)
	}
}

// revert takes back what is open on a host, newest first.
func (m *move) revert(s *site) {
	for _, id := range slices.Backward(s.done) {
		op, _ := m.book.Find(id)
		if op.Keep {
			continue
		}
		s.undo(op)
		m.neverTwice("the undo of " + id)
	}
	s.done = nil
	s.Timer = "done"
}

// finish brings a decided commit to its end on the target.
func (m *move) finish() {
	for _, op := range m.book.Operations {
		if m.hosts[op.Host] != m.target || op.Kind == "disarm_timer" || op.Kind == "ask_timer" {
			continue
		}
		starts := op.Kind == "take_address" && op.Stage == runbook.Identity || op.Kind == "start_service" && op.Stage == runbook.Start
		if starts || op.Stage == runbook.Commit {
			m.target.done = slices.DeleteFunc(m.target.done, func(id string) bool { return id == op.ID }) // a probe that fails does it again
			m.target.do(op)
			m.neverTwice("finishing " + op.ID)
		}
	}
	m.target.Timer = "done"
}

// timerActs is a host's deadline. It says whether the host has nothing more to wait for.
func (m *move) timerActs(s *site) bool {
	switch {
	case s.off:
		return false
	case s.Timer == "" || s.Timer == "done":
		return true
	case s == m.target:
		if m.target.decide("revert") == "commit" {
			m.finish()
		} else {
			m.revert(s)
		}
	case s.Timer == "revert":
		m.revert(s)
	case m.target.off: // nobody knows: safety before service
		return false
	case m.target.decide("revert") == "commit":
		s.Timer = "done"
	default:
		m.revert(s)
	}
	m.neverTwice("a timer")
	return true
}

// TestMoveUnderFaults lets a move's operations run in any order that the book allows, ends it anywhere, cuts the power of any host, and lets the
// timers act: never do both sides serve, in the end one does, and a move that was not committed has left nothing.
func TestMoveUnderFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCutover(t)
		book, err := compile.Move(c)
		if err != nil {
			t.Fatal(err)
		}
		m := newMove(t, c, book)
		was := map[string]map[string][]string{"source": m.source.image(), "target": m.target.image()}
		m.run(rapid.IntRange(0, len(book.Operations)).Draw(t, "operations that are done"))
		m.breaks()
		if m.target.off { // what runs there after a boot is what started at its boots before
			delete(was["target"], "runs")
		}
		m.timersAct()
		m.nextRun()
		committed := m.target.decision == "commit"
		if serves := m.reached(m.target); serves != committed {
			t.Errorf("the target serves: %v; committed: %v", serves, committed)
		}
		if m.reached(m.source) == committed {
			t.Errorf("the source serves: %v; committed: %v", m.reached(m.source), committed)
		}
		if committed {
			for _, a := range m.addresses {
				if m.source.Kept[a] || !m.target.Kept[a] {
					t.Errorf("after a boot %s is on the wrong side", a)
				}
			}
			if _, parked := c.Identity.Exchanged(); parked != "" && (!m.source.Kept[parked] || m.target.Kept[parked] || m.target.Here[parked]) {
				t.Errorf("%s is on the wrong side", parked)
			}
			return
		}
		now := map[string]map[string][]string{"source": m.source.image(), "target": m.target.image()}
		if was["target"]["runs"] == nil {
			delete(now["target"], "runs")
		}
		if diff := cmp.Diff(was, now); diff != "" {
			t.Errorf("taken back, and not as it was:\n%s", diff)
		}
	})
}

// nextRun takes back what a move has left that ended before the host's timer was armed.
func (m *move) nextRun() {
	for _, s := range []*site{m.target, m.source} {
		if s.Timer == "" {
			m.revert(s)
		}
	}
}

func newMove(t *rapid.T, c declare.Cutover, book runbook.Runbook) *move {
	var services []string
	for _, rank := range c.StopOrder {
		for _, p := range rank {
			services = append(services, p.Service)
		}
	}
	m := &move{t: t, book: book, addresses: c.Identity.Addresses, source: newSite(services, c.Identity.Addresses, true), target: newSite(nil, nil, false)}
	if _, parked := c.Identity.Exchanged(); parked != "" {
		m.target = newSite(nil, []string{parked}, false)
	}
	// Without an address of the service, a target that starts its services at boot would serve beside the source already.
	if len(m.addresses) > 0 && rapid.Bool().Draw(t, "the target starts its services at boot") {
		for _, name := range services {
			m.target.Boots[name] = true
		}
	}
	m.hosts = map[string]*site{c.Source: m.source, c.Target: m.target, otherHost: newSite([]string{"portal"}, nil, true), "": newSite(nil, nil, false)}
	return m
}

// run does so many operations, each when all that it waits for has been done.
func (m *move) run(n int) {
	waits, done := m.book.Waits(), map[string]bool{}
	for range n {
		var ready []runbook.Operation
		for _, op := range m.book.Operations {
			if !done[op.ID] && !slices.ContainsFunc(waits[op.ID], func(id string) bool { return !done[id] }) {
				ready = append(ready, op)
			}
		}
		op := rapid.SampledFrom(ready).Draw(m.t, "next")
		m.hosts[op.Host].do(op)
		done[op.ID] = true
		m.neverTwice(op.ID)
	}
}

// breaks cuts the power of none, one or both; who loses it may come back at once or late.
func (m *move) breaks() {
	for _, s := range []*site{m.source, m.target} {
		if rapid.Bool().Draw(m.t, "loses power") {
			s.powerCut()
		}
	}
}

// timersAct lets hosts boot and deadlines pass in any order that leaves the source's after the target's, until nobody waits any more.
func (m *move) timersAct() {
	for round := 0; ; round++ {
		settled := true
		for _, s := range []*site{m.target, m.source} {
			if s.off && (round > 2 || rapid.Bool().Draw(m.t, "comes back")) {
				s.boot()
				m.neverTwice("a boot")
				if s == m.target && s.decision == "commit" && s.Timer != "done" {
					m.finish()
				}
			}
			if !m.timerActs(s) {
				settled = false
			}
		}
		if settled {
			return
		}
		if round > 5 {
			m.t.Fatal("the hosts wait for ever")
		}
	}
}
