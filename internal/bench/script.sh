#!/bin/sh
# The procedure's own commands, one after the other, from the target. Each reaches the source over a connection of its
# own, as typed by hand. Two things the document leaves out are there, since PostgreSQL 15 needs them: the databases
# belong to bj, and are made from template0 with the source's encoding and locale.
# usage: script.sh SOURCE ADDRESS    environment: BJ_PASSWORD
# Prints "part NAME SECONDS".
set -eu
source=root@$1 address=$2
now() { date +%s.%N; }
part() {
	_now=$(now)
	awk -v n="$1" -v a="$began" -v b="$_now" 'BEGIN { printf "part %s %.2f\n", n, b - a }'
	began=$_now
}
trees='/var/spool/cyrus/ /var/lib/cyrus/ /var/spool/bm-hsm/ /var/spool/sieve/ /var/spool/bm-elasticsearch/ /var/spool/bm-docs/ /var/spool/bm-filehosting/'
mirror() {
	for tree in $trees; do
		rsync -avH --delete "$source:$tree" "$tree" >/dev/null
	done
}
if [ "${3:-}" = hot ]; then
	bmctl stop
	service postfix stop
	mirror
	exit 0
fi

began=$(now)
# C1
bmctl stop
service postfix stop
ssh "$source" bmctl stop
ssh "$source" service postfix stop
part stop
# C2
mirror
part files
# C3
# shellcheck disable=SC2029 # as the procedure has it
ssh "$source" "PGPASSWORD=$BJ_PASSWORD pg_dump -U bj -h localhost bj" >/tmp/db.sql
# shellcheck disable=SC2029 # as the procedure has it
ssh "$source" "PGPASSWORD=$BJ_PASSWORD pg_dump -U bj -h localhost bj-data" >/tmp/db-data.sql
part dump
# C4
scp -qr "$source:/etc/bm/*" /etc/bm
scp -q "$source:/etc/bm/bm.ini" /etc/bm/bm.ini
scp -qr "$source:/etc/bm-hps/*" /etc/bm-hps
scp -q "$source:/etc/ssl/certs/bm_cert.pem" /etc/ssl/certs/bm_cert.pem
scp -qr "$source:/var/lib/bm-ca/*" /var/lib/bm-ca
scp -q "$source:/usr/share/bm-elasticsearch/config/elasticsearch.yml" /usr/share/bm-elasticsearch/config/elasticsearch.yml
scp -q "$source:/etc/imapd*" /etc/
scp -q "$source:/etc/cyrus*" /etc/
for name in main.cf master.cf master_relay_transport-flat master_relay_transport.db transport-flat transport.db \
	virtual_alias-flat virtual_alias.db virtual_domains-flat virtual_domains.db virtual_mailbox-flat virtual_mailbox.db; do
	scp -q "$source:/etc/postfix/$name" "/etc/postfix/$name"
done
# The folder below it is not copied: scp says so and goes on.
scp -q "$source:/etc/bm-webmail/*" /etc/bm-webmail/ 2>/dev/null || [ -e /etc/bm-webmail/php.ini ]
part config
# C5
for base in bj bj-data; do
	runuser -u postgres -- dropdb "$base"
done
for base in bj bj-data; do
	runuser -u postgres -- createdb -O bj -T template0 -E UTF8 --locale C.UTF-8 "$base"
done
export PGPASSWORD="$BJ_PASSWORD"
psql -qX -U bj -h localhost bj </tmp/db.sql >/dev/null
psql -qX -U bj -h localhost bj-data </tmp/db-data.sql >/dev/null
part load
# D1, D2
ssh "$source" ip addr del "$address/24" dev eth0
ip addr add "$address/24" dev eth0
arping -q -U -c 1 -w 0.1 -i eth0 -S "$address" "$address" || : # nobody answers
part address
# D3
bmctl start
service postfix start
part start
# E1, E2
bmctl firewall-save
bmctl mail-maintenance
