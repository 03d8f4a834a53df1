//go:build lab

package acceptance_test

// nameServer sets BIND up on a host, with a zone that is kept by hand and one that takes updates and has taken one.
const nameServer = `cat >/etc/bind/named.conf.options <<'EOF'
options { directory "/var/cache/bind"; recursion no; dnssec-validation no; listen-on-v6 { none; }; };
EOF
cat >/etc/bind/named.conf.local <<'EOF'
zone "odd.test" { type primary; file "/var/lib/bind/odd zone.test"; };
zone "0/25.2.0.192.in-addr.arpa" { type primary; file "/var/lib/bind/db.192"; allow-update { 127.0.0.1; }; };
EOF
cat >'/var/lib/bind/odd zone.test' <<'EOF'
; the zone ( of this test
$TTL 1h	; an hour
@	IN	SOA	ns hostmaster (
		2026010101	; serial
		3600 900 604800
		5m )
	IN	NS	ns
ns	IN	A	192.0.2.53
own	7200	IN	A	192.0.2.54
txt	IN	TXT	"$TTL 1h ; (" 
EOF
rm -f /var/lib/bind/*.jnl
printf '$TTL 3600\n@ IN SOA ns.odd.test. h.odd.test. 41 3600 900 604800 300\n@ IN NS ns.odd.test.\n' >/var/lib/bind/db.192
chown bind:bind /var/lib/bind/*; chmod 640 '/var/lib/bind/odd zone.test'
systemctl restart named
n=0; until dig +short +tries=1 +time=1 @127.0.0.1 odd.test SOA | grep -q ns; do n=$((n + 1)); [ $n -lt 100 ]; sleep 0.1; done
printf 'server 127.0.0.1\nzone 0/25.2.0.192.in-addr.arpa\nupdate add 7.0/25.2.0.192.in-addr.arpa 77 PTR seven.odd.test.\nsend\n' | nsupdate
`

// oddZone is what the zone that is kept by hand must look like, and what is answered.
func oddZone(text, seconds string) string {
	return "; the zone ( of this test\n$TTL " + text + "\t; an hour\n@\tIN\tSOA\tns hostmaster (\n\t\tSERIAL\t; serial\n\t\t3600 900 604800\n\t\t5m )\n" +
		"\tIN\tNS\tns\nns\tIN\tA\t192.0.2.53\nown\t7200\tIN\tA\t192.0.2.54\ntxt\tIN\tTXT\t\"$TTL 1h ; (\" \n640 bind:bind\n" +
		seconds + " SOA\n" + seconds + " SOA\n7200 A\n77 PTR\n"
}

func dnsTTLLife() life {
	body := "  host = mail_host.new.id\n  zone_files = { \"odd.test\" = \"/var/lib/bind/odd zone.test\", \"0/25.2.0.192.in-addr.arpa\" = \"/var/lib/bind/db.192\" }\n"
	const ask = `dig +noall +answer @127.0.0.1 `
	return life{
		kind: "mail_dns_ttl", name: "odd", beforeNew: nameServer,
		hcl: body + "  ttl = 300\n", id: "NEW,0/25.2.0.192.in-addr.arpa=>/var/lib/bind/db.192,odd.test=>/var/lib/bind/odd zone.test",
		effect: `cd /var/lib/bind; sed 's/20[0-9]\{8\}/SERIAL/' 'odd zone.test'; stat -c '%a %U:%G' 'odd zone.test'
{ ` + ask + `odd.test SOA; ` + ask + `0/25.2.0.192.in-addr.arpa SOA; ` + ask + `own.odd.test A; ` + ask + `7.0/25.2.0.192.in-addr.arpa PTR; } | awk '{ print $2, $4 }'`,
		wants:    oddZone("300", "300"),
		gone:     `sed -i 's/TTL 300/TTL 60/' '/var/lib/bind/odd zone.test'; chown bind:bind /var/lib/bind/*; rndc reload odd.test`,
		update:   body + "  ttl = 600\n  reload = \"bind9\"\n",
		sabotage: `f=$(command -v named-checkzone); mv "$f" "$f.away"`,
		repair:   `for f in /usr/bin/named-checkzone /usr/sbin/named-checkzone; do [ ! -e $f.away ] || mv $f.away $f; done`,
		fails:    []string{"set_ttl", "named-checkzone is not on this host", "back"},
		updated:  oddZone("600", "600"),
	}
}
