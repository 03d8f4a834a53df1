// Package executor runs runbooks on hosts: under a lock and a journal kept there, side by side where nothing conflicts, and back again.
package executor

import (
	"errors"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Status is how a run stands.
type Status string

// The states of a run. Anything but Settled and Held is re-opened by the next plan.
const (
	Settled     Status = "settled"     // everything declared holds
	Drifted     Status = "drifted"     // something declared no longer holds
	Held        Status = "held"        // a cutover governs it; nothing was changed
	BackedOut   Status = "backed-out"  // a failure, and every change of the run was undone
	Halted      Status = "halted"      // stopped part way, on demand
	Failed      Status = "failed"      // a failure, and an undo failed too: see Remaining
	Unsettled   Status = "unsettled"   // done, but something after the commit is left to do
	Unreachable Status = "unreachable" // a host did not answer; the last known state is kept
)

// Errors that callers tell apart.
var (
	ErrHeld        = errors.New("held by a cutover")
	ErrLocked      = errors.New("locked by another run")
	ErrSuperseded  = errors.New("superseded by a newer run")
	ErrOperation   = errors.New("operation failed")
	ErrUnknownHost = errors.New("host is not known")
)

// Outcome is what a run reached; it is whole also when Run returns an error.
type Outcome struct {
	Run       string            `json:"run"` // names the run's journal on the hosts
	Digest    string            `json:"digest"`
	Status    Status            `json:"status"`
	Started   time.Time         `json:"started"`
	Ended     time.Time         `json:"ended"`
	Steps     []StepResult      `json:"steps"`
	Outage    time.Duration     `json:"outage"` // from the first offline operation's begin to the end of the commit (or of the undo); zero: none
	Ledger    map[string]string `json:"ledger,omitempty"`
	Hold      string            `json:"hold,omitempty"`      // the cutover that holds what was asked for
	Remains   []string          `json:"remaining,omitempty"` // what is left to be done by hand, in order
	Predicted runbook.Totals    `json:"predicted"`           // as it was predicted when it began
	Notes     []string          `json:"notes,omitempty"`     // what the user is to be told of, such as a stale lock that was taken over
}

// StepResult is one operation as it went.
type StepResult struct {
	ID        string            `json:"id"`
	Stage     string            `json:"stage"`
	Sentence  string            `json:"sentence"`
	Begin     time.Duration     `json:"begin"` // since Started
	Seconds   float64           `json:"seconds"`
	Predicted Prediction        `json:"predicted"`
	Skipped   bool              `json:"skipped"` // the probe found it done
	Undone    bool              `json:"undone"`
	Offline   bool              `json:"offline"`
	Result    map[string]string `json:"result,omitempty"` // what it measured: bytes, files, deleted, …
	Error     string            `json:"error,omitempty"`
}

// Prediction is what was expected of an operation when its run began.
type Prediction struct {
	Begin    time.Duration `json:"begin"`    // since Started
	Takes    time.Duration `json:"takes"`    // zero: not known
	Recovery time.Duration `json:"recovery"` // what it costs on top if it fails once
}

// Observation is what probing a runbook without changing anything found.
type Observation struct {
	Status  Status            // Settled, Drifted, Held or Unreachable
	Drift   []Difference      // operations whose effect does not hold now
	Hold    string            // the cutover's name where Status is Held
	Results map[string]string // measurements by "<operation id>.<name>"
	Err     error             // why a host was unreachable
}

// Difference is one operation whose effect does not hold.
type Difference struct {
	ID       string // of the operation that would mend it
	Sentence string // what is found, for people
}

// Facts are what a host says of itself.
type Facts struct {
	Hostname string            `json:"hostname"`
	Machine  string            `json:"machine_id"`
	OS       string            `json:"os"` // ID and VERSION_ID of os-release
	Arch     string            `json:"arch"`
	Init     string            `json:"init"`    // systemd | sysv
	Network  string            `json:"network"` // networkd | ifupdown | netplan | unknown
	BootID   string            `json:"boot_id"`
	Tools    map[string]string `json:"tools"` // name => version; missing tools are absent
}

// Finding is what a look before a run found.
type Finding struct {
	Grade   string // blocks | warns | informs
	Code    string // stable, for people who search for it
	Summary string
	Detail  string
	Next    string // what to do
}

// Serving says who answers clients now.
type Serving struct {
	Side   string // source | target | both | none
	Detail string
}

// Options are a run's choices.
type Options struct {
	Resource  string            // the resource's type and name of the declaration, for the lock and the journal
	OnFailure string            // back_out | halt
	Secrets   map[string]string // by name, as operations ask for them; never stored
	Drain     time.Duration
	Budget    time.Duration // outage budget; zero: none
	NotAfter  time.Time     // when the outage must be over; zero: any time

	Cutover *declare.Cutover // what the cutover declares, for the record; nil for other resources
	Known   string           // the run by which the state says that the target serves; the hosts must have it. Empty: none
	Resume  string           // an earlier run that is gone on with instead of beginning a new one; empty: none
}
