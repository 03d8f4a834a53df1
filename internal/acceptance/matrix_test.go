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
	to    string // the side that shall serve: the cutover's book, or the back-out's; or finalized
	op    string
	event string // of the journal: begin or end; or inside
}

// fault is one case of the matrix.
type fault struct {
	boundary
	kind faultKind
}

func (f fault) String() string {
	return strings.Join([]string{"to_" + f.to, f.op, f.event, f.kind.name}, "/")
}

// TestFaults breaks a move, the move back, and the finalization, at boundaries of their operations, each time in another way, while a client sends mail all the time.
// The boundaries are those of the runbooks that the compiler made. FAULTS says how many cases are run, evenly spread over all of them, "all", or "few": some
// of each book, without looking for all boundaries first. FAULT_SEED begins elsewhere, FAULT_TO takes only those that lead there. A case that does not
// end whole does not keep the next one from being tried.
func TestFaults(t *testing.T) {
	l := fresh(t, bluemind.Options{DiskMiB: map[string]int{bluemind.Old: 2048, bluemind.New: 2048}})
	m := newMigration(t, l)
	x := &matrix{failures: &failures{procedure: &procedure{
		migration: m, memory: &memory{records: filepath.Join(t.TempDir(), "client")}, service: users(t, l, bluemind.ServiceAddress),
	}}}
	t.Cleanup(x.rest)
	m.declare(usually()...)
	m.apply().good()
	x.work()
	all := few()
	if os.Getenv("FAULTS") != "few" {
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

// few are cases of each book.
func few() []fault {
	kinds := map[string]faultKind{}
	for _, k := range faultKinds() {
		kinds[k.name] = k
	}
	return []fault{
		{boundary{"target", "start_service.target.bm", "end"}, kinds["interrupted"]},
		{boundary{"target", "restore_database.target.bj-data", inside}, kinds["source_loses_power"]},
		{boundary{"source", "sync_tree.target.cold.var-lib-cyrus", "end"}, kinds["source_loses_power"]},
		{boundary{"source", "write_cut_mark.target", "end"}, kinds["target_loses_power"]},
		{boundary{finalized, "discard_images.target", "begin"}, kinds["provider_killed"]},
	}
}

// cases takes as many of the matrix as are wanted, in turns there and back, spread over all boundaries and ways of breaking.
func cases(t *testing.T, places map[string][]boundary) []fault {
	t.Helper()
	kinds, turns := faultKinds(), [][]boundary{places["target"], places["source"], places["target"], places["source"], places[finalized]}
	if to := os.Getenv("FAULT_TO"); to != "" {
		turns = [][]boundary{places[to]}
	}
	n, seed := len(turns)*max(len(places["target"]), len(places["source"]))*len(kinds), 0
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
		of := turns[i%len(turns)]
		// Places go forward once, from the first boundary to the last; kinds go round and round.
		c := fault{of[(seed+i*len(of)/n)%len(of)], kinds[(seed+i/len(turns))%len(kinds)]}
		if !seen[c.String()] {
			seen[c.String()] = true
			some = append(some, c)
		}
	}
	return some
}

// matrix is a migration under faults.
type matrix struct{ *failures }

func (x *matrix) at(t *testing.T) *matrix {
	t.Helper()
	return &matrix{failures: &failures{procedure: x.failures.at(t)}}
}

// enumerate makes both moves and the finalization once and reads from the hosts' journals what was done: every boundary, by where it leads; and the inside
// of those operations that have programs do long work.
func (x *matrix) enumerate() map[string][]boundary {
	x.t.Helper()
	places := map[string][]boundary{}
	for _, to := range []string{"target", "source", finalized} {
		x.settleNoting(to)
		long := x.noted()
		for _, op := range x.done() {
			for _, event := range []string{"begin", inside, "end"} {
				if event != inside || slices.Contains(long, op) {
					places[to] = append(places[to], boundary{to: to, op: op, event: event})
				}
			}
		}
	}
	x.exchange()
	return places
}

// done lists the operations of the last run that changed something on a host, in their order.
func (x *matrix) done() []string {
	x.t.Helper()
	run := x.cutover().LastRun
	var ops []string
	for _, step := range run.Steps {
		for _, name := range sides() {
			text, err := os.ReadFile(x.path(name, journalDir, "runs", run.Run, "journal"))
			if err == nil && at(string(text), `"op":"`+step.ID+`"`, `"event":"begin"`) >= 0 {
				ops = append(ops, step.ID)
				break
			}
		}
	}
	if len(ops) < 3 {
		x.t.Fatalf("the run %s did only %v", run.Run, ops)
	}
	return ops
}

// path is where a file of a host is on this machine, whether the host is on or off.
func (x *matrix) path(host string, parts ...string) string {
	return filepath.Join(append([]string{x.lab.Dir(), "hosts", host, "m"}, parts...)...)
}

// finalized is where the third book leads.
const finalized = "finalized"

// settle brings service to a side, from whatever is there; or gives up the way back.
func (x *matrix) settle(to string) {
	x.t.Helper()
	if to == finalized {
		x.settle("target")
		x.declare("finalized", "true")
		x.apply().good()
		x.status("target", "settled")
		return
	}
	x.declare(append(usually(), "active", strconv.Quote(to))...)
	x.apply().good()
	x.status(to, "settled")
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

// try breaks one move at one place. Whatever it comes to by itself, service is back in time, never on two sides, and the next apply makes what was declared.
func (x *matrix) try(c fault) {
	from := map[string]string{"source": "target", "target": "source", finalized: "target"}[c.to]
	if c.to == finalized && !x.wentBack() {
		x.settle("target")
		x.settle("source")
	}
	if now := x.cutover(); now.Active != from || now.Status != "settled" {
		x.settle(from)
	}
	if c.to != finalized {
		on(x.t, x.lab, x.giver(c.boundary)).sh("date >/var/spool/bm-docs/written") // a file that is no mail, and travels
	}
	stop := x.watch()
	defer stop()
	x.arrange(c.boundary, c.kind.fails)
	defer x.release()
	x.declare(shortly()...)
	x.declare(aim(c.to)...)
	ctx, cancel := context.WithTimeout(x.t.Context(), callPatience)
	defer cancel()
	b := x.begin(ctx, "apply", "-json", "-auto-approve")
	if !x.reached(b) {
		x.t.Fatalf("the run never came to %s: %s", c, b.wait().explain())
	}
	c.kind.strike(x, c.boundary, b)
	x.serves()
	x.declare(usually()...)
	if p := x.plan(); p.Code == 1 {
		x.t.Errorf("the next plan fails: %s", p.explain())
	}
	x.apply().good()
	active := c.to
	if c.to == finalized {
		active = "target"
	}
	x.status(active, "settled")
	on(x.t, x.lab, x.taker(c.boundary)).serves()
	on(x.t, x.lab, x.giver(c.boundary)).passive()
	x.empty()
}

// wentBack: the source has what a back-out replaced there; some of what a finalization does is there only then.
func (x *matrix) wentBack() bool {
	x.t.Helper()
	return strings.TrimSpace(x.old.sh(`runuser -u postgres -- psql -AtXc "SELECT count(*) FROM pg_database WHERE datname LIKE '%\_\_before'"`)) != "0"
}

// aim declares where a book leads.
func aim(to string) []string {
	if to == finalized {
		return []string{finalized, "true"}
	}
	return []string{"active", strconv.Quote(to)}
}

// serves waits until one side serves again without anybody's doing, within what the timers have declared: the target's 40 s, the source's 60 s more, and a boot.
func (x *matrix) serves() {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), 180*time.Second)
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
			x.t.Fatal("no side serves, and nobody takes service back")
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
		host.await(time.Minute, `systemctl is-active postfix || exit 0; test -z "$(postqueue -j)"`)
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
	return len(r.Lost)
}
