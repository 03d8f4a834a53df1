package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/nameserver"
)

func identityChoices() []choice {
	return []choice{
		{declare.TakeOver, "the target takes the source's addresses"},
		{declare.Exchange, "the two hosts exchange addresses and host names"},
		{declare.DNS, "records change by RFC 2136"},
		{declare.Command, "commands move a load balancer or floating address"},
		{declare.None, "nothing moves here"},
	}
}

// identityUse says which attributes a mode has a use for: true, if it cannot do without.
func identityUse(mode string) map[string]bool {
	switch mode {
	case declare.TakeOver:
		return map[string]bool{"addresses": true, "park_address": false, "rewrite_in": false}
	case declare.Exchange:
		return map[string]bool{"addresses": true, "park_address": true, "hostnames": true, "rewrite_in": false}
	case declare.DNS:
		return map[string]bool{"dns": true}
	case declare.Command:
		return map[string]bool{"command": true}
	}
	return nil
}

// identityModel is mail_cutover.identity.
type identityModel struct {
	Mode        types.String `tfsdk:"mode"`
	Addresses   types.List   `tfsdk:"addresses"`
	ParkAddress types.String `tfsdk:"park_address"`
	Hostnames   types.Object `tfsdk:"hostnames"`
	RewriteIn   types.List   `tfsdk:"rewrite_in"`
	DNS         types.Object `tfsdk:"dns"`
	Command     types.Object `tfsdk:"command"`
}

type hostnamesModel struct {
	Old types.String `tfsdk:"old"`
	New types.String `tfsdk:"new"`
}

type dnsModel struct {
	Server      types.String `tfsdk:"server"`
	Zone        types.String `tfsdk:"zone"`
	Records     types.List   `tfsdk:"records"`
	TSIGName    types.String `tfsdk:"tsig_name"`
	TSIGSecret  types.String `tfsdk:"tsig_secret_wo"`
	TSIGVersion types.Int64  `tfsdk:"tsig_secret_wo_version"`
}

type recordModel struct {
	Name  types.String `tfsdk:"name"`
	Type  types.String `tfsdk:"type"`
	Value types.String `tfsdk:"value"`
	TTL   types.Int64  `tfsdk:"ttl"`
}

type switchModel struct {
	Do    types.List `tfsdk:"do"`
	Undo  types.List `tfsdk:"undo"`
	Probe types.List `tfsdk:"probe"`
}

func identityAttributes() map[string]schema.Attribute {
	command := func(description string) schema.ListAttribute {
		a := texts(description, listvalidator.SizeAtLeast(1))
		a.Required, a.Optional = true, false
		return a
	}
	return map[string]schema.Attribute{
		"mode": enumeration("How", identityChoices(), ""),
		"addresses": texts("The service's addresses, with their prefix length: the source has them, and the target gets them. For `take_over` and `exchange`.",
			listvalidator.SizeAtLeast(1), each(isCIDR())),
		"park_address": optionalText("With its prefix length: for `take_over` what the source keeps or gets instead, for `exchange` (required) the address that the target gives up and the source gets.", isCIDR()),
		"hostnames": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "The host names that `exchange` exchanges, as the hosts have them before the move.",
			Attributes: map[string]schema.Attribute{
				"old": requiredText("The source's.", isHostname()),
				"new": requiredText("The target's.", isHostname()),
			},
		},
		"rewrite_in": texts("Files in which names and addresses are replaced, as globs. For `take_over` and `exchange`.", each(isGlob())),
		"dns": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Records, for `dns`.",
			Attributes: map[string]schema.Attribute{
				"server": requiredText("The zone's primary name server, as an address or a name, with `:port` where that is not 53. It is reached from the machine that runs Terraform."),
				"zone":   requiredText("The zone, which takes updates by RFC 2136."),
				"records": schema.ListNestedAttribute{
					Required: true, MarkdownDescription: "What the records shall be while the target serves. They change after the commit; on the way back they become again what was found before. All records of a name and type are replaced.", Validators: []validator.List{listvalidator.SizeAtLeast(1)},
					NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
						"name": requiredText("Name within the zone; `@` is the zone itself."), "type": requiredText("Type, such as `A`."),
						"value": requiredText("Value, as in a zone file: host names within it with a dot at their end."),
						"ttl": schema.Int64Attribute{
							Optional: true, Validators: []validator.Int64{int64validator.AtLeast(1)},
							MarkdownDescription: "Seconds, from before the move until `finalized`, which puts the TTL that was found back. A record with a higher one gets this one first, and nothing " +
								"is stopped before the higher one has run out: within an hour the apply waits for that, else it says when to apply again. Default: the TTL that is found.",
						},
					}},
				},
				"tsig_name": requiredText("Name of the TSIG key, which is of the kind `hmac-sha256`."),
				"tsig_secret_wo": schema.StringAttribute{
					Optional: true, WriteOnly: true, Sensitive: true,
					MarkdownDescription: "The TSIG key, in base64. Write-only: it is in no state, plan, log or process list, and on no host. `rescue`, and destroying with `on_destroy = \"back_out\"`, " +
						"take it from `" + executor.PasswordsVariable + "`, a JSON object, by the key's name.",
				},
				"tsig_secret_wo_version": schema.Int64Attribute{
					Optional: true, MarkdownDescription: "Raise it when the TSIG key changes.", Validators: []validator.Int64{int64validator.AtLeast(0)},
				},
			},
		},
		"command": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "Argument vectors, for `command`. They run on the target, as the user of its `mail_host`, on the way back too, and as part of what its timer takes back: " +
				"before the checks, while neither side serves. Each ends within two minutes, `probe` within 30 seconds.",
			Attributes: map[string]schema.Attribute{
				"do": command("Moves the service to the target."), "undo": command("Moves it back."), "probe": command("Exits 0 when it is with the target; else with another code below 124. It is asked before and after, and by every refresh."),
			},
		},
	}
}

