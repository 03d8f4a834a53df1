package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

var (
	_ resource.ResourceWithModifyPlan  = (*hostResource)(nil)
	_ resource.ResourceWithImportState = (*hostResource)(nil)
	_ resource.ResourceWithConfigure   = (*hostResource)(nil)
)

const hostTimeout = 5 * time.Minute

// hostResource is mail_host.
type hostResource struct{ shared *shared }

func newHostResource() resource.Resource { return &hostResource{} }

// Metadata implements resource.Resource.
func (*hostResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "mail_host"
}

// Configure implements resource.ResourceWithConfigure.
func (h *hostResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configure(req.ProviderData, &h.shared, &resp.Diagnostics)
}

// endpoint is how the host is reached. Its ID is the model's, empty where that is not known yet.
func (m *hostModel) endpoint() remote.Endpoint {
	var read reader
	become := m.Become.ValueString()
	if become == "none" {
		become = ""
	}
	return remote.Endpoint{
		ID: m.ID.ValueString(), Addresses: read.texts("addresses", m.Addresses), Port: orInt(m.Port, 0),
		User: m.User.ValueString(), HostKey: m.HostKey.ValueString(), Jump: m.Jump.ValueString(), Become: become,
	}
}

// reachable reports whether everything is known that is needed to connect.
func (m *hostModel) reachable(ctx context.Context) bool {
	return known(ctx, m.Addresses) && !m.Port.IsUnknown() && !m.User.IsUnknown() && !m.HostKey.IsUnknown() && !m.Jump.IsUnknown() && !m.Become.IsUnknown()
}

// named reports whether the key that names the host can be told from the configuration.
func (m *hostModel) named(ctx context.Context) bool {
	if m.HostKey.IsUnknown() {
		return false
	}
	return !m.HostKey.IsNull() || known(ctx, m.Addresses) && !m.Port.IsUnknown()
}

// ModifyPlan implements resource.ResourceWithModifyPlan: it names the host by its key, from host_key or known_hosts, and tells the others how to reach it.
func (h *hostResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if h.shared == nil || req.Plan.Raw.IsNull() {
		return
	}
	var plan hostModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	var state *hostModel
	if !req.State.Raw.IsNull() {
		state = &hostModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	id, err := h.identify(ctx, &plan, state)
	if err != nil {
		h.unknownKey(&plan, err, &resp.Diagnostics)
		return
	}
	plan.ID = id
	plan.lookedAt()
	plan.Facts, plan.Status = types.ObjectUnknown(factsTypes()), types.StringUnknown()
	same := state != nil && id.Equal(state.ID)
	if same && !unsettled(state.Status) {
		plan.Facts, plan.Status = state.Facts, state.Status
	}
	if same {
		if problem := recall[string](ctx, req.Private, keyProblem, &resp.Diagnostics); problem != "" {
			resp.Diagnostics.AddAttributeError(path.Root("addresses"), "Another key answers", problem+
				"\n\nNext: if the machine was replaced, compare the key with its /etc/ssh/ssh_host_*_key.pub and set host_key or known_hosts to it; the host then has another id. If not, correct addresses.")
			return
		}
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	if !id.IsUnknown() && plan.reachable(ctx) {
		h.tell(&plan, &resp.Diagnostics)
	}
}

// identify gives the id: unknown while its key is, else by host_key or known_hosts. Where known_hosts knows it no longer, the id of the state stays.
func (h *hostResource) identify(ctx context.Context, plan, state *hostModel) (types.String, error) {
	if !plan.named(ctx) {
		return types.StringUnknown(), nil
	}
	endpoint := plan.endpoint()
	endpoint.ID = ""
	id, _, err := remote.ResolveID(h.shared.remote, endpoint)
	if err == nil {
		return types.StringValue(id), nil
	}
	if state != nil && plan.HostKey.Equal(state.HostKey) && plan.Addresses.Equal(state.Addresses) && plan.Port.Equal(state.Port) {
		return state.ID, nil
	}
	return types.StringNull(), fmt.Errorf("name the host by its key: %w", err)
}

func (h *hostResource) unknownKey(plan *hostModel, err error, diags *diag.Diagnostics) {
	at, summary := path.Root("addresses"), "Host key is not known"
	var key *remote.HostKeyError
	if !plan.HostKey.IsNull() || !errors.As(err, &key) {
		at, summary = path.Root("host_key"), "Host key cannot be used"
	}
	diags.AddAttributeError(at, summary, err.Error())
}

// tell makes the endpoint known to this process and to later ones.
func (h *hostResource) tell(m *hostModel, diags *diag.Diagnostics) {
	if err := h.shared.book.declare(m.endpoint()); err != nil {
		diags.AddWarning("How the host is reached cannot be kept", err.Error()+"\n\nA later apply that does not plan this host may not find it.")
	}
}

// Create implements resource.Resource.
func (h *hostResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan hostModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel, diags := withTimeout(ctx, plan.Timeouts.Create, hostTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	if h.connect(ctx, &plan, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		keep(ctx, resp.Private, keyProblem, "", &resp.Diagnostics)
	}
}

// Update implements resource.Resource.
func (h *hostResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan hostModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel, diags := withTimeout(ctx, plan.Timeouts.Update, hostTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	if !plan.Status.IsUnknown() { // the same machine by other ways: it must still be reached by them
		facts := plan.Facts
		if !h.connect(ctx, &plan, &resp.Diagnostics) {
			return
		}
		plan.Facts = facts // refresh tells what changed
	} else if !h.connect(ctx, &plan, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	keep(ctx, resp.Private, keyProblem, "", &resp.Diagnostics)
}

// connect checks the key and gathers facts.
func (h *hostResource) connect(ctx context.Context, m *hostModel, diags *diag.Diagnostics) bool {
	if m.ID.IsUnknown() {
		id, err := h.identify(ctx, m, nil)
		if err != nil {
			h.unknownKey(m, err, diags)
			return false
		}
		m.ID = id
	}
	h.tell(m, diags)
	facts, err := h.shared.engine.Facts(ctx, m.ID.ValueString())
	if err != nil {
		summary, next := "Host cannot be reached", "check addresses, port, jump and the network, then apply again."
		var key *remote.HostKeyError
		var auth *remote.AuthError
		switch {
		case errors.As(err, &key):
			summary, next = "Another key answers", "compare the key with the host's /etc/ssh/ssh_host_*_key.pub; correct host_key, known_hosts or addresses."
		case errors.As(err, &auth):
			summary, next = "Login is refused", "check user, identity_files and the agent, and the host's authorized_keys."
		}
		diags.AddAttributeError(path.Root("addresses"), summary, err.Error()+"\n\nNext: "+next)
		return false
	}
	m.lookedAt()
	m.Facts, m.Status = factsValue(facts), types.StringValue(string(executor.Settled))
	return true
}

// factsValue makes the facts object. The boot's id is left out: it changes with every boot and says nothing of the machine.
func factsValue(f executor.Facts) types.Object {
	return types.ObjectValueMust(factsTypes(), map[string]attr.Value{
		"hostname": types.StringValue(f.Hostname), "machine_id": types.StringValue(f.Machine), "os": types.StringValue(f.OS), "arch": types.StringValue(f.Arch),
		"init": types.StringValue(f.Init), "network": types.StringValue(f.Network), "tools": stringMap(f.Tools),
	})
}
