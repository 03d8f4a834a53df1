# shellcheck shell=sh
# take_backup NAME DIRECTORY SNAPSHOT PATHS DATABASES: PATHS a line each, DATABASES lines "file<TAB>database". SNAPSHOT: none, or btrfs.
take_backup_probe() { false; }
take_backup_holds() {
	_set=$(backup_last "$1")
	[ -n "$_set" ] || { drift "no backup of this declaration is known here"; return 1; }
	[ -d "$_set" ] || { drift "$_set is gone"; return 1; }
	[ "$(stat -c %a -- "$2")" = 700 ] || { drift "$2 can be read by others (mode $(stat -c %a -- "$2"))"; return 1; }
	take_backup_snapshots "$_set" || return 1
	[ "$(backup_stand "$_set")" != "$(sed 1d "$RD/backup.$1")" ] || return 0
	# Sizes or times differ: what the files hold decides.
	sed 1d "$RD/backup.$1" | while IFS=' ' read -r _ _ _ _file; do
		[ -e "$_set/$_file" ] || printf '%s is gone\n' "$_set/$_file"
	done >"$OD/wrong"
	[ -s "$OD/wrong" ] || (cd -- "$_set" && sha256sum --quiet -c "$RD/backup.$1.sums" 2>/dev/null) | sed "s|: FAILED.*||; s|^|$_set/|; s|\$| is not what was written|" >"$OD/wrong"
	while IFS= read -r _line; do drift "$_line"; done <"$OD/wrong"
	[ ! -s "$OD/wrong" ]
}
# take_backup_snapshots FOLDER: its snapshots are there, read-only, and those that were made.
take_backup_snapshots() {
	sed -n 's/^# \(snap-[0-9]*\) \([^ ]*\) .*/\1 \2/p' "$1/manifest" 2>/dev/null | while IFS=' ' read -r _snap _uuid; do
		[ "$(backup_uuid "$1/$_snap" 2>/dev/null)" = "$_uuid" ] || { drift "the snapshot $1/$_snap is gone"; exit 1; }
		[ "$(btrfs property get -ts -- "$1/$_snap" ro)" = ro=true ] || { drift "the snapshot $1/$_snap can be written to"; exit 1; }
	done
}
take_backup_do() {
	backup_paths "$4" "$2"
	backup_known "$5"
	backup_directory "$2" "$1"
	backup_leftovers "$2" "$1" >"$OD/leftovers"
	while IFS= read -r _left; do backup_remove "$_left"; done <"$OD/leftovers"
	take_backup_ways "$3" "$4"
	_need=$(backup_need "$(cat "$OD/archived")" "$5")
	backup_room "$2" "$_need"
	SET=$2/$(backup_next "$2" "$1")
	PART=$2/.${SET##*/}.part
	printf '%s\n' "$SET" >>"$B/taken"
	flush "$B/taken"
	take_backup_whole "$5"
	report path "$SET"
	report at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	report bytes "$(find "$SET" -mindepth 1 -maxdepth 1 -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%.0f", n }')"
	report files "$(cat "$OD/entries")"
	report changed "$(wc -l <"$OD/differs")"
	report sha256 "$(sha256sum <"$SET/manifest" | cut -d' ' -f1)"
	sha256sum -- "$SET/manifest" | sed "s,  .*,  manifest," | cat - "$SET/manifest" | grep -v '^#' | put "$RD/backup.$1.sums"
	{ printf '%s\n' "$SET" && backup_stand "$SET"; } | put "$RD/backup.$1"
}
# take_backup_ways SNAPSHOT PATHS: which paths are archived, and of which a snapshot is made.
take_backup_ways() {
	: >"$OD/archived"
	: >"$OD/subvolumes"
	if [ "$1" = btrfs ]; then has btrfs || die "there is no btrfs command here. Next: install btrfs-progs, or say snapshot = \"none\""; fi
	printf '%s\n' "$2" | while IFS= read -r _p; do
		if [ -z "$_p" ]; then continue; elif [ "$1" = btrfs ] && backup_subvolume "$_p"; then _way=subvolumes; else _way=archived; fi
		printf '%s\n' "$_p" >>"$OD/$_way"
	done
	[ "$1" != btrfs ] || [ -s "$OD/subvolumes" ] || die "none of the paths is a btrfs subvolume. Next: say snapshot = \"none\""
}
# take_backup_whole DATABASES: the set comes whole, or not at all.
take_backup_whole() (
	trap 'take_backup_end $?' EXIT
	trap 'exit 143' TERM INT HUP
	: >"$OD/stamp"
	mkdir -- "$PART"
	printf '# backup %s of %s by terraform-provider-mail\n' "${SET##*/}" "$(uname -n)" >"$PART/manifest"
	sed 's/^/# path /' "$OD/archived" >>"$PART/manifest"
	backup_archive
	[ ! -s "$OD/subvolumes" ] || backup_snapshots
	backup_databases "$1"
	flush_below "$PART"
	mv -T -- "$PART" "$SET"
	flush "${SET%/*}"
	backup_read "$SET"
	backup_compare "$SET/files.tar"
	take_backup_count >"$OD/entries"
)
# take_backup_count: entries of the archive and of the snapshots.
take_backup_count() {
	{
		# shellcheck disable=SC2086 # words
		[ ! -e "$SET/files.tar" ] || $BACKUP_TAR --list -f "$SET/files.tar"
		for _list in "$SET"/snap-*.list; do [ ! -e "$_list" ] || tr '\0\n' '\n ' <"$_list"; done
	} | wc -l
}
take_backup_end() {
	trap - EXIT TERM INT HUP
	if [ "$1" != 0 ]; then
		set +e
		backup_remove "$PART"
		backup_remove "$SET"
	fi
	exit "$1"
}
take_backup_verify() { [ -d "$(backup_last "$1")" ]; }
take_backup_undo() {
	backup_leftovers "$2" "$1" >"$OD/leftovers"
	[ ! -e "$B/taken" ] || cat "$B/taken" >>"$OD/leftovers"
	while IFS= read -r _set; do backup_remove "$_set"; done <"$OD/leftovers"
	rm -f "$RD/backup.$1" "$RD/backup.$1.sums"
	[ ! -e "$B/mode" ] || [ ! -d "$2" ] || chmod "$(recall mode)" -- "$2"
	unmkdirs
}
