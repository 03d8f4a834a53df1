//go:build lab

package acceptance_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// boundary is a place in a run: before an operation that is about to be done, in the middle of one, or after one that was done and is about to be recorded.
type boundary struct {
	to    string // which book it is of: of the move to the side that shall serve, target or source, or finalized, mended, rehearsed
	op    string
	event string // of the journal: begin or end; or inside

	stage      string // of the runbook
	controller bool   // nothing is done on a host
}

// fault is one case of the matrix.
type fault struct {
	boundary
	kind faultKind
}

func (f fault) String() string {
	return strings.Join([]string{"to_" + f.to, f.op, f.event, f.kind.name}, "/")
}

// TestFaults breaks a move, the move back, the finalization, the mending of what drifted and a rehearsal, at boundaries of their operations, each time in
// another way, while a client sends mail all the time, some of which waits in the queues; the passive side takes mail late.
// The boundaries are those of the runbooks that the compiler makes of the plans. FAULTS says how many cases are run, evenly spread over all of them, "all",
// or "few": some of each book, without looking for all boundaries first; or it is the name of one case. FAULT_SEED begins elsewhere, FAULT_TO takes only those of one book. A case that
// does not end whole does not keep the next one from being tried.
func TestFaults(t *testing.T) {
	l := fresh(t, bluemind.Options{DiskMiB: map[string]int{bluemind.Old: 2048, bluemind.New: 2048}})
	m := newMigration(t, l)
	x := &matrix{scene: &scene{late: filepath.Join(t.TempDir(), "late")}, failures: &failures{procedure: &procedure{
		migration: m, memory: &memory{records: filepath.Join(t.TempDir(), "client")}, service: users(t, l, bluemind.ServiceAddress),
	}}}
	t.Cleanup(x.rest)
	m.declare(usually()...)
	m.apply().good()
	x.work()
	all := few()
	if want := os.Getenv("FAULTS"); strings.Contains(want, "/") {
		all = caseNamed(t, want)
	} else if want != "few" {
		all = cases(t, x.enumerate())
	}
	whole := 0
	for i, c := range all {
		if t.Run(c.String(), func(t *testing.T) { x.at(t).try(c) }) {
			whole++
		}
		if c.to == finalized && i < len(all)-1 {
			x.exchange()
		}
	}
	x.at(t).settle(all[len(all)-1].to)
	lost := -1
	t.Run("ledger", func(t *testing.T) { lost = x.at(t).account() })
	m.must(lab.Tell("faults: cases=%d whole=%d lost=%d", len(all), whole, lost))
}

// few are cases of each book, which together break things in most ways.
func few() []fault {
	kinds := map[string]faultKind{}
	for _, k := range faultKinds() {
		kinds[k.name] = k
	}
	return []fault{
		{boundary{to: rehearsed, op: "check_service.controller.imap", event: "begin"}, kinds["command_fails"]},
		{boundary{to: "target", op: "restore_database.target.bj-data", event: inside}, kinds["source_loses_power"]},
		{boundary{to: mended, op: "take_late.target", event: "end"}, kinds["provider_killed"]},
		{boundary{to: "source", op: "sync_tree.target.cold.var-lib-cyrus", event: "end"}, kinds["hosts_apart"]},
		{boundary{to: "target", op: "start_service.target.bm", event: "end"}, kinds["interrupted"]},
		{boundary{to: "source", op: "write_cut_mark.target", event: "end"}, kinds["controller_lost_and_target_loses_power"]},
		{boundary{to: finalized, op: "discard_images.target", event: "begin"}, kinds["target_cut_off_for_a_while"]},
	}
}

// caseNamed is the case of a name, as it was told.
func caseNamed(t *testing.T, name string) []fault {
	t.Helper()
	parts := strings.Split(strings.TrimPrefix(name, "to_"), "/")
	for _, kind := range faultKinds() {
		if len(parts) == 4 && kind.name == parts[3] {
			return []fault{{boundary{to: parts[0], op: parts[1], event: parts[2]}, kind}}
		}
	}
	t.Fatalf("FAULTS=%s: a case is named to_BOOK/OPERATION/EVENT/KIND", name)
	return nil
}

// turns is in which order the books are taken: each leaves what the next one starts from, as far as may be. Most are moves.
func turns() []string {
	return []string{"target", mended, "source", rehearsed, "target", "source", "target", "source", finalized}
}

