# shellcheck shell=sh
# open_access SECONDS TREES DATABASES FILES [ACCOUNTS]: the leased key of this run may read these here until it expires.
# Standard input: lines "key …" (public), "from …" (addresses; "relay": the one that the controller comes from). TREES are lines "module path".
open_access_probe() { false; }
open_access_do() {
	_key='' _from=''
	while IFS=' ' read -r _k _v; do
		case $_k in
		key) _key=$_v ;;
		from) if [ "$_v" = relay ]; then _from=$(controller_address); else _from=$_v; fi ;;
		esac
	done
	if [ -z "$_key" ] || [ -z "$_from" ]; then die "no key to let in"; fi
	gate_conf "$2" >"$RD/rsyncd.conf"
	printf '%s\n' "$2" >"$RD/gate.trees"
	printf '%s\n' "$3" >"$RD/gate.databases"
	printf '%s\n' "$4" >"$RD/gate.files"
	rm -f "$RD/gate.accounts"
	[ -z "${5:-}" ] || printf '%s\n' "$5" >"$RD/gate.accounts"
	: >"$RD/gate"
	exclusive access access_add "$_key" "$_from" "$1"
}
open_access_verify() { access_is_open; }
open_access_undo() {
	rm -f "$RD/gate"
	exclusive access access_strip
}
