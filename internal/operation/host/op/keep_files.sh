# shellcheck shell=sh
# keep_files NAME CUTOVER UNWATCHED: the files of this set are as note_files wrote them down, but for those that UNWATCHED (an ERE a line, for whole paths)
# names. Where nothing is written down, nothing is kept.
keep_files_probe() {
	files_differing "$@" >"$OD/differing"
	[ -s "$OD/differing" ] || return 0
	# shellcheck disable=SC2016 # expanded by the shell that xargs starts
	xargs -0r sh -c 'for f; do if [ -e "/$f" ] || [ -L "/$f" ]; then printf "changed since the move: /%s\0" "$f"; else printf "gone since the move: /%s\0" "$f"; fi; done' sh <"$OD/differing" |
		tr '\n\0' '?\n' | while IFS= read -r _line; do drift "$_line"; done
	return 1
}
keep_files_do() {
	files_differing "$@" >"$OD/list"
	copy_files_keep_image
	rsync -aHAX --ignore-times --files-from="$OD/list" --from0 --no-implied-dirs "$(files_noted "$@")/image/" / >&2
	(cd / && xargs -0 -r stat -c %m -- <"$OD/list") | sort -u | while IFS= read -r _mount; do flush_below "$_mount"; done
	report files "$(tr -dc '\000' <"$OD/list" | wc -c)"
}
keep_files_verify() { [ "$(files_differing "$@" | wc -c)" = 0 ]; }
keep_files_undo() { copy_files_undo "$@"; }

# files_differing NAME CUTOVER UNWATCHED: those of the note that are not as it says, NUL-separated, from the root.
files_differing() {
	_note=$(files_noted "$@")
	[ -e "$_note/list" ] || return 0
	printf '%s\n' "$3" >"$OD/unwatched"
	files_state / <"$_note/list" | comm -z -23 "$_note/state" - | sed -z 's,//.*$,,; s,^,/,' | sort -zu |
		{ grep -zvxE -f "$OD/unwatched" || :; } | sed -z 's,^/,,'
}