// cases takes as many of the matrix as are wanted, in turns over the books, spread over all boundaries and ways of breaking.
func cases(t *testing.T, places map[string][]boundary) []fault {
	t.Helper()
	books, longest := turns(), 0
	if to := os.Getenv("FAULT_TO"); to != "" {
		if len(places[to]) == 0 {
			t.Fatalf("FAULT_TO=%s: the books are %q", to, books)
		}
		books = []string{to}
	}
	for _, to := range books {
		longest = max(longest, len(places[to]))
	}
	n, seed := len(books)*longest*len(faultKinds()), 0
	if want := os.Getenv("FAULTS"); want != "all" {
		var err error
		if n, err = strconv.Atoi(want); err != nil || n <= 0 {
			t.Fatalf("FAULTS=%q: want the number of cases, few or all", want)
		}
		if seed, err = strconv.Atoi("0" + os.Getenv("FAULT_SEED")); err != nil {
			t.Fatalf("FAULT_SEED: %v", err)
		}
	}
	var some []fault
	seen := map[string]bool{}
	for i := range n {
		of := places[books[i%len(books)]]
		// Places go forward once, from the first boundary to the last; kinds go round and round, in each turn from another one.
		place := of[(seed+i*len(of)/n)%len(of)]
		kinds := fitting(place)
		c := fault{place, kinds[(seed+i/len(books)+i%len(books))%len(kinds)]}
		if !seen[c.String()] {
			seen[c.String()] = true
			some = append(some, c)
		}
	}
	return some
}

// matrix is a migration under faults.
type matrix struct {
	*failures
	*scene
}

func (x *matrix) at(t *testing.T) *matrix {
	t.Helper()
	return &matrix{scene: x.scene, failures: &failures{procedure: x.failures.at(t)}}
}

// Books beside the moves to the target and back to the source.
const (
	finalized = "finalized"
	mended    = "mended"    // what drifted while the target serves
	rehearsed = "rehearsed" // while the source serves
)

// from is which side serves before a book is run, and active which one serves after it.
func (c boundary) from() string {
	if c.to == "target" || c.to == rehearsed {
		return "source"
	}
	return "target"
}

func (c boundary) active() string {
	if c.to == "source" || c.to == rehearsed {
		return "source"
	}
	return "target"
}

// settle brings service to where a book leaves it, from whatever is there; or gives up the way back.
func (x *matrix) settle(to string) {
	x.t.Helper()
	if to == finalized {
		x.settle("target")
		x.declare("finalized", "true")
		x.apply().good()
		x.status("target", "settled")
		return
	}
	side := boundary{to: to}.active()
	x.declare(append(usually(), "active", strconv.Quote(side), "rehearse", "false")...)
	x.apply().good()
	x.status(side, "settled")
}

// exchange begins anew after a finalization: what was the target is the source of the next cutover.
func (x *matrix) exchange() {
	x.t.Helper()
	x.settle(finalized)
	x.destroy().good()
	x.old, x.new = x.new, x.old
	x.declare("old", x.set["new"], "new", x.set["old"], "active", `"source"`, "finalized", "false",
		"my_networks", fmt.Sprintf("{ old = %q, new = %q }", ownAddress(x.old)+"/32", ownAddress(x.new)+"/32"))
	x.apply().good()
	x.status("source", "settled")
}

func ownAddress(m machine) string {
	if m.Name() == bluemind.Old {
		return bluemind.OldAddress
	}
	return bluemind.NewAddress
}

// try breaks one run at one place. Whatever it comes to by itself, service is back in time, never on two sides, and the next apply makes what was declared.
func (x *matrix) try(c fault) {
	defer x.tellHosts()
	x.prepare(c.boundary)
	stop := x.watch()
	defer stop()
	x.declare(shortly()...)
	if book := x.compile(c.to); !slices.ContainsFunc(book, func(s bookStep) bool { return s.ID == c.op }) {
		x.t.Fatalf("the compiled runbook has no %s", c.op)
	}
	x.arrange(c.boundary, c.kind.fails)
	defer x.release()
	ctx, cancel := context.WithTimeout(x.t.Context(), callPatience)
	defer cancel()
	b := x.begin(ctx, "apply", "-json", planFile)
	if !x.reached(c.boundary, b) {
		x.t.Fatalf("the run never came to %s: %s", c, b.wait().explain())
	}
	c.kind.strike(x, c.boundary, b)
	x.serves()
	x.declare(usually()...)
	if p := x.plan(); p.Code == 1 {
		x.t.Errorf("the next plan fails: %s", p.explain())
	}
	x.apply().good()
	x.status(c.active(), "settled")
	if c.to == "source" && x.plan().Code == 2 {
		x.apply().good() // files that the passive side's product has changed while it served are refreshed once it is free again
	}
	x.ended(c.boundary)
	x.empty()
	if c.to == rehearsed {
		x.settle("source") // so that the next one has something to do
	}
}

