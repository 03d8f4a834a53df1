# shellcheck shell=sh
# search_leftovers GLOBS PAIRS TEXTS: files below /etc, and in the folders of those that GLOBS name, that still have one of TEXTS (of PAIRS, one a line) are told: the
# first fifty of them. Whether one is right there, as in /etc/hosts, only people know.
search_leftovers_probe() { false; }
search_leftovers_do() {
	PAIRS=$2
	IFS='
'
	# shellcheck disable=SC2086 # a text each
	set -- "$1" $3
	unset IFS
	_globs=$1
	shift
	{
		printf '%s\n' "$SEARCHED"
		identity_files "$_globs" | sed 's,/[^/]*$,,'
	} | sort -u >"$OD/folders"
	_list=$(printf '%s\n' "$@" | awk '{ print } /[A-Za-z].*[.]/ { sub(/[.].*/, ""); print }')
	while IFS= read -r _d; do
		[ -d "$_d" ] || continue
		find "$_d" -xdev -type f -size -2048k -exec grep -lIF -e "$_list" -- {} + 2>/dev/null || :
	done <"$OD/folders" | sort -u >"$OD/candidates"
	_n=0
	while IFS= read -r _f; do
		_said=$(identity_found "$_f" "$@")
		[ -n "$_said" ] || continue
		[ "$_n" -ge 50 ] || report "left.$_n" "$_f: $_said"
		_n=$((_n + 1))
	done <"$OD/candidates"
	report files "$_n"
}
search_leftovers_verify() { :; }
