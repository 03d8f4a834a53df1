# shellcheck shell=sh
# Whole trees compared while one side serves: by content, and judged by what the side that serves has changed meanwhile.
#
# Lists here have one entry a line, "FLAGS NAME" as rsync itemizes (rsync(1), --itemize-changes), with a line break in a name as \001.

# content_differs OUT MODULE TO OPTION...: what a pass with these options would do to entries, folders' own times apart.
content_differs() {
	_out=$1 _m=$2 _t=$3
	shift 3
	tree_rsync "$_m" "$_t" hot "$@" -n '--out-format=%i %n' >"$_out.raw"
	# rsync writes what cannot be printed as \#ooo.
	grep -E '^([<>ch.][fdLDS]|[*]deleting)' "$_out.raw" | grep -v '^[.]d' |
		sed -e 's/^[*]deleting   /*deleting /' -e 's/^\(..\) \{9\} /\1 /' -e 's/\\/\\\\/g' -e 's/\\\\#012/\\0001/g' -e 's/\\\\#\([0-7]\{3\}\)/\\0\1/g' |
		while IFS= read -r _line; do printf '%b\n' "$_line"; done >"$_out"
}

# content_names: NUL-separated names as lines, without what stands before them.
content_names() { tr '\n\0' '\001\n' | sed 's,^[.]/,,'; }

# content_unexplained CHANGED: of the differences on standard input, those that what has changed does not explain. CHANGED are names, folders with a
# slash where what is in them counts, with two where they were not at their place before. An entry that differs must have changed itself, or have come
# with such a folder; one that is there on one side only, or its folder, or that folder's
# where it is there on one side only too, and so on.
content_unexplained() {
	awk '
		side == 1 && /\/\/$/ { moved[substr($0, 1, length($0) - 1)] = 1; next }
		side == 1 { if ($0 ~ /\/$/) folder[$0] = 1; else changed[$0] = 1; next }
		{
			lines[++n] = $0; flags[n] = substr($0, 1, index($0, " ") - 1); bare = substr($0, index($0, " ") + 1); sub(/\/$/, "", bare); names[n] = bare
			if (flags[n] ~ /^[*]|[+]$/) alone[bare] = 1
		}
		function explained(name,    up) {
			while (1) {
				up = name
				if (!sub(/\/[^\/]*$/, "", up)) return "./" in folder
				if (up "/" in folder) return 1
				if (!(up in alone)) return 0
				name = up
			}
		}
		function came(name) {
			while (sub(/\/[^\/]*$/, "", name)) if (name "/" in moved) return 1
			return 0
		}
		END { for (i = 1; i <= n; i++) if (!(names[i] in changed || came(names[i]) || names[i] in alone && explained(names[i]))) print lines[i] }
	' side=1 "$1" side=2 -
}

# content_first LIST: how many, and the first few, for people.
content_first() { printf '%s (%s)' "$(wc -l <"$1")" "$(head -n 5 "$1" | sed 's/^[^ ]* //' | tr '\n\001' '  ' | sed 's/ $//')"; }

# content_copy LIST MODULE TO OPTION...: the entries of a list come from the source once more; what is not there goes, with its folder looked at as a whole.
content_copy() {
	_list=$1 _m=$2 _t=$3
	shift 3
	sed -n 's/^[^*][^ ]* //p' "$_list" | tr '\n\001' '\0\n' >"$OD/again.files"
	sed -n 's/^[*][^ ]* //p' "$_list" | sed -e 's,/$,,' -e 's,[^/]*$,,' -e 's,^,./,' | sort -u | tr '\n\001' '\0\n' >"$OD/again.folders"
	[ ! -s "$OD/again.files" ] ||
		tree_rsync "$_m" "$_t" hot "$@" --ignore-missing-args --ignore-times "--files-from=$OD/again.files" --from0 >"$OD/stats"
	[ ! -s "$OD/again.folders" ] ||
		tree_rsync "$_m" "$_t" hot "$@" --ignore-missing-args "--files-from=$OD/again.folders" --from0 >"$OD/stats"
}

# content_since TO STAMP: what was changed on this host since, as names, folders with a slash too, and with two where they were not at their place.
content_since() {
	(cd "$1" && find . -ignore_readdir_race -type d -printf '/%P//d %D %i\0') | sort -z >"$OD/folders"
	[ ! -e "$(tree_still "$1").folders" ] || sort -z "$(tree_still "$1").folders" | comm -z -13 - "$OD/folders" | content_names | sed -e 's,^/,,' -e 's,//d .*,//,'
	(cd "$1" && find . -ignore_readdir_race -newerct "@$2" \( -type d -printf '%P/\0' -o -printf '%P\0' \)) | content_names | sed -e 's,^/$,./,' -e p -e 's,/$,,' | sort -u
}

# content_frozen MODULE TO OPTION...: $OD/lost is what differs from the frozen source though this host has not changed it since it took it over.
# Fails where that cannot be told any more.
content_frozen() {
	_m=$1 _t=$2
	shift 2
	read -r _kept _stamp <"$(tree_still "$_t")" || return 1
	clock_kept "$_kept" || return 1
	content_differs "$OD/differs" "$_m" "$_t" "$@" --checksum
	content_since "$_t" "$_stamp" >"$OD/since"
	content_unexplained "$OD/since" <"$OD/differs" >"$OD/lost"
}
