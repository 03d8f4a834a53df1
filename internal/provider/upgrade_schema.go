package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// upgradeModel is mail_upgrade.
type upgradeModel struct {
	common
	Name      types.String `tfsdk:"name"`
	Product   types.String `tfsdk:"product"`
	Version   types.String `tfsdk:"version"`
	Hosts     types.Map    `tfsdk:"hosts"`
	Hops      types.List   `tfsdk:"hops"`
	Quiesce   types.List   `tfsdk:"quiesce"`
	Backup    types.Object `tfsdk:"backup"`
	Storage   types.Object `tfsdk:"storage"`
	SwitchTo  types.String `tfsdk:"switch_to"`
	Jobs      types.List   `tfsdk:"jobs"`
	Checks    types.Map    `tfsdk:"checks"`
	Estimates types.Object `tfsdk:"estimates"`
	Window    types.Object `tfsdk:"window"`
	OnFailure types.Object `tfsdk:"on_failure"`
	OnDestroy types.String `tfsdk:"on_destroy"`

	ActiveHosts     types.List   `tfsdk:"active_hosts"`
	PredictedOutage types.String `tfsdk:"predicted_outage"`
	Outage          types.String `tfsdk:"outage"`
	Reversible      types.String `tfsdk:"reversible"`
	Digest          types.String `tfsdk:"digest"`
}

type upgradeHostModel struct {
	ID       types.String `tfsdk:"id"`
	Role     types.String `tfsdk:"role"`
	Active   types.Bool   `tfsdk:"active"`
	Strategy types.String `tfsdk:"strategy"`
}

type hopBackupModel struct {
	Paths     types.List   `tfsdk:"paths"`
	Directory types.String `tfsdk:"directory"`
}

type storageModel struct {
	Device       types.String `tfsdk:"device"`
	Path         types.String `tfsdk:"path"`
	PreviousPath types.String `tfsdk:"previous_path"`
	Copy         types.List   `tfsdk:"copy"`
	Type         types.String `tfsdk:"type"`
	Options      types.List   `tfsdk:"options"`
	Hosts        types.List   `tfsdk:"hosts"`
}

type upgradeEstimatesModel struct {
	Quiesce  types.String `tfsdk:"quiesce"`
	Stop     types.String `tfsdk:"stop"`
	Backup   types.String `tfsdk:"backup"`
	Mount    types.String `tfsdk:"mount"`
	Copy     types.String `tfsdk:"copy"`
	Install  types.String `tfsdk:"install"`
	Start    types.String `tfsdk:"start"`
	Recover  types.String `tfsdk:"recover"`
	Switch   types.String `tfsdk:"switch"`
	Validate types.String `tfsdk:"validate"`
	Jobs     types.String `tfsdk:"jobs"`
	Verify   types.String `tfsdk:"verify"`
}

type upgradeWindowModel struct {
	NotBefore    types.String `tfsdk:"not_before"`
	NotAfter     types.String `tfsdk:"not_after"`
	OutageBudget types.String `tfsdk:"outage_budget"`
}

type upgradeFailureModel struct {
	Action types.String `tfsdk:"action"`
}

func strategyChoices() []choice {
	return []choice{
		{declare.InPlace, "the new version takes the place of the old one on the same host"},
		{declare.SideBySide, "it is installed beside the old one; not in this version of the provider"},
		{declare.Coexistent, "another host takes over user by user; not in this version of the provider, but see `mail_cutover`"},
	}
}

func upgradeFailureChoices() []choice {
	return []choice{
		{"back_out", "the hop is taken back: the version before it is installed again, its backup restored, its services started"},
		{"halt", "it stops where it is, and the next apply goes on from there"},
	}
}

func upgradeDestroyChoices() []choice {
	return []choice{
		{"refuse", "destroying fails while an upgrade is not brought to its end"},
		{"back_out", "the hop that is not brought to its end is taken back first"},
		{"forget", "everything stays as it is"},
	}
}

// Schema implements resource.Resource.
func (*upgradeResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := upgradeWhat()
	for name, attribute := range upgradeHow() {
		attributes[name] = attribute
	}
	for name, attribute := range map[string]schema.Attribute{
		"active_hosts":     schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the hosts whose services run: those declared as active, and after an upgrade the one of `switch_to` in place of the one before it."},
		"predicted_outage": computedText("The outage that the planned upgrade is expected to cost, as a duration."),
		"outage":           computedText("The outage that the last upgrade cost, as a duration."),
		"reversible":       computedText("Until when, and at what loss, the version before can serve again."),
		"digest":           computedText("SHA-256 over the operations of the last planned procedure, their parameters, hosts and order."),
	} {
		attributes[name] = attribute
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The upgrade of a mail system on one or more hosts, version by version. It is created with `version` as the one that is found; changing `version` upgrades. " +
			"Each hop is: stop, backup, install, start, proof. A hop that fails is taken back by itself, hops before it stay.",
		Attributes: withCommon(ctx, "`NAME`", attributes),
	}
}

