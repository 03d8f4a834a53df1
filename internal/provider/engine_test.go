package provider_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// engine is a test double: hosts are a set of operations that are done. It keeps what the provider asked for.
type engine struct {
	mu        sync.Mutex
	endpoints map[string]remote.Endpoint
	done      map[string]bool // "<host>/<operation id>"
	ran       []string        // names of the runbooks that were run
	resumed   []string        // runs that were gone on with
	undone    []string
	retracted []string          // runs of cutovers that were taken back
	committed bool              // what is to be retracted was committed
	secrets   map[string]string // of every run
	logins    map[string]string // what checks were last given
	serving   executor.Serving
	findings  []executor.Finding
	previews  []executor.Preview
	obstacles []string // what is in the way of mounts

	versions map[string]string // of a product that is upgraded, by host; all others have version
	version  string
	stopped  map[string]bool // services of it, by "<host>/<service>"
	serves   string          // by the journals, since the last hop

	fail    string // kind of operation that fails, or the operation itself
	status  executor.Status
	held    string
	down    bool
	key     bool // another key answers
	machine string
	cut     string   // the side that serves by the journals
	final   bool     // the way back was given up, by the journals
	left    []string // operations that the committed move has left undone, by the journals

	results map[string]string       // what running operations reports, by "<operation's kind>.<name>"
	answers map[string]check.Result // of checks, by name
	reports map[string]string       // what looking at operations finds, by "<operation's kind>.<name>"
}

func newEngine() *engine {
	return &engine{endpoints: map[string]remote.Endpoint{}, secrets: map[string]string{}, done: map[string]bool{}, versions: map[string]string{}, stopped: map[string]bool{}, serving: executor.Serving{Side: "source"}, machine: "m1", version: "6.7"}
}

func (e *engine) maker() provider.EngineMaker {
	return func(provider.EngineConfig) (provider.Engine, error) { return e, nil }
}

// set changes the double between two steps of a test.
func (e *engine) set(change func()) func() {
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		change()
	}
}

func (e *engine) Register(endpoint remote.Endpoint) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.endpoints[endpoint.ID] = endpoint
}

func (e *engine) Facts(_ context.Context, id string) (executor.Facts, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.down:
		return executor.Facts{}, e.unreachable(id)
	case e.key:
		return executor.Facts{}, &remote.HostKeyError{Address: "192.0.2.21", Expected: id, Presented: "SHA256:other"}
	}
	if _, ok := e.endpoints[id]; !ok {
		return executor.Facts{}, executor.ErrUnknownHost
	}
	return executor.Facts{Hostname: "h", Machine: e.machine, OS: "debian 12", Arch: "x86_64", Init: "systemd", Network: "networkd", Tools: map[string]string{"rsync": "3.5"}}, nil
}

func (e *engine) unreachable(id string) error {
	return &remote.ConnectError{ID: id, Causes: []error{fmt.Errorf("no route to host")}}
}

func (e *engine) Run(_ context.Context, book runbook.Runbook, options executor.Options) (executor.Outcome, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked(book, options)
	for _, id := range book.Hosts() {
		if _, ok := e.endpoints[id]; !ok {
			return executor.Outcome{Status: executor.Failed}, executor.ErrUnknownHost
		}
	}
	digest, err := book.Digest()
	out := executor.Outcome{Run: book.Name, Digest: digest, Status: executor.Settled, Started: time.Unix(1800000000, 0), Ended: time.Now()}
	out.Run += numbered(book)
	if err != nil || e.held != "" && !strings.HasPrefix(options.Resource, "mail_cutover.") {
		out.Status, out.Hold = executor.Held, e.held
		return out, err
	}
	for _, op := range book.Operations {
		step := executor.StepResult{ID: op.ID, Stage: string(op.Stage), Sentence: op.Sentence, Seconds: 1, Offline: op.Offline}
		if e.fail != "" && (op.Kind == e.fail || op.ID == e.fail) {
			e.backAtHop(book)
			step.Error = "exit code 1: it broke"
			out.Steps, out.Status = append(out.Steps, step), e.status
			return out, fmt.Errorf("%w: %s", executor.ErrOperation, op.ID)
		}
		if op.Kind == "sync_tree" {
			step.Result = map[string]string{"files": "10", "bytes": "2048", "deleted": "0"}
		}
		if op.Kind == "take_backup" {
			step.Result = map[string]string{"path": op.Args[1] + "/" + op.Args[0] + ".000001", "at": "2026-11-22T09:15:00Z", "bytes": "2048", "files": "10", "changed": "0", "sha256": "abc"}
		}
		for name, value := range e.results {
			if kind, rest, _ := strings.Cut(name, "."); kind == op.Kind {
				step.Result = added(step.Result, rest, value)
			}
		}
		e.upgraded(op)
		e.done[op.Host+"/"+op.ID] = true
		out.Steps = append(out.Steps, step)
	}
	if options.Resume != "" {
		out.Run, out.Outage, out.Ledger = options.Resume, 3500*time.Millisecond, map[string]string{"queue": "1 undelivered messages taken along"}
	}
	if book.Hold {
		out.Outage, out.Ledger = 2500*time.Millisecond, map[string]string{"queue": "0 undelivered messages taken along"}
		e.held = book.Name
	}
	return out, nil
}

