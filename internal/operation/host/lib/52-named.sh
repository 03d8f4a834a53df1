# shellcheck shell=sh
# The name server: BIND, by its own tools, which may lie beside it where it was not installed by the distribution.

bind_tool() {
	_tool=$1
	shift
	if ! has "$_tool"; then
		for _p in /proc/[0-9]*; do
			[ "$(cat "$_p/comm" 2>/dev/null)" = named ] || continue
			_dir=$(dirname "$(readlink "$_p/exe")")
			for _d in "$_dir" "$_dir/../bin" "$_dir/../sbin"; do
				[ ! -x "$_d/$_tool" ] || { "$_d/$_tool" "$@"; return $?; }
			done
		done
		say "$_tool is not on this host"
		return 127
	fi
	"$_tool" "$@"
}
zone_rndc() { bind_tool rndc "$@" </dev/null; }
zone_status() { zone_rndc zonestatus "$1" 2>/dev/null; }
# zone_dynamic ZONE: the server itself writes the file.
zone_dynamic() { zone_status "$1" | grep -q '^dynamic: yes'; }
# zone_signed ZONE: what it serves has serials of its own, ahead of the file's.
zone_signed() { zone_status "$1" | grep -q '^inline signing: yes'; }
zone_frozen() { zone_status "$1" | grep -q '^frozen: yes'; }

# zone_check ZONE FILE: the zone can be loaded. Names of other files in it are relative to the server's folder.
zone_check() {
	_dir=$(bind_tool named-checkconf -p 2>/dev/null | sed -n 's/^[[:space:]]*directory "\(.*\)";.*/\1/p' | head -n 1) || _dir=
	(cd "${_dir:-/}" && bind_tool named-checkzone "$1" "$2") </dev/null
}

# zone_reload ZONE SERVICE: the server reads the file again; only this zone, where it can be told so.
zone_reload() {
	zone_rndc reload "$1" >/dev/null 2>"$OD/rndc" && return 0
	if systemd; then systemctl reload "$2"; else service "$2" reload; fi </dev/null >&2 && return 0
	say "rndc said: $(tr '\n' ' ' <"$OD/rndc")"
	return 1
}

# zone_ask ZONE: "SERIAL TTL" of the SOA record that the server on this host answers with authority; 1: it does not answer, 2: nothing here can ask.
zone_ask() {
	has dig || return 2
	for _address in 127.0.0.1 ::1 $(ip -o addr show scope global 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }'); do
		_answer=$(dig +norecurse +tries=1 +time=2 "@$_address" "$1" SOA </dev/null 2>/dev/null | awk '
			/^;; flags:/ { sub(/;[^;]*$/, ""); aa = / aa( |;|$)/ }
			aa && $4 == "SOA" { print $7, $2; exit }')
		[ -z "$_answer" ] || { printf '%s\n' "$_answer"; return 0; }
	done
	return 1
}
# zone_listens: the address at which the server can be asked from this host.
zone_listens() {
	ss -Hlnut 2>/dev/null | awk '{ if (sub(/:53$/, "", $5)) { sub(/%.*/, "", $5); print $5 } }' | grep -vE '^127\.0\.0\.5[34]$' |
		awk '$0 == "127.0.0.1" || $0 == "0.0.0.0" || $0 == "*" { any = 1 } NR == 1 { one = $0 } END { print (any || !NR) ? "127.0.0.1" : one }'
}