// ended: who shall serve does, the other one stands, and what waits is where mail is sent from.
func (x *matrix) ended(c boundary) {
	x.t.Helper()
	serving, passive := on(x.t, x.lab, x.taker(c)), on(x.t, x.lab, x.giver(c))
	if c.to == rehearsed {
		serving, passive = passive, serving
	}
	serving.serves()
	passive.address(bluemind.ServiceAddress, false)
	for _, unit := range units() {
		passive.is("inactive", "systemctl", "is-active", unit)
		if c.to != rehearsed { // which leaves what starts at boot as it was
			passive.is("disabled", "systemctl", "is-enabled", unit)
		}
	}
	x.waitsOn(serving)
}

// wentBack: the source has what a back-out replaced there; some of what a finalization does is there only then.
func (x *matrix) wentBack() bool {
	x.t.Helper()
	return strings.TrimSpace(x.old.sh(`runuser -u postgres -- psql -AtXc "SELECT count(*) FROM pg_database WHERE datname LIKE '%\_\_before'"`)) != "0"
}

// aim declares where a book leads.
func aim(to string) []string {
	switch to {
	case finalized:
		return []string{"finalized", "true"}
	case rehearsed:
		return []string{"rehearse", "true"}
	case mended:
		return nil
	}
	return []string{"active", strconv.Quote(to)}
}

// serves waits until one side serves again without anybody's doing, within what the hosts' timers have declared.
func (x *matrix) serves() {
	x.t.Helper()
	by := x.deadline()
	ctx, cancel := context.WithDeadline(x.t.Context(), by)
	defer cancel()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, host := range []machine{x.old, x.new} {
			if x.serving(ctx, host) && host.running(ctx) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			x.t.Fatalf("no side serves, and nobody has taken service back by %s", by.UTC().Format(time.TimeOnly))
		}
	}
}

const isServing = "ip -o addr show | grep -qF ' " + bluemind.ServiceAddress + "/' && ! nft list table inet terraform_provider_mail >/dev/null 2>&1"

// serving says whether clients reach a host at the service address. A host that is off is reached by nobody.
func (x *matrix) serving(ctx context.Context, host machine) bool {
	out, err := host.Exec(ctx, nil, "sh", "-c", isServing)
	return err == nil && out.Code == 0
}

func (m machine) running(ctx context.Context) bool {
	out, err := m.Exec(ctx, nil, "systemctl", "is-active", "postfix", "cyrus-imapd", "bm-core")
	return err == nil && out.Code == 0
}

// watch looks all the time whether both sides are reached; the test fails if they ever are.
func (x *matrix) watch() func() {
	ctx, cancel := context.WithCancel(x.t.Context())
	ended := make(chan struct{})
	twice := false
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			twice = twice || x.serving(ctx, x.new) && x.serving(ctx, x.old) && x.serving(ctx, x.new)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
		if twice {
			x.t.Error("both sides served at once")
		}
	}
}

// account ends the client's work and counts.
func (x *matrix) account() int {
	x.rest()
	for _, host := range []machine{x.old, x.new} {
		x.dropWaiting(host)
		host.await(time.Minute, `systemctl is-active postfix || exit 0; `+nothingWaits)
	}
	report, err := x.working.Report(x.t.Context(), x.service, 20*time.Second)
	if err != nil {
		x.t.Fatal(err)
	}
	r := report.Ledger
	x.explain(r)
	if !r.Whole() || len(r.Permanent) > 0 {
		x.t.Errorf("accepted %d, found %d, lost %v, doubled %v, answered 5xx %v", r.Accepted, r.Found, r.Lost, r.Doubled, r.Permanent)
	}
	(&late{migration: x.migration, service: x.service, book: x.late}).found()
	return len(r.Lost)
}
