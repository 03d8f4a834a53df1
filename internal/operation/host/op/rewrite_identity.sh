# shellcheck shell=sh
# rewrite_identity GLOBS PAIRS TREES SETS: in the files that GLOBS name the texts of PAIRS are exchanged (see 56-identity.sh). What travelled names the other side as
# itself, which is this one now, and stays as it is: what is below TREES, and the files of the SETS that were copied here.
# Before-images, by a file's number: path.N, image.N, wrote.N (digest of what is written; there before it is). all: every one of them has been written.
rewrite_identity_probe() { [ -e "$B/all" ]; }
rewrite_identity_do() {
	PAIRS=$2
	_count=0
	identity_files "$1" >"$OD/files"
	while IFS= read -r _f; do
		! rewrite_identity_travelled "$_f" "$3" "$4" || continue
		text_file "$_f" || continue
		rewrite_identity_one "$_f"
	done <"$OD/files"
	report files "$_count"
	remember all yes
}
rewrite_identity_travelled() {
	printf '%s\n' "$2" | while IFS= read -r _tree; do
		case $1 in "${_tree%/}"/*) [ -z "$_tree" ] || exit 3 ;; esac
	done || return 0
	for _set in $3; do
		! awk -v f="${1#/}" 'substr($0, 67) == f { found = 1 } END { exit !found }' "$RD/files.$_set" 2>/dev/null || return 0
	done
	return 1
}
rewrite_identity_number() { printf '%s' "$1" | sha256sum | cut -c 1-16; }
rewrite_identity_one() {
	_n=$(rewrite_identity_number "$1")
	if [ -e "$B/wrote.$_n" ] && ! cmp -s "$1" "$B/image.$_n"; then return 0; fi # done, by an earlier attempt
	identity_exchanged "$1"
	! cmp -s "$1" "$OD/exchanged" || return 0
	[ "$(stat -c %h -- "$1")" = 1 ] || die "$1 has several names (hard links): writing it anew would part them"
	cp --preserve=all -- "$1" "$B/image.$_n.new"
	flush "$B/image.$_n.new"
	mv "$B/image.$_n.new" "$B/image.$_n"
	printf '%s\n' "$1" | put "$B/path.$_n"
	digest_of "$OD/exchanged" | put "$B/wrote.$_n"
	edit_file_lay "$1" "$OD/exchanged" '' ''
	_count=$((_count + 1))
}
rewrite_identity_verify() {
	for _p in "$B"/path.*; do
		[ -e "$_p" ] || continue
		[ "$(digest_of "$(cat "$_p")")" = "$(recall "wrote.${_p##*/path.}")" ] || die "$(cat "$_p") is not as it was written"
	done
}
# rewrite_identity_undo: what nobody has changed since is as it was, byte for byte; else the texts are exchanged again.
rewrite_identity_undo() {
	PAIRS=$2
	for _p in "$B"/path.*; do
		[ -e "$_p" ] || continue
		_f=$(cat "$_p")
		_n=${_p##*/path.}
		if [ ! -e "$_f" ]; then
			say "$_f is gone: there is nothing to put back"
		elif [ "$(digest_of "$_f")" = "$(recall "wrote.$_n")" ]; then
			edit_file_return "$_f" "$B/image.$_n"
		elif [ -e "$B/wrote.$_n" ] && ! cmp -s "$_f" "$B/image.$_n"; then
			identity_exchanged "$_f"
			edit_file_lay "$_f" "$OD/exchanged" '' ''
		fi
	done
}