// upgraded is what an operation of an upgrade changes.
func (e *engine) upgraded(op runbook.Operation) {
	switch op.Kind {
	case "install_version":
		e.versions[op.Host] = op.Args[0]
	case "settle_hop":
		e.serves = op.Args[1]
	case "start_service":
		e.stopped[op.Host+"/"+op.Args[0]] = false
	case "stop_service":
		e.stopped[op.Host+"/"+op.Args[0]] = true
	}
}

// backAtHop: the hop that failed is taken back.
func (e *engine) backAtHop(book runbook.Runbook) {
	if book.Ordered && e.status == executor.BackedOut {
		clear(e.versions)
		clear(e.stopped)
		e.version = e.serves
	}
}

// look is what a look at an operation of an upgrade finds; false: it is none.
func (e *engine) look(op runbook.Operation, seen *executor.Observation) bool {
	different := ""
	switch {
	case op.Kind == "settle_hop":
		seen.Results[op.ID+".serves"] = e.serves
	case op.Kind == "install_version":
		found, own := e.versions[op.Host]
		if !own {
			found = e.version
		}
		seen.Results[op.ID+".version"] = found
		if found != op.Args[0] {
			different = "version " + found + " is installed, not " + op.Args[0]
		}
	case op.Kind == "start_service" && op.Hop == "" && strings.HasPrefix(op.Args[0], "cpms-"):
		if e.stopped[op.Host+"/"+op.Args[0]] {
			different = op.Args[0] + " stands"
		}
	default:
		return false
	}
	if different != "" {
		seen.Status = executor.Drifted
		seen.Drift = append(seen.Drift, executor.Difference{ID: op.ID, Sentence: op.Role + ": " + different})
	}
	return true
}

// asked keeps what the provider asked for.
func (e *engine) asked(book runbook.Runbook, options executor.Options) {
	e.ran = append(e.ran, book.Name)
	if options.Resume != "" {
		e.resumed = append(e.resumed, options.Resume)
		e.left = nil
	}
	maps.Copy(e.secrets, options.Secrets)
}

// numbered is the number at the end of the name of a move's run.
func numbered(book runbook.Runbook) string {
	if book.Hold {
		return ".7"
	}
	return ""
}

func (e *engine) Probe(_ context.Context, book runbook.Runbook, resource string) executor.Observation {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := executor.Observation{Status: executor.Settled, Results: map[string]string{}}
	switch {
	case e.down:
		seen.Status, seen.Err = executor.Unreachable, e.unreachable(book.Hosts()[0])
		return seen
	case e.held != "" && !strings.HasPrefix(resource, "mail_cutover."):
		seen.Status, seen.Hold = executor.Held, e.held
		return seen
	case strings.HasPrefix(resource, "mail_cutover."):
		return seen
	}
	for _, op := range book.Operations {
		if e.look(op, &seen) {
			continue
		}
		if op.Kind == "prove_mountable" {
			for _, obstacle := range e.obstacles {
				seen.Drift = append(seen.Drift, executor.Difference{ID: op.ID, Sentence: "host: " + obstacle})
			}
			continue
		}
		for name, value := range e.reports {
			if kind, rest, _ := strings.Cut(name, "."); kind == op.Kind {
				seen.Results[op.ID+"."+rest] = value
			}
		}
		if op.Lasting && !e.done[op.Host+"/"+op.ID] {
			seen.Status = executor.Drifted
			seen.Drift = append(seen.Drift, executor.Difference{ID: op.ID, Sentence: "does not hold: " + op.Sentence})
		}
	}
	return seen
}

func (e *engine) Undo(_ context.Context, book runbook.Runbook, run string, _ executor.Options) (executor.Outcome, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.undone = append(e.undone, run)
	for _, op := range book.Operations {
		delete(e.done, op.Host+"/"+op.ID)
	}
	return executor.Outcome{Run: run, Status: executor.BackedOut}, nil
}

// Retract: a run is committed where the double says so.
func (e *engine) Retract(_ context.Context, _ declare.Cutover, run string) (executor.Outcome, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.committed {
		return executor.Outcome{}, false, nil
	}
	e.retracted = append(e.retracted, run)
	return executor.Outcome{Run: run, Status: executor.BackedOut}, true, nil
}

func (e *engine) Preview(_ context.Context, sync declare.Sync) ([]executor.Preview, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down {
		return nil, e.unreachable(sync.Source)
	}
	return e.previews, nil
}

func (e *engine) Preflight(context.Context, declare.Cutover) ([]executor.Finding, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.findings), nil
}

// Cut: no move was ever committed.

func (e *engine) Serving(context.Context, declare.Cutover) (executor.Serving, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.serving, nil
}

func (e *engine) Cut(context.Context, declare.Cutover) (executor.Cut, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	cut := executor.Cut{Side: e.cut, Final: e.final}
	if len(e.left) > 0 {
		cut.Unfinished = "bluemind-2026.5"
	}
	return cut, nil
}

func (e *engine) Left(_ context.Context, _ declare.Cutover, run string) (executor.Outcome, []string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return executor.Outcome{Run: run, Status: executor.Unsettled}, e.left, nil
}

func (e *engine) Checks(_ context.Context, checks []declare.Check, secrets map[string]string) map[string]check.Result {
	e.mu.Lock()
	e.logins = secrets
	e.mu.Unlock()
	if e.answers != nil {
		return e.answers
	}
	results := map[string]check.Result{}
	for _, c := range checks {
		results[c.Name] = check.Result{OK: true, Detail: "from " + c.From, Seconds: 0.1}
	}
	return results
}

// added is a map with one more entry; nil is an empty one.
func added(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[name] = value
	return m
}

func (e *engine) Close() error { return nil }
