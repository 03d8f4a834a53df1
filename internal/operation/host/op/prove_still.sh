# shellcheck shell=sh
# prove_still CUTOVER TREES PASSING DATABASES: since the cut nothing was written here that no sweep could bring to the other side: rows, and files that
# are no messages.
prove_still_look() {
	: >"$OD/changed"
	[ -z "$4" ] || rows_changed "$1" >>"$OD/changed"
	files_changed "$1" "$2" "$3" >>"$OD/changed"
}
prove_still_probe() {
	prove_still_look "$@"
	[ ! -s "$OD/changed" ]
}
prove_still_holds() {
	prove_still_look "$@"
	[ -s "$OD/changed" ] || return 0
	_still=$(marks "$1")
	head -n 20 "$OD/changed" | while IFS= read -r _line; do drift "changed since the cut, and no sweep can take it along: $_line"; done
	[ "$(wc -l <"$OD/changed")" -le 20 ] || drift "and $(($(wc -l <"$OD/changed") - 20)) more"
	drift "bring over what is wanted by hand; then say so by removing $_still/tables (for rows) or $_still/stamp (for files) there"
	return 1
}
prove_still_do() {
	_still=$(marks "$1")
	die "written since the cut, and no sweep can take it along: $(head -n 20 "$OD/changed" | tr '\n' ';') ($(wc -l <"$OD/changed") in all).
Next: bring over what is wanted by hand; then say so by removing $_still/tables (for rows) or $_still/stamp (for files) on this host, and plan again"
}
prove_still_verify() { :; }
