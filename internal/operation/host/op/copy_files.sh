# shellcheck shell=sh
# copy_files NAME REWRITES KEEPS: the source's files of this set become the target's, with owner, mode and times.
# REWRITES: lines "file<TAB>from<TAB>to", literal. KEEPS: lines "file<TAB>key": the target's own line for the key stays.
# All is prepared in a folder of its own first, so that a live file changes once.
copy_files_probe() { false; }
copy_files_holds() {
	[ -e "$RD/files.$1" ] && (cd / && sha256sum --quiet --strict -c "$RD/files.$1" >/dev/null 2>&1)
}
copy_files_do() {
	STAGE=$RD/stage.$1
	pull_open
	pull files >"$OD/list"
	put "$RD/list.$1" <"$OD/list" # for note_files
	rm -rf "$STAGE"
	mkdir -p "$STAGE"
	rsync -aHAX --files-from="$OD/list" --from0 --no-implied-dirs -e "$RD/ssh" source::files/ "$STAGE/" >&2
	copy_files_rewrite "$2"
	copy_files_keep "$3"
	copy_files_keep_image
	rsync -aHAX --checksum --files-from="$OD/list" --from0 --no-implied-dirs --out-format=%n "$STAGE/" / >"$OD/changed"
	(cd / && xargs -0 -r stat -c %m -- <"$OD/list") | sort -u | while IFS= read -r _mount; do flush_below "$_mount"; done
	report files "$(grep -vc '/$' "$OD/changed" || :)"
	(cd "$STAGE" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum | sed 's,  \./,  ,') | put "$RD/files.$1"
}
# copy_files_keep_image: every file of the list as it is here now, and which ones are not; what starts on the copies may change any of them.
copy_files_keep_image() {
	[ ! -e "$B/created" ] || return 0
	mkdir -p "$B/image"
	: >"$OD/existing"
	: >"$OD/created"
	# shellcheck disable=SC2016 # expanded by the shell that xargs starts
	xargs -0 -r sh -c 'for f; do if [ -e "/$f" ] || [ -L "/$f" ]; then printf "%s\0" "$f" >>"$0/existing"; else printf "%s\0" "$f" >>"$0/created"; fi; done' "$OD" <"$OD/list"
	rsync -aHAX --files-from="$OD/existing" --from0 --no-implied-dirs / "$B/image/"
	flush_below "$B/image"
	put "$B/created" <"$OD/created"
}
copy_files_verify() {
	_left=$(rsync -naHAX --checksum --files-from="$OD/list" --from0 --no-implied-dirs --out-format=%n "$STAGE/" /)
	[ -z "$_left" ] || die "differs after copying: $_left"
	rm -rf "$STAGE" # keys may be among the copies
}
copy_files_undo() {
	[ ! -d "$B/image" ] || image_restore "$B/image" /
	# shellcheck disable=SC2016 # expanded by the shell that xargs starts
	[ ! -e "$B/created" ] || sort -rz "$B/created" |
		xargs -0 -r sh -c 'for f; do if [ -d "/$f" ] && [ ! -L "/$f" ]; then rmdir "/$f" 2>/dev/null || :; else rm -f "/$f"; fi; done' sh
	rm -f "$RD/files.$1" "$RD/list.$1"
}

# copy_files_rewrite LINES, copy_files_keep LINES: on the prepared copies; mode, owner and times of the file stay.
copy_files_rewrite() {
	_tab=$(printf '\t')
	printf '%s\n' "$1" | while IFS=$_tab read -r _in _from _to; do
		[ -n "$_in" ] || continue
		[ -e "$STAGE$_in" ] || die "rewrite: $_in is not among the copied files"
		FROM=$_from TO=$_to awk '{
			out = ""; rest = $0
			while ((i = index(rest, ENVIRON["FROM"])) > 0) { out = out substr(rest, 1, i - 1) ENVIRON["TO"]; rest = substr(rest, i + length(ENVIRON["FROM"])) }
			print out rest }' "$STAGE$_in" >"$OD/edited"
		copy_files_edited "$STAGE$_in"
	done
}
copy_files_keep() {
	_tab=$(printf '\t')
	printf '%s\n' "$1" | while IFS=$_tab read -r _in _key; do
		[ -n "$_in" ] || continue
		[ -e "$STAGE$_in" ] || die "keep: $_in is not among the copied files"
		[ -e "$_in" ] || continue
		KEY=$_key awk '
			function key(line,  k) { k = line; sub(/[ \t]*[=:].*$/, "", k); sub(/^[ \t]*/, "", k); return (line ~ /[=:]/) ? k : "" }
			mine { if (key($0) == ENVIRON["KEY"]) { own = $0; have = 1 }; next }
			have && key($0) == ENVIRON["KEY"] { print own; next }
			{ print }' mine=1 "$_in" mine=0 "$STAGE$_in" >"$OD/edited"
		copy_files_edited "$STAGE$_in"
	done
}
copy_files_edited() {
	# awk ends every line; a last one that had no end gets none.
	[ -z "$(tail -c 1 "$1")" ] || truncate -s -1 "$OD/edited"
	touch -r "$1" "$OD/stamp"
	cat "$OD/edited" >"$1"
	touch -r "$OD/stamp" "$1"
}
