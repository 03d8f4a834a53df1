package provider

import (
	"context"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Engine looks at hosts and changes them. It may be used from several goroutines at a time; Terraform asks for resources side by side.
type Engine interface {
	// Register says how the host endpoint.ID is reached. The last word counts.
	Register(endpoint remote.Endpoint)
	// Facts asks a registered host about itself. Errors are those of internal/remote, and executor.ErrUnknownHost.
	Facts(ctx context.Context, hostID string) (executor.Facts, error)
	// Run runs a runbook. The outcome is whole also when there is an error.
	Run(ctx context.Context, book runbook.Runbook, options executor.Options) (executor.Outcome, error)
	// Probe looks whether the effects of a runbook hold. It changes nothing.
	Probe(ctx context.Context, book runbook.Runbook, resource string) executor.Observation
	// Undo takes back what the run named did, by the journals on the hosts. It may be repeated; an empty run is every run of the resource.
	Undo(ctx context.Context, book runbook.Runbook, run string, options executor.Options) (executor.Outcome, error)
	// Retract takes an unfinished run of a cutover back by its own record. False: it was committed, or no host knows it, and nothing was changed.
	Retract(ctx context.Context, cutover declare.Cutover, run string) (executor.Outcome, bool, error)
	// Preflight looks for what would stop a move. It changes nothing. An error means that it could not look.
	Preflight(ctx context.Context, cutover declare.Cutover) ([]executor.Finding, error)
	// Preview compares the trees of a sync on both hosts. It changes nothing.
	Preview(ctx context.Context, sync declare.Sync) ([]executor.Preview, error)
	// Cut says by the journals on the hosts which side serves.
	Cut(ctx context.Context, cutover declare.Cutover) (executor.Cut, error)
	// Left tells of a committed move that was not brought to its end, and which of its operations are not done, by their ids.
	Left(ctx context.Context, cutover declare.Cutover, run string) (executor.Outcome, []string, error)
	// Serving says which side answers clients now.
	Serving(ctx context.Context, cutover declare.Cutover) (executor.Serving, error)
	// Checks probes services and gives one result for each check, by name.
	Checks(ctx context.Context, checks []declare.Check, secrets map[string]string) map[string]check.Result
	// Close ends all connections.
	Close() error
}

// EngineConfig is what the provider's configuration says about all hosts.
type EngineConfig struct {
	Remote     remote.Config
	JournalDir string // on the hosts, absolute
	Parallel   int    // operations at a time, over all hosts
}

// EngineMaker makes the engine of one provider configuration.
type EngineMaker func(config EngineConfig) (Engine, error)
