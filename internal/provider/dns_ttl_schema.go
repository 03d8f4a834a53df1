package provider

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// dnsTTLModel is mail_dns_ttl.
type dnsTTLModel struct {
	common
	Host      types.String `tfsdk:"host"`
	ZoneFiles types.Map    `tfsdk:"zone_files"`
	TTL       types.Int64  `tfsdk:"ttl"`
	Reload    types.String `tfsdk:"reload"`

	EffectiveAt types.String `tfsdk:"effective_at"`
	Previous    types.Map    `tfsdk:"previous"`

	differs []string // what a server that nothing on its host can ask answers otherwise; found in find
}

const (
	defaultNameServer = "named"
	longestTTL        = 1<<31 - 1 // RFC 2181, section 8
)

func isZone() textRule {
	form := regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_/-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_/-]*[A-Za-z0-9_])?)*\.?$`)
	return textRule{"the name of a zone", func(text string) error {
		if !form.MatchString(text) || len(text) > 254 {
			return fmt.Errorf("write it as the name server's configuration does, such as example.org or 2.0.192.in-addr.arpa")
		}
		return nil
	}}
}

// Schema implements resource.Resource.
func (*dnsTTLResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	zones := textMap("The zones, each with its file on the host, zone => file: the one with the SOA record. Changing it puts the zones back first.",
		mapvalidator.SizeAtLeast(1), mapvalidator.KeysAre(isZone()), mapvalidator.ValueStringsAre(isAbsolutePath()))
	zones.Required, zones.Optional = true, false
	zones.PlanModifiers = []planmodifier.Map{mapplanmodifier.RequiresReplace()}
	reload := optionalText("The name server's service, which is reloaded where `rndc reload ZONE` does not work. Default `"+defaultNameServer+"`.", isName())
	reload.Computed, reload.Default = true, stringdefault.StaticString(defaultNameServer)
	resp.Schema = schema.Schema{
		MarkdownDescription: "The TTL of zones on a host with BIND, lowered before names move. Every `$TTL` in a zone's file is set; comments and layout stay. " +
			"The SOA serial goes up by RFC 1982, by the host's date where it is one by date (`YYYYMMDDnn`), and past the one that is served. The new file is put in place once `named-checkzone` takes it, " +
			"the zone is loaded, and what the server answers (serial and TTL of the SOA record) must be what the file says; else the file is what it was.\n\n" +
			"A file without `$TTL` gets one above its first record. Units (`1h30m`) are read, and come back as they were written when the resource is destroyed; a `$TTL` that says the same in other units is left alone. " +
			"Records with a TTL of their own keep it: `last_run` counts them (`own`), and `$TTL` does not govern them. A zone that takes dynamic updates is frozen with `rndc` for the moment of the change, and only what its first `$TTL` says is changed: " +
			"BIND writes one before each record that has another TTL. Of a zone that BIND signs inline " +
			"the serial that is served may be ahead of the file's. `$INCLUDE`d files are not changed.\n\n" +
			"Destroying puts back what each `$TTL` said, with a serial that is higher again; one that was changed by hand in the meantime stays.",
		Attributes: withCommon(ctx, "`HOST,ZONE=>FILE,…`", map[string]schema.Attribute{
			"host":       hostRef("Where the name server is."),
			"zone_files": zones,
			"ttl": schema.Int64Attribute{
				Required: true, MarkdownDescription: "Seconds.", Validators: []validator.Int64{int64validator.Between(0, longestTTL)},
			},
			"reload": reload,
			"effective_at": computedText("When the TTL that was served before has run out in every cache that asked this server (RFC 3339, by the host's clock): from then on the declared one is in effect. " +
				"Known after the apply. Other name servers of a zone that fetch it late serve the old TTL longer."),
			"previous": schema.MapAttribute{
				Computed: true, ElementType: types.Int64Type,
				MarkdownDescription: "What destroying goes back to, in seconds, by zone: the longest `$TTL` that the file had; where it had none, the SOA record's last field, which BIND takes then.",
			},
		}),
	}
}
