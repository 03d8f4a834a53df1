# shellcheck shell=sh
# compare_contents MODULE TO HOW VOLATILE OPTION...: while the source serves, nothing differs that has not changed there since the last pass. What does is
# copied once more; what differs then still fails. HOW: full (contents), quick (sizes and times).
compare_contents_probe() { false; }
compare_contents_do() {
	_module=$1 _to=${2%/}/ _how=$3 _volatile=$4
	shift 4
	pull_open
	tree_options "$@"
	eval "set -- $TREE_OPTIONS"
	[ "$_how" != full ] || set -- "$@" --checksum
	content_differs "$OD/differs" "$_module" "$_to" "$@"
	report differing "$(wc -l <"$OD/differs")"
	[ -s "$OD/differs" ] || return 0
	compare_contents_judge "$OD/differs" || return 0
	[ -s "$OD/left" ] || return 0
	cp "$OD/left" "$OD/found"
	content_copy "$OD/found" "$_module" "$_to" "$@"
	content_differs "$OD/differs" "$_module" "$_to" "$@"
	awk '{ name = substr($0, index($0, " ")) } side == 1 { found[name] = 1; next } name in found' side=1 "$OD/found" side=2 "$OD/differs" >"$OD/still"
	compare_contents_judge "$OD/still" || return 0
	[ ! -s "$OD/left" ] || die "entries of $_to differ from the source, have not changed there, and stay so after copying them again: $(content_first "$OD/left")"
	report repaired "$(content_first "$OD/found")"
}
compare_contents_verify() { :; }

# compare_contents_judge LIST: $OD/left is what no change explains. Fails where changes cannot be told: the cold pass looks at everything then.
compare_contents_judge() {
	: >"$OD/left"
	if [ ! -e "$OD/rules" ] || ! changed_pull "$_module" "$OD/rules" "$_volatile" >"$OD/changed"; then
		report judged no
		return 1
	fi
	content_names <"$OD/changed" | sed -e 's,^[.]$,./,' -e 's,^$,./,' >"$OD/explains"
	content_unexplained "$OD/explains" <"$1" >"$OD/left"
}
