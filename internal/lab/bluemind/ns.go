package bluemind

import (
	"context"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

const zoneFile = "/var/lib/bind/db.lab.test"

func zone() string {
	return `$TTL 3600
@ IN SOA ns.lab.test. hostmaster.lab.test. ( 2026010101 3600 900 604800 300 )
@      IN NS ns.lab.test.
@      IN MX 10 mail.lab.test.
ns     IN A ` + NSAddress + `
mail   IN A ` + ServiceAddress + `
old    IN A ` + OldAddress + `
new    IN A ` + NewAddress + `
client IN A ` + ClientAddress + `
`
}

func prepareNS(ctx context.Context, tree *lab.Tree) error {
	config := `zone "lab.test" { type primary; file "` + zoneFile + `"; allow-update { ` + NSAddress + `; 127.0.0.1; }; };` + "\n"
	options := `options { directory "/var/cache/bind"; recursion no; dnssec-validation no; listen-on-v6 { none; }; };` + "\n"
	for path, text := range map[string]string{
		zoneFile: zone(), "/etc/bind/named.conf.local": config, "/etc/bind/named.conf.options": options,
	} {
		if err := tree.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err := tree.Chroot(ctx, strings.NewReader("chown bind:bind "+zoneFile+" && systemctl -q enable named"), "sh", "-eu", "-s")
	return err
}

func awaitNS(ctx context.Context, host *lab.Host) error {
	return host.Await(ctx, "sh", "-c", "dig +short +tries=1 +time=1 @127.0.0.1 "+ServiceName+" | grep -qx "+ServiceAddress)
}
