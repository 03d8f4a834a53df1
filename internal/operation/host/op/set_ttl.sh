# shellcheck shell=sh
# set_ttl ZONE FILE TTL SERVICE: every $TTL of the zone's file is TTL, and the server answers with what the file says.
# Before-images: ttls (what each $TTL said, a line each; "none" where there was none), set (what we made of them), previous (seconds), effective (when
# the TTL before has run out).
set_ttl_probe() {
	zone_facts "$1" "$2" || exit 1
	# Where nothing here can ask the server, what it serves is not known: the zone is loaded anew.
	zone_has "$3" && zone_serves "$1" && [ "$ASKED" = yes ] || return 1
	set_ttl_tell
}
# set_ttl_tell: for the provider; a TTL that was found as declared is in effect.
set_ttl_tell() {
	_previous=$(recall previous) || _previous=$(zone_longest)
	_effective=$(recall effective) || _effective=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	report previous "$_previous"
	report effective "$_effective"
	report serial "$(zone_fact serial 5)"
	report own "$(zone_fact own 2)"
}
set_ttl_holds() {
	if ! zone_facts "$1" "$2" 2>"$OD/why"; then
		report drift.0 "zone $1: $(tr '\n' ' ' <"$OD/why")"
		return 1
	fi
	_n=0
	if ! zone_has "$3"; then
		_said=$(zone_ttls 5 | paste -sd, -)
		report drift.0 "zone $1: \$TTL is ${_said:-missing} in $2, not $3"
		_n=1
	fi
	if ! zone_serves "$1"; then
		_said="nobody answers for it on this host"
		[ -z "$SEEN" ] || _said="the server answers serial ${SEEN% *} with TTL ${SEEN#* }, and $2 says $(zone_fact serial 5) with $(zone_soa_ttl)"
		report "drift.$_n" "zone $1: $_said"
		_n=1
	fi
	report asked "$ASKED"
	[ "$ASKED" = yes ] || report at "$(zone_listens)"
	report serial "$(zone_fact serial 5)"
	report ttl "$(zone_soa_ttl)"
	return "$_n"
}
set_ttl_do() {
	zone_facts "$1" "$2"
	zone_open "$1" "$2"
	remember previous "$(zone_longest)"
	remember ttls "$(zone_ttls 5 | grep . || echo none)"
	{ recall "set" || :; echo "$3"; } | put "$B/set"
	_until=$({ zone_longest; echo "${ZONE_SEEN#* }"; } | grep -x '[0-9]*' | sort -rn | head -n 1)
	zone_change "$4" "$(set_ttl_edits "$3")"
	date -u -d "+$_until seconds" +%Y-%m-%dT%H:%M:%SZ | put "$B/effective"
	set_ttl_tell
}
set_ttl_edits() {
	printf '%s\n' "$ZF" | awk -v ttl="$1" '
		$1 == "ttl" { print "at", $2, $3, $4, ttl; have = 1 }
		$1 == "first" { first = $2 }
		END { if (!have) print "above", first, "$TTL " ttl }'
}
set_ttl_verify() { zone_facts "$1" "$2" && zone_has "$3" && zone_serves "$1"; }
# set_ttl_undo: what each $TTL said before comes back, with a serial that is higher again. One that was changed by hand meanwhile stays.
set_ttl_undo() {
	[ -e "$B/ttls" ] || return 0
	if [ ! -f "$2" ]; then
		say "$2 is gone: there is nothing to put back"
		return 0
	fi
	zone_facts "$1" "$2"
	[ -n "$(set_ttl_back "$1")" ] || return 0
	ZONE_BACK=yes
	zone_open "$1" "$2"
	zone_change "$4" "$(set_ttl_back "$1")"
}
set_ttl_back() {
	_one=no
	! zone_dynamic "$1" || _one=yes # their places are the server's: all of the zone's said the same
	printf '%s\n' "$ZF" | WAS=$(recall ttls) SET=$(recall "set") awk -v one="$_one" '
		BEGIN { n = split(ENVIRON["WAS"], was, "\n"); m = split(ENVIRON["SET"], words, "\n"); for (i = 1; i <= m; i++) ours[words[i]] = 1 }
		$1 != "ttl" { next }
		{ k = one == "yes" ? 1 : k + 1 }
		!($5 in ours) || was[k] == $5 { next }
		was[1] == "none" { print "drop", $2; next }
		k <= n { print "at", $2, $3, $4, was[k] }'
}
