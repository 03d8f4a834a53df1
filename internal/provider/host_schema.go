package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// hostModel is mail_host.
type hostModel struct {
	ID        types.String   `tfsdk:"id"`
	Addresses types.List     `tfsdk:"addresses"`
	Port      types.Int64    `tfsdk:"port"`
	User      types.String   `tfsdk:"user"`
	HostKey   types.String   `tfsdk:"host_key"`
	Jump      types.String   `tfsdk:"jump"`
	Become    types.String   `tfsdk:"become"`
	Facts     types.Object   `tfsdk:"facts"`
	Status    types.String   `tfsdk:"status"`
	Runbook   types.List     `tfsdk:"runbook"`
	Drift     types.List     `tfsdk:"drift"`
	LastRun   types.Object   `tfsdk:"last_run"`
	Timeouts  timeouts.Value `tfsdk:"timeouts"`
}

// lookedAt sets what a host has because every resource has it: nothing is ever run on it by itself. drift are sentences about it.
func (m *hostModel) lookedAt(drift ...string) {
	m.Runbook, m.Drift, m.LastRun = textList(nil), textList(drift), types.ObjectNull(lastRunTypes())
}

func becomeChoices() []choice {
	return []choice{{"none", "the user may do everything by itself"}, {"sudo", "commands run through sudo, without a password"}}
}

// Schema implements resource.Resource.
func (*hostResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	addresses := texts("Addresses or names, tried in turn until one presents the host's key. They may change without changing the host.",
		listvalidator.SizeAtLeast(1), each(isAddress()), listvalidator.UniqueValues())
	addresses.Required, addresses.Optional = true, false
	resp.Schema = schema.Schema{
		MarkdownDescription: "A machine reached by SSH. A host is its host key: `id` names the key, not the address, and is known when planning. " +
			"Creating it connects, checks the key and gathers facts; destroying it forgets it. Nothing on the host is changed.",
		Attributes: map[string]schema.Attribute{
			"addresses": addresses,
			"port":      number("TCP port of the SSH server.", 22, int64validator.Between(1, 65535)),
			"user":      optionalText("Whom to log in as. Default: the provider's `user`.", isName()),
			"host_key":  optionalText("The host's public key as in `authorized_keys`. Left out, it is looked up in `known_hosts`; one of the two must know it.", isHostKey()),
			"jump":      optionalText("Jump hosts, `ssh://user@host:port`, divided by commas, nearest first. Their keys must be in `known_hosts`.", isJump()),
			"become":    enumeration("How to become root", becomeChoices(), "none"),
			"id":        computedText("SHA-256 fingerprint of the host's key, `SHA256:…`. Also what to import by, if `known_hosts` names the host; else import by address."),
			"facts": schema.ObjectAttribute{
				Computed: true, AttributeTypes: factsTypes(),
				MarkdownDescription: "What the host says of itself: host name, machine id, system, architecture, init system, network configuration and versions of tools.",
			},
			"status": computedText("`settled`, or `drifted` where another machine or another key answers."),
			"runbook": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Always empty: a host is only looked at.",
			},
			"drift": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "What was found that is not as it was, one sentence each: another machine, another key.",
			},
			"last_run": schema.ObjectAttribute{
				Computed: true, AttributeTypes: lastRunTypes(),
				MarkdownDescription: "Always null, with the type that it has in other resources: a host is only looked at.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true,
				CreateDescription: "How long connecting may take. Default `5m`.",
				ReadDescription:   "How long a refresh may take. Default `5m`.",
				UpdateDescription: "How long connecting may take. Default `5m`.",
			}),
		},
	}
}

// factsTypes is the type of mail_host.facts.
func factsTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"hostname": types.StringType, "machine_id": types.StringType, "os": types.StringType, "arch": types.StringType,
		"init": types.StringType, "network": types.StringType, "tools": types.MapType{ElemType: types.StringType},
	}
}

func isHostKey() validator.String {
	return textRule{"a public key", func(text string) error { return parseHostKey(text) }}
}
