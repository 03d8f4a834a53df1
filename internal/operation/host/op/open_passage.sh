# shellcheck shell=sh
# open_passage SECONDS PORTS HOSTS: connections of this login to these hosts and ports leave from the ports that the other side's fence admits.
# HOSTS one a line; standard input, where there is some: lines "address …", more of them. The kernel forgets the addresses when the time has passed.
passage_table() { printf 'terraform_provider_mail_checks_%s' "$(printf %s "$RUN" | cksum | cut -d' ' -f1)"; }
passage_stands() { nft list table inet "$(passage_table)" >/dev/null 2>&1; }
passage_login() { printf '%s' "${SUDO_UID:-$(id -u)}"; }
# passage_addresses HOSTS: their addresses, one a line.
passage_addresses() {
	for _passage_host in $1; do
		case $_passage_host in
		*:*) echo "$_passage_host" && continue ;;
		*[!0-9.]*) ;;
		*) echo "$_passage_host" && continue ;;
		esac
		_passage_found=$(getent ahosts "$_passage_host") || die "$_passage_host is not known here"
		printf '%s\n' "$_passage_found" | cut -d' ' -f1
	done
}
# passage_set NAME TYPE SECONDS ADDRESSES: a set whose elements expire.
passage_set() {
	echo "set $1 { type $2; flags timeout;"
	[ -z "$4" ] || printf 'elements = { %s }\n' "$(printf '%s\n' "$4" | sed "s/\$/ timeout ${3}s/" | paste -sd, -)"
	echo '}'
}
# passage_rules SECONDS PORTS V4 V6
passage_rules() {
	echo "table inet $(passage_table) {"
	passage_set to4 ipv4_addr "$1" "$3"
	passage_set to6 ipv6_addr "$1" "$4"
	echo 'chain leaving { type nat hook postrouting priority srcnat; policy accept;'
	for _passage_set in 'ip daddr @to4' 'ip6 daddr @to6'; do
		echo "meta skuid $(passage_login) $_passage_set tcp dport { $2 } masquerade to :$FENCE_ADMIT;"
	done
	printf '}\n}\n'
}
# passage_fence PORTS V4 V6: what a fence of this host itself must let out.
passage_fence() {
	_passage_out="tcp dport { $1 } meta skuid $(passage_login) accept;"
	[ -z "$2" ] || echo "ip daddr { $(printf '%s\n' "$2" | paste -sd, -) } $_passage_out"
	[ -z "$3" ] || echo "ip6 daddr { $(printf '%s\n' "$3" | paste -sd, -) } $_passage_out"
}
open_passage_probe() { false; }
open_passage_do() {
	has nft || die "nft is not on this host: checks from here could not pass the fence"
	_passage_hosts=$3
	while IFS=' ' read -r _k _v; do
		[ "$_k" != address ] || _passage_hosts="$_passage_hosts $_v"
	done
	_passage_to=$(passage_addresses "$_passage_hosts")
	[ -n "$_passage_to" ] || die "no address to let checks reach"
	_passage_to=$(printf '%s\n' "$_passage_to" | sort -u)
	_passage_to4=$(printf '%s\n' "$_passage_to" | grep -v : || :)
	_passage_to6=$(printf '%s\n' "$_passage_to" | grep : || :)
	passage_rules "$1" "$2" "$_passage_to4" "$_passage_to6" >"$OD/rules"
	passage_stop
	nft -f "$OD/rules"
	passage_fence "$2" "$_passage_to4" "$_passage_to6" | put "$RD/passage"
	report admit "$(for _passage_host in $_passage_to; do passage_source "$_passage_host"; done | sort -u | paste -sd, -)"
}
# passage_source ADDRESS: from which of its addresses this host reaches it; from any of the others, where it has it itself and will give it up.
passage_source() {
	case $(ip -o route get "$1") in
	local*) ip -o addr show scope global | awk -v mine="$1" '{ sub("/.*", "", $4); if ($4 != mine) print $4 }' ;;
	*' src '*) ip -o route get "$1" | sed -n 's/.* src \([^ ]*\).*/\1/p' ;;
	esac
}
passage_stop() {
	rm -f "$RD/passage"
	if passage_stands; then nft delete table inet "$(passage_table)"; fi
}
open_passage_verify() { passage_stands; }
open_passage_undo() { passage_stop; }
