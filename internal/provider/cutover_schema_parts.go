package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func identityChoices() []choice {
	return []choice{
		{"take_over", "the target takes the source's addresses"},
		{"exchange", "both exchange addresses and host names"},
		{"dns", "records change by RFC 2136"},
		{"command", "commands move a load balancer or floating address"},
		{"none", "nothing moves here"},
	}
}

func failureChoices() []choice {
	return []choice{{"back_out", "everything is undone and the source serves again"}, {"halt", "it stops where it is, until the next apply or, at their deadlines, the armed timers take it back"}}
}

func carryBackChoices() []choice {
	return []choice{
		{"exact", "trees, databases and queue as they are"}, {"messages", "new messages with flags and dates"}, {"none", "nothing"},
	}
}

func placedTypes() map[string]attr.Type {
	return map[string]attr.Type{"host": types.StringType, "service": types.StringType}
}

func identityAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"mode":         enumeration("How", identityChoices(), ""),
		"addresses":    texts("The addresses that move, with their prefix length.", each(isCIDR())),
		"park_address": optionalText("What the source keeps or gets instead, with its prefix length.", isCIDR()),
		"hostnames":    textMap("Host names for `exchange`: `old` and `new`."),
		"rewrite_in":   texts("Files in which names and addresses are replaced.", each(isAbsolutePath())),
		"dns": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Records for `dns`.",
			Attributes: map[string]schema.Attribute{
				"server": optionalText("The primary name server."),
				"zone":   optionalText("The zone."),
				"records": schema.ListNestedAttribute{
					Optional: true, MarkdownDescription: "What the records shall be.",
					NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
						"name": optionalText("Name within the zone."), "type": optionalText("Type, such as `A`."), "value": optionalText("Value."),
						"ttl": schema.Int64Attribute{Optional: true, MarkdownDescription: "Seconds.", Validators: []validator.Int64{int64validator.AtLeast(0)}},
					}},
				},
				"tsig_name": optionalText("Name of the TSIG key."),
				"tsig_secret_wo": schema.StringAttribute{
					Optional: true, WriteOnly: true, Sensitive: true, MarkdownDescription: "The TSIG key. Write-only.",
					Validators: []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("tsig_name"))},
				},
			},
		},
		"command": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Argument vectors for `command`.",
			Attributes: map[string]schema.Attribute{"do": texts("Moves it."), "undo": texts("Moves it back."), "probe": texts("Exits 0 when it has moved.")},
		},
	}
}

func checkAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"kind":    optionalText("What is probed: "+checkKinds()+".", stringvalidator.OneOf(checkKindNames()...)),
		"address": optionalText("Where, as `host:port`; for `http` a URL is allowed too."),
		"from":    optionalText("From which host, the `id` of a `mail_host`; it needs `nft`, and root or `become`. Default: the machine that runs Terraform.", isHostID()),
		"expect":  optionalText("What the answer must be: a text in the banner, a recipient, `200 text`, `NAME TYPE VALUE`; for `deliver` a mailbox; for `imap`, `pop3`, `apop` and `submit` a mailbox to log in to. Passwords of mailboxes come from `passwords_wo`."),
		"timeout": duration("Bounds the whole probe. Default `10s`."),
		"refused": schema.BoolAttribute{Optional: true, MarkdownDescription: "Invert: good only where the service refuses."},
		"command": texts("The argument vector of kind `command`."),
	}
}

func windowAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "Bounds a move in time.",
		Attributes: map[string]schema.Attribute{
			"not_before":     optionalText("Nothing stops earlier (RFC 3339).", isTime()),
			"not_after":      optionalText("Nothing stops that could not be back by then (RFC 3339).", isTime()),
			"outage_budget":  duration("Longest outage. A move that would exceed it is backed out."),
			"confirm_within": duration("How long a host waits for the commit before it reverts by itself. Default `15m`."),
			"drain":          duration("How long running transactions and the local queue may take. Default `10s`."),
		},
	}
}

func onFailureAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "What a failure does, and what a way back carries.",
		Attributes: map[string]schema.Attribute{
			"action":     enumeration("Before the commit", failureChoices(), ""),
			"carry_back": enumeration("After it, what goes back to the source", carryBackChoices(), ""),
		},
	}
}
