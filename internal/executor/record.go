package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Record is what every host taking part keeps of a run, so that another process can go on with it or take it back without Terraform. It holds no secret.
type Record struct {
	Version   int                      `json:"version"` // of this format
	Run       string                   `json:"run"`
	Begun     time.Time                `json:"begun"`
	Resource  string                   `json:"resource"`
	OnFailure string                   `json:"on_failure,omitempty"`
	Drain     time.Duration            `json:"drain,omitempty"`
	Budget    time.Duration            `json:"budget,omitempty"`
	NotAfter  time.Time                `json:"not_after,omitzero"`
	Runbook   runbook.Runbook          `json:"runbook"`
	Estimates map[string]time.Duration `json:"estimates,omitempty"` // by operation; a runbook is stored without
	Cutover   *declare.Cutover         `json:"cutover,omitempty"`   // what the cutover declared
	Hosts     []remote.Endpoint        `json:"hosts"`               // how hosts were reached
}

// recordVersion is the version of Record that this program writes.
const recordVersion = 1

// ErrNewer means that a host's record was written by a newer version of this program.
var ErrNewer = errors.New("written by a newer version of the provider")

// readRecord reads a record, and puts the estimates back into its runbook.
func readRecord(text []byte) (Record, error) {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Record{}, fmt.Errorf("read the record: %w", err)
	}
	if version.Version > recordVersion {
		return Record{}, fmt.Errorf("%w: the record has version %d, this program knows %d", ErrNewer, version.Version, recordVersion)
	}
	var record Record
	if err := json.Unmarshal(text, &record); err != nil {
		return Record{}, fmt.Errorf("read the record: %w", err)
	}
	for i := range record.Runbook.Operations {
		op := &record.Runbook.Operations[i]
		op.Estimate = record.Estimates[op.ID]
	}
	return record, record.Runbook.Validate()
}

// Options are those that the run was begun with; secrets are not kept.
func (r Record) Options(secrets map[string]string) Options {
	return Options{
		Resource: r.Resource, OnFailure: r.OnFailure, Secrets: secrets, Drain: r.Drain, Budget: r.Budget, NotAfter: r.NotAfter, Cutover: r.Cutover,
	}
}

// Took is how long the operations of a run took, or else were expected to take, for the prediction of the one that follows it: by runbook.MeasureOf.
func (c *Controller) Took(ctx context.Context, r Record) (map[string]time.Duration, error) {
	took := make(map[string]time.Duration, len(r.Estimates))
	for id, estimate := range r.Estimates {
		took[runbook.MeasureOf(id)] = estimate
	}
	for _, host := range r.Hosts {
		text, err := c.ask(ctx, host.ID, "cmd_done", r.Run)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", r.Run, err)
		}
		for id, step := range parseSteps(text) {
			took[runbook.MeasureOf(id)] = time.Duration(step.Seconds * float64(time.Second))
		}
	}
	return took, nil
}

// record is what this run leaves on every host before it begins.
func (r *run) record() ([]byte, error) {
	record := Record{
		Version: recordVersion, Run: r.name, Begun: r.started.UTC(), Resource: r.opts.Resource, OnFailure: r.opts.OnFailure, Drain: r.opts.Drain,
		Budget: r.opts.Budget, NotAfter: r.opts.NotAfter, Runbook: r.book, Estimates: map[string]time.Duration{}, Cutover: r.opts.Cutover,
	}
	for _, op := range r.book.Operations {
		record.Estimates[op.ID] = op.Estimate
	}
	for _, id := range slices.Sorted(maps.Keys(r.hosts)) {
		record.Hosts = append(record.Hosts, r.hosts[id].Endpoint())
	}
	text, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("record run %s: %w", r.name, err)
	}
	return text, nil
}

// close writes on every host how the run ended. A host that does not answer keeps a run that looks unfinished, which the next one settles.
func (r *run) close(ctx context.Context, status Status) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for id, epoch := range r.epochs {
		h, ok := r.hosts[id]
		if !ok {
			continue
		}
		res, err := h.call(ctx, h.Host, remote.Command{}, "close", r.name, epoch, string(status))
		if err == nil && res.Exit != 0 && res.Exit != exitSuperseded {
			err = hostError(res)
		}
		if err != nil && !errors.Is(err, remote.ErrUnreachable) && !errors.Is(err, remote.ErrConnectionLost) {
			errs = append(errs, fmt.Errorf("close run %s on %s: %w", r.name, h.Address(), err))
		}
	}
	return errors.Join(errs...)
}

// Journaled is a run as a host's journal knows it.
type Journaled struct {
	Run      string
	Timer    string        // revert, ask or done
	Decision string        // open, revert or commit
	Outcome  Status        // as its controller saw it; none where it never ended
	Open     int           // operations that were begun, not undone and not meant to stay
	Left     time.Duration // to the deadline of an armed timer
	Cut      bool          // the host began to serve by it
}

// Journaled lists the runs that a host has records of. It changes nothing.
func (c *Controller) Journaled(ctx context.Context, id string) ([]Journaled, error) {
	text, err := c.ask(ctx, id, "look_runs")
	if err != nil {
		return nil, err
	}
	return parseRuns(text), nil
}

// parseRuns reads lines "run=<name> <timer> <decision> <outcome> <open> <left> <cut>"; others are passed over.
func parseRuns(text string) []Journaled {
	var runs []Journaled
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "run=")
		fields := strings.Fields(value)
		if !ok || len(fields) != 7 {
			continue
		}
		runs = append(runs, Journaled{
			Run: fields[0], Timer: fields[1], Decision: fields[2], Outcome: Status(fields[3]), Open: count(fields[4]),
			Left: time.Duration(count(fields[5])) * time.Second, Cut: fields[6] == "cut",
		})
	}
	return runs
}

// Record reads a run's record from a host. It changes nothing.
func (c *Controller) Record(ctx context.Context, id, run string) (Record, error) {
	text, err := c.ask(ctx, id, "look_record", run)
	if err != nil {
		return Record{}, fmt.Errorf("run %s: %w", run, err)
	}
	return readRecord([]byte(text))
}

// ask runs one of the looking functions on a host.
func (c *Controller) ask(ctx context.Context, id string, call ...string) (string, error) {
	h, err := c.host(id)
	if err != nil {
		return "", err
	}
	res, err := c.inline(ctx, h, "", call...)
	if err != nil {
		return "", fmt.Errorf("look at %s: %w", strings.Join(knownAddresses(h), " or "), err)
	}
	if res.Exit != 0 {
		return "", fmt.Errorf("look at %s: %w", h.Address(), hostError(res))
	}
	return string(res.Stdout), nil
}