// identity reads how the service's name or address moves.
func (r *reader) identity(value types.Object) declare.Identity {
	model := object[identityModel](r, "identity", value)
	names := object[hostnamesModel](r, "identity.hostnames", model.Hostnames)
	identity := declare.Identity{
		Mode: orText(model.Mode, declare.None), Addresses: r.texts("identity.addresses", model.Addresses), ParkAddress: model.ParkAddress.ValueString(),
		Hostnames: declare.Hostnames{Old: names.Old.ValueString(), New: names.New.ValueString()}, RewriteIn: r.texts("identity.rewrite_in", model.RewriteIn),
	}
	if !model.DNS.IsNull() {
		dns := object[dnsModel](r, "identity.dns", model.DNS)
		identity.DNS = &declare.DNSUpdate{Server: dns.Server.ValueString(), Zone: dns.Zone.ValueString(), TSIGName: dns.TSIGName.ValueString()}
		for _, record := range objects[recordModel](r, "identity.dns.records", dns.Records) {
			identity.DNS.Records = append(identity.DNS.Records, declare.Record{
				Name: record.Name.ValueString(), Type: record.Type.ValueString(), Value: record.Value.ValueString(), TTL: orInt(record.TTL, 0),
			})
		}
	}
	if !model.Command.IsNull() {
		command := object[switchModel](r, "identity.command", model.Command)
		identity.Command = &declare.Switch{
			Do: r.texts("identity.command.do", command.Do), Undo: r.texts("identity.command.undo", command.Undo), Probe: r.texts("identity.command.probe", command.Probe),
		}
	}
	return identity
}

// identityRule validates that a mode has what it cannot do without. What it has no use for is refused by the plan: see guardIdentity.
type identityRule struct{}

func (identityRule) Description(context.Context) string { return "must have what its mode needs" }
func (identityRule) MarkdownDescription(context.Context) string {
	return "must have what its mode needs"
}

func (identityRule) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	var model identityModel
	resp.Diagnostics.Append(req.ConfigValue.As(ctx, &model, basetypes.ObjectAsOptions{})...)
	if resp.Diagnostics.HasError() || model.Mode.IsUnknown() {
		return
	}
	mode, attributes := orText(model.Mode, declare.None), req.ConfigValue.Attributes()
	model.validRecords(req.Path, &resp.Diagnostics)
	for name, needed := range identityUse(mode) {
		if needed && attributes[name].IsNull() {
			at := req.Path.AtName(name)
			resp.Diagnostics.AddAttributeError(at, "Missing in identity", fmt.Sprintf("%s: mode %q needs it.", at, mode))
		}
	}
	names := object[hostnamesModel](&reader{}, "hostnames", model.Hostnames)
	if !names.Old.IsNull() && !names.Old.IsUnknown() && names.Old.Equal(names.New) {
		at := req.Path.AtName("hostnames")
		resp.Diagnostics.AddAttributeError(at, "The same host name twice", fmt.Sprintf("%s: old and new are both %q.", at, names.Old.ValueString()))
	}
}

// validRecords sees that each record is one.
func (m identityModel) validRecords(at path.Path, diags *diag.Diagnostics) {
	var read reader
	dns := object[dnsModel](&read, "dns", m.DNS)
	if m.DNS.IsNull() || m.DNS.IsUnknown() || dns.Records.IsUnknown() {
		return
	}
	for i, record := range objects[recordModel](&read, "records", dns.Records) {
		if dns.Zone.IsUnknown() || record.Name.IsUnknown() || record.Type.IsUnknown() || record.Value.IsUnknown() {
			continue
		}
		update := declare.DNSUpdate{Zone: dns.Zone.ValueString()}
		set := nameserver.Set{Name: update.Absolute(record.Name.ValueString()), Type: record.Type.ValueString(), Values: []string{record.Value.ValueString()}}
		if _, err := set.Normal(); err != nil {
			diags.AddAttributeError(at.AtName("dns").AtName("records").AtListIndex(i), "Not a record", err.Error()+".")
		}
	}
}

// guardIdentity refuses what the mode has no use for: nothing declared is passed over in silence.
func (m *cutoverModel) guardIdentity(diags *diag.Diagnostics) {
	if m.Identity.IsNull() || m.Identity.IsUnknown() {
		return
	}
	var read reader
	mode := orText(object[identityModel](&read, "identity", m.Identity).Mode, declare.None)
	use, attributes := identityUse(mode), m.Identity.Attributes()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if _, used := use[name]; used || name == "mode" || attributes[name].IsNull() {
			continue
		}
		diags.AddAttributeError(path.Root("identity").AtName(name), "Not of this mode",
			fmt.Sprintf("identity.%s has no meaning with mode %q; it is for %s. Leave it out (null), or choose another mode.", name, mode, strings.Join(modesWith(name), " and ")))
	}
}

// modesWith lists the modes that have a use for an attribute.
func modesWith(name string) []string {
	var modes []string
	for _, c := range identityChoices() {
		if _, used := identityUse(c.value)[name]; used {
			modes = append(modes, c.value)
		}
	}
	return modes
}
