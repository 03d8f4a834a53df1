# shellcheck shell=sh
# open_database DATABASE: its users may connect again, as before this host stopped serving.
open_database_probe() { [ "$(database_limit "$1")" != 0 ]; }
open_database_do() {
	remember limit "$(database_limit "$1")"
	_before=$(cat "$J/limits/$(printf %s "$1" | tr / _)" 2>/dev/null || echo -1)
	database_set_limit "$1" "$_before"
}
open_database_verify() { open_database_probe "$1"; }
open_database_undo() {
	pg_awake
	[ -z "$(recall limit)" ] || database_set_limit "$1" "$(recall limit)"
}
