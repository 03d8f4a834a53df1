# shellcheck shell=sh
# note_files NAME CUTOVER: the files of this set as they are once the move is over, with what the product's start and the jobs made of them.
note_files_probe() { [ -e "$(files_noted "$@")/list" ]; }
note_files_do() {
	_note=$(files_noted "$@")
	rm -rf "$_note" "$_note.new"
	mkdir -p "$_note.new/image"
	# shellcheck disable=SC2016 # expanded by the shell that xargs starts
	xargs -0r sh -c 'for f; do if [ -L "/$f" ] || { [ -e "/$f" ] && [ ! -d "/$f" ]; }; then printf "%s\0" "$f"; fi; done' sh <"$RD/list.$1" >"$OD/list"
	rsync -aHAX --files-from="$OD/list" --from0 --no-implied-dirs / "$_note.new/image/" >&2
	files_state "$_note.new/image" <"$OD/list" >"$_note.new/state"
	flush_below "$_note.new"
	put "$_note.new/list" <"$OD/list"
	mv "$_note.new" "$_note"
	flush "$(dirname "$_note")"
	report files "$(tr -dc '\000' <"$OD/list" | wc -c)"
}
note_files_verify() { note_files_probe "$@"; }

# files_noted NAME CUTOVER: the folder of the note: list (NUL-separated, from the root), state (see files_state), image. It goes with the mark it belongs to.
files_noted() { printf '%s/files/%s' "$(marks "$2")" "$1"; }

# files_state ROOT: kind, mode, owner, link and content of files, whose names from ROOT come NUL-separated: records "NAME//…", sorted; no path holds "//".
files_state() {
	(
		cd "$1" || exit 1
		# shellcheck disable=SC2016 # expanded by the shell that xargs starts
		sed -z 's,^,./,' | xargs -0r sh -c '
			find "$@" -maxdepth 0 -printf "%p//%y %m %U %G %l\0"
			find "$@" -maxdepth 0 -type f -exec sha256sum -z -- {} + | sed -z "s,^\(.\{64\}\)  \(.*\)$,\2//\1,"' sh 2>/dev/null
	) | sed -z 's,^\./,,' | sort -z
}
