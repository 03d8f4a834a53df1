# shellcheck shell=sh
# compare_frozen MODULE TO OPTION...: after the move, while this host serves: whatever it has not changed since has the content that the frozen source holds.
compare_frozen_probe() { false; }
compare_frozen_do() {
	_module=$1 _to=${2%/}/
	shift 2
	pull_open
	tree_options "$@"
	eval "set -- $TREE_OPTIONS"
	if ! content_frozen "$_module" "$_to" "$@"; then
		report judged no
		return 0
	fi
	report differing "$(wc -l <"$OD/differs")"
	[ ! -s "$OD/lost" ] || die "entries of $_to have not the content that the source holds, and nobody has changed them since: $(content_first "$OD/lost")"
}
compare_frozen_verify() { :; }
