# shellcheck shell=sh
# Changing a zone: what its file says, what the server answers, and an edit that is checked, put in place, loaded and asked for.

# zone_facts ZONE FILE: what it says is in ZF from here on. A server that writes the file itself puts a $TTL before each record that has another TTL than
# the one above it: there only those are the zone's that say what the first one says.
zone_facts() {
	ZF=
	if [ ! -f "$2" ]; then
		say "the zone file $2 is not on this host"
		return 1
	fi
	ZF=$(zone_read <"$2")
	! zone_dynamic "$1" || ZF=$(printf '%s\n' "$ZF" | awk '$1 == "ttl" { if (!n++) all = $6; if ($6 != all) next } { print }')
	if [ -z "$(zone_fact serial 5)" ]; then
		say "$2 has no SOA record with a serial; if it is in a file that this one includes, declare that one"
		return 1
	fi
}
# zone_fact NAME FIELD: that field of the first line with this name. zone_ttls FIELD: of all $TTL.
zone_fact() { printf '%s\n' "$ZF" | awk -v name="$1" -v field="$2" '$1 == name { print $field; exit }'; }
zone_ttls() { printf '%s\n' "$ZF" | awk -v field="$1" '$1 == "ttl" { print $field }'; }
# zone_longest: the longest TTL that records without one of their own get.
zone_longest() { { zone_ttls 6 | grep . || zone_fact minimum 2; } | sort -rn | head -n 1; }
# zone_soa_ttl: with which TTL the server must answer for the SOA record: its own, else that of the $TTL above it.
zone_soa_ttl() {
	printf '%s\n' "$ZF" | awk '$1 == "ttl" { t = $6 } $1 == "soattl" { t = $2 } $1 == "serial" { exit } END { print t }' | grep . || zone_fact minimum 2
}
# zone_has TTL: that is what every $TTL says.
zone_has() { [ -n "$(zone_ttls 6)" ] && ! zone_ttls 6 | grep -qvx "$1"; }

