package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

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
