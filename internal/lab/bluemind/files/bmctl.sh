#!/bin/sh
# bmctl: a stand-in for the product's own control command, made for the lab. It
# keeps real state on top of Cyrus, Postfix and PostgreSQL, and is not the product.
#
#   bmctl start|stop|restart|status     cyrus-imapd and bm-core; not PostgreSQL, not Postfix
#   bmctl version|external-url          what the configuration says
#   bmctl set-up|subscription           exit 0: first set-up has been run; a subscription for this system is there
#   bmctl firewall-save                 firewall rules from the host's present addresses
#   bmctl mail-maintenance              Postfix's maps from the database
#   bmctl mynetworks OLD NEW            replaces one of Postfix's trusted networks
#
# status exits 0 when all run, 3 when all are stopped, 1 otherwise. A verb fails
# on demand: BM_FAIL=verb in the environment, or a file /etc/bm/fail-verb.
set -eu
units='cyrus-imapd bm-core'
ini=/etc/bm/bm.ini
die() {
	echo "bmctl: $*" >&2
	exit 1
}
setting() { sed -n "s/^$1=//p" "$ini" | head -n 1; }
# query [psql options] <SQL: one value a line, as the product's own role
query() {
	PGPASSWORD=$(setting db.password) /usr/lib/postgresql/15/bin/psql -h 127.0.0.1 -U "$(setting db.user)" -d bj -qAtX -v ON_ERROR_STOP=1 "$@"
}
control() {
	# shellcheck disable=SC2086 # a list of units
	systemctl "$1" $units
}
status() {
	up=0 down=0
	for unit in $units; do
		state=$(systemctl is-active "$unit" || true)
		echo "$unit $state"
		case $state in
		active) up=$((up + 1)) ;;
		*) down=$((down + 1)) ;;
		esac
	done
	[ "$down" -gt 0 ] || return 0
	[ "$up" -gt 0 ] || return 3
	return 1
}
firewall_save() {
	{
		echo '# made by bmctl firewall-save'
		ip -o -4 addr show scope global | sort -k 4 | awk '{
			sub("/.*", "", $4)
			n = split("25 80 110 143 443 465 587 993 995 4190 8080", port, " ")
			for (i = 1; i <= n; i++) print "accept tcp " $4 " " port[i]
		}'
	} >/etc/bm/firewall.rules.new
	mv /etc/bm/firewall.rules.new /etc/bm/firewall.rules
}
# make_map NAME <lines: the -flat file and the .db file, each replaced as a whole
make_map() {
	cat >"/etc/postfix/$1-flat.new"
	chmod 644 "/etc/postfix/$1-flat.new"
	postmap "hash:/etc/postfix/$1-flat.new"
	mv "/etc/postfix/$1-flat.new.db" "/etc/postfix/$1.db"
	mv "/etc/postfix/$1-flat.new" "/etc/postfix/$1-flat"
}
mail_maintenance() {
	lines=$(echo "SELECT map || ' ' || key || ' ' || value FROM postfix_map ORDER BY map, key" | query) || die 'cannot read the database'
	for map in virtual_domains virtual_mailbox virtual_alias transport master_relay_transport; do
		printf '%s\n' "$lines" | sed -n "s/^$map //p" | make_map "$map"
	done
	if systemctl -q is-active postfix; then postfix reload 2>/dev/null; fi
}
mynetworks() {
	[ $# = 2 ] || die 'usage: bmctl mynetworks OLD NEW'
	new='' found=
	for net in $(postconf -h mynetworks | tr , ' '); do
		if [ "$net" = "$1" ]; then net=$2; fi
		if [ "$net" = "$2" ]; then
			[ -z "$found" ] || continue
			found=yes
		fi
		new="$new${new:+ }$net"
	done
	[ -n "$found" ] || die "$1 is not in mynetworks"
	echo "INSERT INTO setting VALUES ('my_networks', :'v') ON CONFLICT (key) DO UPDATE SET value = excluded.value" |
		query -v "v=$new" || die "cannot write the database"
	postconf -e "mynetworks=$new"
	if systemctl -q is-active postfix; then postfix reload 2>/dev/null; fi
}
verb=${1:-}
[ $# -eq 0 ] || shift
if [ -n "$verb" ] && { [ "${BM_FAIL:-}" = "$verb" ] || [ -e "/etc/bm/fail-$verb" ]; }; then
	die "$verb failed, as it was told to"
fi
case $verb in
start | stop | restart) control "$verb" ;;
status) status ;;
version) cat /etc/bm/version ;;
external-url) setting external-url ;;
set-up) [ -e /var/lib/bm/set-up-done ] || die 'the first set-up has not been run' ;;
subscription)
	[ -e /var/lib/bm/subscription ] || die 'no subscription'
	cat /var/lib/bm/subscription
	;;
firewall-save) firewall_save ;;
mail-maintenance) mail_maintenance ;;
mynetworks) mynetworks "$@" ;;
*) die 'usage: bmctl start|stop|restart|status|version|external-url|set-up|subscription|firewall-save|mail-maintenance|mynetworks' ;;
esac