# zone_seen ZONE: SEEN is "SERIAL TTL" as the server answers; ASKED is no where nothing here can ask: then TTL is "-", and the provider asks for it.
zone_seen() {
	ASKED=yes _code=0
	SEEN=$(zone_ask "$1") || _code=$?
	[ "$_code" = 2 ] || return 0
	ASKED=no
	SEEN=$(zone_status "$1" | sed -n 's/^serial: \([0-9]*\)$/\1 -/p')
}
# zone_serves ZONE: the server answers what the file (in ZF) says.
zone_serves() {
	zone_seen "$1"
	[ -n "$SEEN" ] || return 1
	case ${SEEN#* } in "$(zone_soa_ttl)" | -) ;; *) return 1 ;; esac
	_want=$(zone_fact serial 5)
	[ "${SEEN% *}" != "$_want" ] || return 0
	# A server that signs, or takes updates, is ahead of the file until it writes it.
	if zone_signed "$1" || zone_dynamic "$1"; then zone_later "${SEEN% *}" "$_want"; else return 1; fi
}

# zone_open ZONE FILE: ZONE_SEEN is what is served before the change. What a server that writes the file itself has not written yet gets into it,
# and nothing else does until it thaws.
zone_open() {
	ZONE=$1 ZONE_FILE=$(readlink -f "$2") ZONE_DYNAMIC=no
	zone_seen "$1"
	ZONE_SEEN=$SEEN
	zone_dynamic "$1" || return 0
	ZONE_DYNAMIC=yes
	zone_frozen "$1" || zone_rndc freeze "$1" >&2
	zone_written || {
		zone_thaw
		return 1
	}
}
# zone_written: the server has no word for when it has written the file of a zone that it froze: it goes on after it has answered. The file counts once it
# has said the same for half a second; one that changes later all the same is told by zone_replace.
zone_written() {
	_same=0
	while [ "$_same" -lt 10 ]; do
		_was=$ZF
		pause
		zone_facts "$ZONE" "$ZONE_FILE" || return 1
		if [ "$ZF" = "$_was" ]; then _same=$((_same + 1)); else _same=0; fi
	done
}
zone_thaw() { zone_rndc thaw "$ZONE" >/dev/null 2>&1 || :; }

# zone_change SERVICE EDITS: of the zone that is open. Where something fails, the file is what it was.
zone_change() {
	if ! (zone_replace "$2"); then
		rm -f "$ZONE_FILE.tpm"
		[ "$ZONE_DYNAMIC" = no ] || zone_thaw
		return 1
	fi
	if zone_load "$1" && zone_loaded; then return 0; fi
	if cp --preserve=all -- "$OD/old" "$ZONE_FILE.tpm" && mv -- "$ZONE_FILE.tpm" "$ZONE_FILE" && flush "$(dirname "$ZONE_FILE")"; then
		zone_load "$1" || :
		say "zone $ZONE was not served as changed: its file is what it was"
	else
		say "zone $ZONE was not served as changed, and its file could not be put back: it is kept in $OD/old"
	fi
	return 1
}
# zone_replace EDITS: with a serial that comes after the file's and after the one that is served.
zone_replace() {
	zone_check "$ZONE" "$ZONE_FILE" >"$OD/check" 2>&1 || die "the zone $ZONE does not load as it is in $ZONE_FILE: $(tail -n 3 "$OD/check" | tr '\n' ' ')"
	_serial=$(zone_next "$(zone_fact serial 5)" "${ZONE_SEEN% *}" "$(date +%Y%m%d)")
	cp --preserve=all -- "$ZONE_FILE" "$OD/old" || die "cannot keep $ZONE_FILE"
	_read=$ZF
	zone_facts "$ZONE" "$OD/old"
	[ "$ZF" = "$_read" ] || die "$ZONE_FILE was written by somebody else just now: nothing was changed, apply again"
	cp --preserve=all -- "$OD/old" "$ZONE_FILE.tpm" || die "cannot write beside $ZONE_FILE"
	zone_write "$(printf '%s\n%s\n' "$1" "$(printf '%s\n' "$ZF" | awk -v to="$_serial" '$1 == "serial" { print "at", $2, $3, $4, to }')")" <"$OD/old" >"$OD/new" ||
		die "cannot edit $ZONE_FILE"
	# awk ends every line; a last one that had no end gets none.
	[ -z "$(tail -c 1 "$ZONE_FILE")" ] || truncate -s -1 "$OD/new"
	cat "$OD/new" >"$ZONE_FILE.tpm" || die "cannot write $ZONE_FILE.tpm"
	zone_check "$ZONE" "$ZONE_FILE.tpm" >"$OD/check" 2>&1 || die "the zone $ZONE would not load: $(tail -n 3 "$OD/check" | tr '\n' ' ')"
	flush "$ZONE_FILE.tpm"
	mv -- "$ZONE_FILE.tpm" "$ZONE_FILE" || die "cannot write $ZONE_FILE"
	flush "$(dirname "$ZONE_FILE")"
}
# zone_silent: an operation is taken back, and the server did not answer before either: it reads the file when it starts.
zone_silent() { [ "${ZONE_BACK:-no}" = yes ] && [ -z "$ZONE_SEEN" ]; }
zone_load() {
	if [ "$ZONE_DYNAMIC" = yes ] && zone_frozen "$ZONE"; then
		zone_rndc thaw "$ZONE" >&2
	else
		zone_reload "$ZONE" "$1"
	fi || zone_silent
}
# zone_loaded: loading goes on after the command has ended.
zone_loaded() {
	zone_facts "$ZONE" "$ZONE_FILE"
	if zone_silent || await "${ZONE_PATIENCE:-20}" zone_serves "$ZONE"; then return 0; fi
	say "the server on this host answers ${SEEN:-nothing} (serial, TTL) for $ZONE, not $(zone_fact serial 5) $(zone_soa_ttl)"
	return 1
}
