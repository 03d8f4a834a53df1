package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Read implements resource.Resource. A host that does not answer keeps its state; another key or another machine is drift.
func (h *hostResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state hostModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel, diags := withTimeout(ctx, state.Timeouts.Read, hostTimeout)
	defer cancel()
	resp.Diagnostics.Append(diags...)
	h.tell(&state, &resp.Diagnostics)
	if state.Runbook.IsNull() { // of an import, or of a version that had none
		state.lookedAt()
	}
	facts, err := h.shared.engine.Facts(ctx, state.ID.ValueString())
	var key *remote.HostKeyError
	switch {
	case errors.As(err, &key):
		state.Status = types.StringValue(string(executor.Drifted))
		state.lookedAt("Another key answers: " + err.Error())
		resp.Diagnostics.AddWarning("Another key answers", err.Error())
		keep(ctx, resp.Private, keyProblem, err.Error(), &resp.Diagnostics)
	case err != nil:
		h.shared.unreachable(err, []string{state.ID.ValueString()}, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		return
	default:
		now := factsValue(facts)
		was, old := machine(state.Facts), machine(now)
		if was != "" && was != old {
			state.Status = types.StringValue(string(executor.Drifted))
			found := fmt.Sprintf("%s: the machine id was %s and is %s.", h.shared.book.name(state.ID.ValueString()), was, old)
			state.lookedAt("Another machine answers with the same key: " + found)
			resp.Diagnostics.AddWarning("Another machine answers with the same key", found+" If the machine was installed anew, applying takes that over.")
		} else if state.Status.ValueString() != string(executor.Drifted) || recall[string](ctx, req.Private, keyProblem, &resp.Diagnostics) != "" || state.Status.IsNull() {
			state.Status = types.StringValue(string(executor.Settled))
			state.lookedAt()
		}
		state.Facts = now
		keep(ctx, resp.Private, keyProblem, "", &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// machine is the machine id in facts; empty where there is none.
func machine(facts types.Object) string {
	if facts.IsNull() || facts.IsUnknown() {
		return ""
	}
	id, ok := facts.Attributes()["machine_id"].(types.String)
	if !ok {
		return ""
	}
	return id.ValueString()
}

// Delete implements resource.Resource: a host is forgotten, nothing on it is changed.
func (*hostResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState implements resource.ResourceWithImportState: by the fingerprint of the key, or by an address; known_hosts must know it.
func (h *hostResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	endpoint := remote.Endpoint{Addresses: []string{req.ID}}
	if isHostID().check(req.ID) == nil {
		found, err := h.shared.book.find([]string{req.ID}, nil)
		if err != nil {
			resp.Diagnostics.AddError("Import id cannot be used", err.Error())
			return
		}
		endpoint = found[0]
	} else {
		if err := isAddress().check(req.ID); err != nil {
			resp.Diagnostics.AddError("Import id cannot be used", fmt.Sprintf("%q is neither the fingerprint of a key, SHA256:…, nor an address: %s.", req.ID, err))
			return
		}
		id, _, err := remote.ResolveID(h.shared.remote, endpoint)
		if err != nil {
			resp.Diagnostics.AddError("Host key is not known", err.Error())
			return
		}
		endpoint.ID = id
	}
	resp.Diagnostics.Append(setDefaults(ctx, &resp.State)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), endpoint.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("addresses"), textList(endpoint.Addresses))...)
	if endpoint.Port != 0 {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("port"), int64(endpoint.Port))...)
	}
	for name, value := range map[string]string{"user": endpoint.User, "jump": endpoint.Jump, "become": endpoint.Become} {
		if value != "" {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
		}
	}
}

// parseHostKey reports why a text is no public key.
func parseHostKey(text string) error {
	_, _, err := remote.ResolveID(remote.Config{KnownHostsFiles: []string{"/dev/null"}}, remote.Endpoint{Addresses: []string{"host"}, HostKey: text})
	if err != nil {
		return fmt.Errorf("write it as in authorized_keys, ssh-ed25519 AAAA…, as the host's /etc/ssh/ssh_host_ed25519_key.pub has it")
	}
	return nil
}