// upgradeWhat is what is upgraded.
func upgradeWhat() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":    requiredText("Names the upgrade on the hosts.", isName()),
		"product": requiredText("An entry of the catalogue: versions, their commands and rules, services and their order.", isName()),
		"version": requiredText("The version that shall serve. At creation the one that is found."),
		"hosts": schema.MapNestedAttribute{
			Required: true, MarkdownDescription: "The hosts, by name.", Validators: []validator.Map{mapvalidator.SizeAtLeast(1), mapvalidator.KeysAre(isName())},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":       requiredText("The `id` of a `mail_host`.", isHostID()),
				"role":     requiredText("Its role in the product, such as `config` or `mta`: which services it has, and when they stop and start."),
				"active":   schema.BoolAttribute{Optional: true, MarkdownDescription: "Its services run. Others stand by: they are upgraded, and not started. Default `true`."},
				"strategy": enumeration("How it is upgraded; the catalogue says what a version allows", strategyChoices(), ""),
			}},
		},
		"hops":    texts("The versions in turn, the last one too. Default: the shortest path that the catalogue knows.", listvalidator.UniqueValues()),
		"quiesce": schema.ListAttribute{Optional: true, ElementType: types.ObjectType{AttrTypes: placedTypes()}, MarkdownDescription: "Services elsewhere that stop first, one after the other, and start again once clients are served."},
		"backup": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "The backup before each hop, to which a hop that fails goes back: on each active host, and once of what all share.",
			Attributes: map[string]schema.Attribute{
				"paths":     schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "Files and trees, as absolute paths.", Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), each(isPlainPath())}},
				"directory": optionalText("Where the backups are, on each host itself: a directory of its own, not below one of `paths`. Default `"+defaultBackupDirectory+"`.", isPlainPath()),
			},
		},
		"storage": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Another file system for the product's data, before the first hop.",
			Attributes: map[string]schema.Attribute{
				"device":        requiredText("What is mounted: a block device, `UUID=…`, an NFS export; with `options = [\"bind\"]` a folder.", isOneLine()),
				"path":          requiredText("Where the product expects its data, and something is mounted now.", isPlainPath()),
				"previous_path": requiredText("Where that is mounted from then on.", isPlainPath()),
				"copy":          texts("What is copied to the new file system, below `path`."),
				"type":          optionalText("Type of the file system. Default `auto`.", isOneLine()),
				"options":       texts("Mount options."),
				"hosts":         texts("Names of the hosts that mount it. Default: all."),
			},
		},
		"switch_to": optionalText("Name of a host that stands by and becomes the active one after the last hop."),
		"jobs": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Commands that run on a host after the last hop. They run detached, and go on whatever becomes of Terraform.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"host":        requiredText("The `id` of a `mail_host`.", isHostID()),
				"command":     schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "An argument vector.", Validators: []validator.List{listvalidator.SizeAtLeast(1)}},
				"before_open": schema.BoolAttribute{Optional: true, MarkdownDescription: "Run before clients are let in. Default `false`: afterwards, online."},
			}},
		},
		"checks": schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: "Probes that prove each hop, beside the product's own proof, by name.",
			NestedObject: schema.NestedAttributeObject{Attributes: checkAttributes(), Validators: []validator.Object{checkRule{}}},
		},
	}
}

// upgradeHow is how it is upgraded.
func upgradeHow() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"estimates": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "How long each step is expected to take, over all hosts. Where `window` bounds the time, all that the procedure needs must be there.",
			Attributes: map[string]schema.Attribute{
				"quiesce": duration("To stop one service of `quiesce`."), "stop": duration("To stop all services."), "backup": duration("To take the backups."),
				"mount": duration("To mount once."), "copy": duration("To copy the storage."), "install": duration("To install one version on all hosts."),
				"start": duration("To start all services and prove the version."), "recover": duration("To take one hop back."),
				"switch": duration("To switch to the host that stands by."), "validate": duration("To prove the service after the switch."),
				"jobs": duration("For all jobs."), "verify": duration("For the last look."),
			},
		},
		"window": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Bounds an upgrade in time.",
			Attributes: map[string]schema.Attribute{
				"not_before":    optionalText("Nothing stops earlier (RFC 3339).", isTime()),
				"not_after":     optionalText("Nothing stops that could not be back by then (RFC 3339).", isTime()),
				"outage_budget": duration("Longest outage. An upgrade that would exceed it is taken back."),
			},
		},
		"on_failure": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "What a failure does.",
			Attributes: map[string]schema.Attribute{"action": enumeration("Before clients are let in", upgradeFailureChoices(), "")},
		},
		"on_destroy": enumeration("What destroying the resource does; read from the state, so set it, apply, then destroy", upgradeDestroyChoices(), "refuse"),
	}
}
