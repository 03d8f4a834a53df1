# shellcheck shell=sh
# set_active WANT STATUS ON OFF: this host is the active one of its role (yes), or not (no). Commands are quoted words for eval.
active_now() { if product "$1" </dev/null >/dev/null 2>&1; then echo yes; else echo no; fi; }

set_active_probe() { [ "$(active_now "$2")" = "$1" ]; }
set_active_do() {
	remember was "$(active_now "$2")"
	set_active_to "$1" "$@"
}
# set_active_to WANT ...
set_active_to() { if [ "$1" = yes ]; then product "$4"; else product "$5"; fi </dev/null >&2; }
set_active_verify() { set_active_probe "$@"; }
set_active_undo() {
	_was=$(recall was)
	[ -n "$_was" ] || return 0
	[ "$(active_now "$2")" = "$_was" ] || set_active_to "$_was" "$@"
	[ "$(active_now "$2")" = "$_was" ] || die "this host is active: $(active_now "$2"); it was: $_was"
}
