# shellcheck shell=sh
# The fence: packets of mail clients stay out, and mail stays in, while nothing may be served. One table a host.
FENCE_TABLE=terraform_provider_mail
# From these source ports, at the addresses that checks are made from, they may pass.
FENCE_ADMIT=61000-61999

# What begins a connection. Not "ct state new": to a kernel that did not track connections before, the next packet of each open one is new.
FENCE_BEGINS='tcp flags & (fin | syn | rst | ack) == syn'

# fence_rules MODE PORTS SMTP ADMITTED: MODE is new (connections that are open go on) or all. Outward, what is open always goes on: a delivery that the
# other end has accepted is not cut off before its answer, or it would be made again.
fence_rules() {
	_state=
	[ "$1" = all ] || _state="$FENCE_BEGINS "
	echo "table inet $FENCE_TABLE {"
	echo 'chain arriving { type filter hook input priority -150; policy accept; iif lo accept;'
	for _a in $4; do
		case $_a in
		*:*) echo "ip6 saddr $_a tcp sport $FENCE_ADMIT accept;" ;;
		*) echo "ip saddr $_a tcp sport $FENCE_ADMIT accept;" ;;
		esac
	done
	echo "tcp dport { $2 } ${_state}reject with tcp reset; }"
	if [ "$1" = all ] && [ -n "$3" ]; then
		echo 'chain leaving { type filter hook output priority -150; policy accept; oif lo accept;'
		cat "$RD/passage" 2>/dev/null || :
		echo "tcp dport { $3 } $FENCE_BEGINS reject with tcp reset; }"
	fi
	echo '}'
}

fence_raise() {
	fence_rules "$@" | put "$RD/fence"
	fence_load "$RD/fence"
}
# fence_load FILE: in one transaction, so that there is no moment without.
fence_load() {
	{
		echo "table inet $FENCE_TABLE"
		echo "delete table inet $FENCE_TABLE"
		cat "$1"
	} | nft -f -
}
fence_lower() {
	rm -f "$RD/fence"
	flush "$RD"
	if fence_up; then nft delete table inet "$FENCE_TABLE"; fi
}
fence_up() { nft list table inet "$FENCE_TABLE" >/dev/null 2>&1; }
# fence_stands MODE ...: it stands as these arguments say.
fence_stands() { fence_up && [ -e "$RD/fence" ] && [ "$(fence_rules "$@")" = "$(cat "$RD/fence")" ]; }

# fence_admitted: whose checks may pass. fence_others: the hosts among them that checks are made from.
fence_admitted() {
	controller_address
	fence_others
}
fence_others() { cat "$RD/admitted" 2>/dev/null || :; }
# controller_address: where the controller's packets come from, as this session shows it.
controller_address() { printf '%s\n' "${SSH_CONNECTION%% *}"; }
