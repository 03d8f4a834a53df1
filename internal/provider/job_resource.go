package provider

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	attribute "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*jobResource)(nil)
	_ resource.ResourceWithImportState = (*jobResource)(nil)
	_ finder                           = (*detachedModel)(nil)
	_ concluder                        = (*detachedModel)(nil)
	_ guarded[detachedModel]           = (*detachedModel)(nil)
)

// jobResource is mail_job.
type jobResource struct {
	lifecycle[detachedModel, *detachedModel]
}

func newJobResource() resource.Resource {
	return &jobResource{lifecycle[detachedModel, *detachedModel]{kind: "mail_job"}}
}

// States of a job.
const (
	jobRunning = "running"
	jobDone    = "done"
	jobFailed  = "failed"
)

// jobLookTimeout bounds the look at a job after an apply that was ended.
const jobLookTimeout = 30 * time.Second

// Create implements resource.Resource. A job that goes on when waiting for it has ended (interrupted, or out of time) gets into no state: a resource
// that is tainted would be ended by the next apply, which is to find the job and wait on.
func (r *jobResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.lifecycle.Create(ctx, req, resp)
	if !resp.Diagnostics.HasError() || resp.State.Raw.IsNull() {
		return
	}
	var m detachedModel
	if resp.State.Get(ctx, &m).HasError() {
		return
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobLookTimeout)
	defer cancel()
	resp.Diagnostics.Append(m.find(look, r.shared)...)
	if m.State.ValueString() != jobRunning {
		return
	}
	resp.State.RemoveResource(ctx)
	resp.Diagnostics.AddAttributeError(attribute.Root("command"), "The job goes on",
		m.subject()+" was not waited for to its end, and runs on.\n\nNext: apply again: it is found and waited for, not started anew.")
}

func (m *detachedModel) command() []string {
	var read reader
	return read.texts("command", m.Command)
}

func (m *detachedModel) identity() string {
	return joinID(append([]string{m.Host.ValueString()}, m.command()...)...)
}

func (m *detachedModel) parse(id string) error {
	parts, err := splitID(id, 2, "HOST,ARGUMENT,…")
	if err != nil {
		return err
	}
	m.Host, m.Command = types.StringValue(parts[0]), textList(parts[1:])
	return validHosts(parts[0])
}

// name is how the host knows the job.
func (m *detachedModel) name() string {
	readable := "job"
	if command := m.command(); len(command) > 0 {
		readable = path.Base(command[0])
	}
	return label(readable, m.identity())
}

func (m *detachedModel) subject() string { return "mail_job." + m.name() }

func (m *detachedModel) hosts() []string { return []string{m.Host.ValueString()} }

func (m *detachedModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	return compile.Job(declare.DetachedJob{Name: m.name(), Host: m.Host.ValueString(), Command: m.command(), Wait: m.Wait.ValueBool()})
}

func (m *detachedModel) change(products *product.Catalogue, prior past[detachedModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

// open leaves unknown what a run decides.
func (m *detachedModel) open(prior *detachedModel, book *runbook.Runbook) {
	switch {
	case book != nil:
		m.State, m.Percent, m.ExitCode = types.StringUnknown(), types.Float64Unknown(), types.Int64Unknown()
		m.StartedAt, m.EndedAt, m.OutputFile = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	case prior != nil:
		m.State, m.Percent, m.ExitCode = prior.State, prior.Percent, prior.ExitCode
		m.StartedAt, m.EndedAt, m.OutputFile = prior.StartedAt, prior.EndedAt, prior.OutputFile
	}
}

// measure leaves nothing unknown where the host cannot be asked afterwards.
func (m *detachedModel) measure(prior *detachedModel, _ executor.Outcome) {
	if !m.State.IsUnknown() {
		return
	}
	if prior == nil {
		prior = &detachedModel{}
	}
	m.open(prior, nil)
}

func (m *detachedModel) options(*detachedModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "halt"} // a job that failed leaves its output; one that goes on is attached to
}

func (*detachedModel) leave() bool { return false }

// find looks how the job stands. That a host cannot be asked is told by whoever else asks it.
func (m *detachedModel) find(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	book, err := m.standing(s.products)
	if err != nil {
		return diags // the procedure tells
	}
	seen := s.engine.Probe(ctx, book, m.subject())
	if seen.Status == executor.Unreachable || seen.Status == executor.Held {
		return diags
	}
	operation := book.Operations[0].ID
	m.see(func(name string) string { return seen.Results[operation+"."+name] })
	return diags
}

// conclude makes of how the job stands how the resource does: where a run has settled it, it may run, or have failed already.
func (m *detachedModel) conclude() {
	base := m.base()
	if base.Status.ValueString() != string(executor.Settled) {
		return
	}
	switch m.State.ValueString() {
	case jobRunning:
		base.Status = types.StringValue(running)
	case jobFailed:
		base.Status = types.StringValue(string(executor.Drifted))
		base.Drift = textList([]string{m.failure()})
	}
}

func (m *detachedModel) failure() string {
	if m.ExitCode.IsNull() {
		return "the job ended without an exit code"
	}
	return fmt.Sprintf("the job ended with exit code %d", m.ExitCode.ValueInt64())
}

// guard tells, while nothing is to be done, how far a job is.
func (m *detachedModel) guard(prior past[detachedModel]) diag.Diagnostics {
	var diags diag.Diagnostics
	if prior.model == nil || prior.model.Status.ValueString() != running {
		return diags
	}
	far := ""
	if !prior.model.Percent.IsNull() {
		far = fmt.Sprintf(", at %g %%", prior.model.Percent.ValueFloat64())
	}
	diags.AddAttributeWarning(attribute.Root("command"), "The job is running",
		fmt.Sprintf("%s runs on its host since %s%s. What it prints is there in %s.\n\nNext: plan again to see how it stands; destroying it ends it.",
			m.subject(), prior.model.StartedAt.ValueString(), far, prior.model.OutputFile.ValueString()))
	return diags
}
