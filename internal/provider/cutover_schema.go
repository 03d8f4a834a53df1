package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

func activeChoices() []choice {
	return []choice{{declare.Source, "the source serves"}, {declare.Target, "the target serves"}}
}

func lateMailChoices() []choice {
	return []choice{{"refuse", "a closed port or 4xx, never 5xx"}, {"relay", "the old side passes it on, for the product's domains only"}}
}

func cutoverDestroyChoices() []choice {
	return []choice{
		{"refuse", "destroying fails while a way back is open"},
		{"back_out", "service goes back to the source first"},
		{"forget", "everything stays as it is; the way back is given up"},
	}
}

func holdChoices() []choice {
	return []choice{{"freeze", "before the services stop"}, {"identity", "before the address moves"}, {"commit", "before the target serves"}}
}

// Schema implements resource.Resource.
func (*cutoverResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := cutoverWhat()
	for name, attribute := range cutoverHow() {
		attributes[name] = attribute
	}
	for name, attribute := range cutoverFound() {
		attributes[name] = attribute
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The move of a mail service from one host to another, as one transaction, and back. It is created with `active` as the side that serves; " +
			"changing `active` moves the service. Nothing forces replacement.",
		Attributes: withCommon(ctx, "`NAME,SOURCE,TARGET`", attributes),
	}
}

// cutoverWhat is what moves.
func cutoverWhat() map[string]schema.Attribute {
	active := enumeration("The side that shall serve", activeChoices(), "")
	active.Required, active.Optional = true, false
	list := func(description string, parts map[string]schema.Attribute) schema.ListNestedAttribute {
		return schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: nested(parts)},
		}
	}
	return map[string]schema.Attribute{
		"name":    requiredText("Names the cutover on the hosts. Stays the same while the target serves.", isName()),
		"source":  requiredText("Where the service is now. The `id` of a `mail_host`.", isHostID()),
		"target":  requiredText("Where it shall be. The `id` of a `mail_host`.", isHostID()),
		"active":  active,
		"product": optionalText("An entry of the catalogue: services, orders, ports, queue, volatile paths and what runs before the service opens come from it where they are left out.", isName()),
		"syncs":   list("Trees that travel: `mail_sync` resources.", syncAttributes()),
		"dumps":   list("Databases that travel: `mail_db_dump` resources.", dumpAttributes()),
		"files":   list("Configuration files that travel: `mail_file_set` resources.", fileSetAttributes()),
		"unwatched": schema.ListAttribute{
			Optional: true, ElementType: types.StringType, Validators: []validator.List{listvalidator.ValueStringsAre(isGlob())},
			MarkdownDescription: "Patterns of copied configuration files that may change on the target after the move, beside those that the product's entry names: any other change is drift, and is put back.",
		},
		"accounts": list("System accounts that travel: `mail_accounts` resources.", accountsAttributes()),
		"identity": schema.SingleNestedAttribute{
			Optional: true, Attributes: identityAttributes(), Validators: []validator.Object{identityRule{}},
			MarkdownDescription: "How the service's address or name moves. Left out: it does not.",
		},
		"checks": schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: "Probes at the service address that must succeed before the target serves, by name.",
			NestedObject: schema.NestedAttributeObject{Attributes: checkAttributes(), Validators: []validator.Object{checkRule{}}},
		},
		"jobs": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Commands that run on a host around the opening of the service.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"host":        optionalText("The `id` of a `mail_host`.", isHostID()),
				"command":     texts("An argument vector.", listvalidator.SizeAtLeast(1)),
				"before_open": schema.BoolAttribute{Optional: true, MarkdownDescription: "Run behind the fence, before the target serves. Default `false`: afterwards, online."},
			}},
		},
	}
}

// cutoverHow is how it moves.
func cutoverHow() map[string]schema.Attribute {
	placed := types.ObjectType{AttrTypes: placedTypes()}
	ranks := func(description string) schema.ListAttribute {
		return schema.ListAttribute{
			Optional: true, ElementType: types.ListType{ElemType: placed}, Validators: []validator.List{listvalidator.SizeAtLeast(1)},
			MarkdownDescription: description + " Ranks of `{ host, service }`, one after the other; a rank runs in parallel. Default: the product's.",
		}
	}
	return map[string]schema.Attribute{
		"stop_order":  ranks("The order in which services stop on the source."),
		"start_order": ranks("The order in which services start on the target."),
		"quiesce": schema.ListAttribute{
			Optional: true, ElementType: placed,
			MarkdownDescription: "Services elsewhere that are stopped while nothing serves, such as account creation.",
		},
		"late_mail": enumeration("What becomes of mail that still comes to the passive side", lateMailChoices(), "refuse"),
		"estimates": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "What is expected where nothing has been measured yet.",
			Attributes: map[string]schema.Attribute{"stop": duration("To stop all services."), "start": duration("To start all services.")},
		},
		"window":      windowAttribute(),
		"on_failure":  onFailureAttribute(),
		"hold_before": enumeration("A stage to wait at for `rescue continue`", holdChoices(), ""),
		"rehearse":    flag("Also start the target, fenced, on the copied data, check it at its own address and stop it again. The source is not touched.", false),
		"finalized":   flag("Give up the way back: before-images, access and the source's copy of the queue are cleaned up, and the source is not contacted any more.", false),
		"passwords_wo": schema.MapAttribute{
			Optional: true, WriteOnly: true, Sensitive: true, ElementType: types.StringType,
			MarkdownDescription: "Passwords of databases, by database, and of the mailboxes that checks log in to, by mailbox. Write-only: they are in no state, plan, log or process list.",
			Validators:          []validator.Map{mapvalidator.AlsoRequires(path.MatchRoot("passwords_wo_version"))},
		},
		"passwords_wo_version": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Raise it when a password changes.", Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
		"on_destroy": enumeration("What destroying the resource does; read from the state, so set it, apply, then destroy", cutoverDestroyChoices(), "refuse"),
	}
}

// cutoverFound is what comes out of it.
func cutoverFound() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"predicted_outage": computedText("The outage that the planned move is expected to cost, as a duration. From measured passes and declared estimates."),
		"outage":           computedText("The outage that the last move cost, as a duration."),
		"ledger": schema.MapAttribute{
			Computed: true, ElementType: types.StringType, MarkdownDescription: "The account of every message in the last move: accepted, copied, found.",
		},
		"reversible":     computedText("Until when, and at what loss, service can go back to the source."),
		"active_address": computedText("The address at which the serving side is reached: for DNS records and load balancers that other resources manage."),
		"digest":         computedText("SHA-256 over the operations of the last planned procedure, their parameters, hosts and order."),
	}
}
