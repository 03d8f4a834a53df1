# shellcheck shell=sh
# mend_tree MODULE TO OPTION...: what differs from the frozen source, and was not changed here since, comes from there once more.
mend_tree_probe() { false; }
mend_tree_do() {
	_module=$1 _to=${2%/}/
	shift 2
	pull_open
	tree_options "$@"
	eval "set -- $TREE_OPTIONS"
	content_frozen "$_module" "$_to" "$@" || die "the clock of this host was set since the move: what it has changed itself in $_to cannot be told"
	report mended "$(content_first "$OD/lost")"
	mkdir -p "$B/image"
	sed -n 's/^[^ ]*[+] //p' "$OD/lost" | tr '\n\001' '\0\n' | sort -rz | put "$B/came"
	content_copy "$OD/lost" "$_module" "$_to" "$@" --backup "--backup-dir=$B/image"
}
mend_tree_verify() {
	_module=$1 _to=${2%/}/
	shift 2
	eval "set -- $TREE_OPTIONS"
	content_frozen "$_module" "$_to" "$@" && [ ! -s "$OD/lost" ]
}
mend_tree_undo() {
	[ ! -d "$B/image" ] || image_restore "$B/image" "${2%/}/"
	[ ! -e "$B/came" ] || (cd "$2" && xargs -0 -r rm -df -- <"$B/came" 2>/dev/null) || :
}
