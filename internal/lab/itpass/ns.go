package itpass

import (
	"context"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// ZoneFile is where the university's name server keeps the zone.
const ZoneFile = "/var/lib/bind/db." + Domain

func zone() string {
	return `$TTL 300
@ IN SOA ns root.ns ( 2009102301 3600 900 604800 300 )
@           IN NS ns
ns          IN A ` + NSAddress + `
ika-itpass  IN A ` + ServiceAddress + `
tako-itpass IN A ` + OtherAddress + `
old-itpass  IN A ` + ServiceAddress + `
new-itpass  IN A ` + OtherAddress + `
itpass      IN A ` + ServiceAddress + `
itpass      IN MX 10 itpass
epa         IN CNAME itpass
aoe         IN CNAME itpass
cps         IN CNAME itpass
`
}

func outsideZone() string {
	return `$TTL 300
@ IN SOA ns.` + Domain + `. root ( 1 3600 900 604800 300 )
@      IN NS ns.` + Domain + `.
@      IN MX 10 client
client IN A ` + ClientAddress + `
`
}

func prepareNS(ctx context.Context, tree *lab.Tree) error {
	config := `zone "` + Domain + `" { type primary; file "` + ZoneFile + `"; update-policy local; also-notify { ` + ServiceAddress + `; ` + OtherAddress + `; }; };` + "\n" +
		`zone "` + OutsideDomain + `" { type primary; file "/var/lib/bind/db.` + OutsideDomain + `"; };` + "\n"
	options := `options { directory "/var/cache/bind"; recursion no; dnssec-validation no; listen-on-v6 { none; }; };` + "\n"
	for path, text := range map[string]string{
		ZoneFile: zone(), "/var/lib/bind/db." + OutsideDomain: outsideZone(),
		"/etc/bind/named.conf.local": config, "/etc/bind/named.conf.options": options,
	} {
		if err := tree.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err := tree.Chroot(ctx, strings.NewReader("chown bind:bind /var/lib/bind/db.* && systemctl -q enable named"), "sh", "-eu", "-s")
	return err
}

func awaitNS(ctx context.Context, host *lab.Host) error {
	return host.Await(ctx, "sh", "-c", "dig +short +tries=1 +time=1 @127.0.0.1 "+MailDomain+" | grep -qx "+ServiceAddress)
}
