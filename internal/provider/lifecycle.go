package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// model is a resource's values and what they mean. Its methods are pure: they look at no host, clock or file.
type model[M any] interface {
	*M
	base() *common
	// identity is the id: made of what the declaration is about, never of time or chance.
	identity() string
	// parse fills a model from an id, for import.
	parse(id string) error
	// subject names the resource for the lock and the journal on the hosts.
	subject() string
	// hosts lists the ids of all hosts taking part.
	hosts() []string
	// standing is the procedure whose effects hold once everything declared does: Read probes it, destroy undoes it.
	standing(products *product.Catalogue) (runbook.Runbook, error)
	// change is the procedure that leads from prior to this; empty: nothing is to be done on hosts.
	change(products *product.Catalogue, prior past[M]) (runbook.Runbook, error)
	// open marks what a run of book will measure as unknown, or, where nothing will run (book nil), keeps prior's.
	open(prior *M, book *runbook.Runbook)
	// measure takes over what a run measured. prior is nil after creation.
	measure(prior *M, outcome executor.Outcome)
	// options are a run's choices. config holds the write-only values.
	options(config *M) executor.Options
	// leave reports whether destroying leaves the hosts alone.
	leave() bool
}

// past is what a plan starts from.
type past[M any] struct {
	model     *M                 // nil: there is nothing yet
	drift     []string           // ids of operations whose effect no longer holds
	unsettled bool               // the last run, or what refresh found, leaves something to do
	imported  bool               // the model knows only what an import id says
	measured  map[string]float64 // seconds that operations took in earlier runs; estimates only
}

// Optional abilities of a model.
type (
	// ager finds in Read that what was done is too old.
	ager interface{ aged(now time.Time) []string }
	// inspector looks at hosts while planning, for diagnostics only.
	inspector[M any] interface {
		inspect(ctx context.Context, s *shared, prior past[M], book runbook.Runbook) diag.Diagnostics
	}
	// admitter refuses what must not be created, or destroyed, looking at hosts.
	admitter interface {
		admit(ctx context.Context, s *shared) diag.Diagnostics
	}
	// finder adds to the state what only hosts tell, in Read and after a run.
	finder interface {
		find(ctx context.Context, s *shared) diag.Diagnostics
	}
	// witness says of all that a probe found what no single difference tells; its lines come first. Those without an id are mended by no operation of their own.
	witness interface {
		witness(ctx context.Context, s *shared, book runbook.Runbook, seen executor.Observation) []executor.Difference
	}
	// asker asks others than the hosts, while these are probed; what it returns waits for the answers, and its lines come last.
	asker interface {
		ask(ctx context.Context, s *shared) func() []string
	}
	// concluder has the last word on the status, after a run and in Read, once everything else has been found.
	concluder interface{ conclude() }
	// destroyer destroys in a way of its own.
	destroyer interface {
		destroy(ctx context.Context, s *shared) diag.Diagnostics
	}
	// gentle resources are not tainted by a failed creation: their destruction would do harm.
	gentle interface{ gentle() bool }
	// guarded refuses a change while planning, from values alone.
	guarded[M any] interface {
		guard(prior past[M]) diag.Diagnostics
	}
	// recorder adds to a run's options what the hosts keep of the declaration, so that a way back needs no Terraform.
	recorder[M any] interface {
		recorded(products *product.Catalogue, prior past[M], book runbook.Runbook, options executor.Options) (executor.Options, error)
	}
	// gater lets a run begin, or says why not now.
	gater interface {
		gate(now time.Time, book runbook.Runbook) diag.Diagnostic
	}
	// departer shows, from values alone, what destroying does on the hosts, where it does more than to take back; and looks there for what would stop it.
	departer interface {
		departure(products *product.Catalogue, measured map[string]float64) diag.Diagnostics
		inspectDeparture(ctx context.Context, s *shared) diag.Diagnostics
	}
	// refuser refuses to be destroyed, from values alone.
	refuser interface{ refuse() diag.Diagnostics }
)

// lifecycle is the one way in which every resource that changes hosts is planned, run, read and undone. Resources embed it and add their schema.
type lifecycle[M any, P model[M]] struct {
	kind   string // "mail_sync"
	shared *shared
}

// Metadata implements resource.Resource.
func (l *lifecycle[M, P]) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = l.kind
}

// Configure implements resource.ResourceWithConfigure.
func (l *lifecycle[M, P]) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configure(req.ProviderData, &l.shared, &resp.Diagnostics)
}

// configure takes over the provider's data; nil before the provider is configured.
func configure(data any, into **shared, diags *diag.Diagnostics) {
	if data == nil {
		return
	}
	s, ok := data.(*shared)
	if !ok {
		diags.AddError("Provider data is of another type", fmt.Sprintf("Got %T. This is a fault of the provider.", data))
		return
	}
	*into = s
}

// emptyTexts is an empty list of strings.
func emptyTexts() types.List { return textList(nil) }

// running is the status of what was started, goes on by itself, and needs nothing until it ends.
const running = "running"

// unsettled reports whether a status is to be taken up again by the next plan.
func unsettled(status types.String) bool {
	if status.ValueString() == running {
		return false
	}
	if status.IsNull() || status.IsUnknown() {
		return true
	}
	switch executor.Status(status.ValueString()) {
	case executor.Settled, executor.Held, executor.Unreachable:
		return false
	default:
		return true
	}
}
