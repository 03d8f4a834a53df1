# shellcheck shell=sh
# restore_backup NAME DIRECTORY PATHS DATABASES: what the last backup of that name holds is in its place again. What is there is put aside, on the same
# file system and under another name, until it is undone or nobody wants it any more: $B/asides has a line for each path, "folder<TAB>path".
#   FOLDER/new        what comes, with all of its path       FOLDER/old      what was there
#   FOLDER/was, /is   folders with the attributes of a tree's own folder, as it was and as it shall be
#   FOLDER/swapped    from here on what lies in the path is what came
restore_backup_probe() { false; }
restore_backup_do() {
	SET=$(backup_last "$1")
	[ -n "$SET" ] || SET=$2/$(backup_sets "$2" "$1" | tail -n 1)
	[ -f "$SET/manifest" ] || die "there is no backup $1 in $2. Next: take one, or restore by hand what there is"
	backup_read "$SET"
	! _user=$(trees_in_use "$(printf '%s\n' "$3" | sed '/./s,/*$,/,')") || die "what is to be restored is in use by $_user. Next: stop it, and apply again"
	restore_backup_staged "$1" "$3"
	while IFS='	' read -r _aside _p; do
		if [ -d "$_aside/new$_p" ]; then restore_backup_tree "$_aside" "$_p"; else restore_backup_file "$_aside" "$_p"; fi
	done <"$B/asides"
	[ -z "$4" ] || restore_backup_databases "$4"
	report path "$SET"
}
# restore_backup_staged NAME PATHS: all that comes lies beside its place before anything is moved.
restore_backup_staged() {
	printf '%s\n' "$2" >"$OD/paths"
	while IFS= read -r _p; do
		[ -n "$_p" ] || continue
		_aside=$(restore_backup_aside "$1" "$_p")
		grep -Fqx -e "$_aside	$_p" "$B/asides" 2>/dev/null || printf '%s\t%s\n' "$_aside" "$_p" >>"$B/asides"
		flush "$B/asides"
		mkdir -p -- "$_aside"
		rm -rf -- "$_aside/new" "$_aside/is"
		mkdir -- "$_aside/new" "$_aside/is"
		restore_backup_unpack "$_aside/new" "$_p"
		[ ! -d "$_aside/new$_p" ] || restore_backup_like "$_aside/new$_p" "$_aside/is"
	done <"$OD/paths"
	[ -s "$B/asides" ] || : >"$B/asides"
}
# restore_backup_aside NAME PATH: beside it; in it where that is another file system.
restore_backup_aside() {
	_in=$(dirname -- "$2")
	if [ -d "$2" ] && { mountpoint -q -- "$2" || [ "$(stat -c %d -- "$2")" != "$(stat -c %d -- "$_in")" ]; }; then _in=$2; fi
	[ -d "$_in" ] || mkdirs 022 "$_in"
	printf '%s/.%s.%s\n' "${_in%/}" "$1" "$(basename -- "$2")"
}
# restore_backup_unpack FOLDER PATH
restore_backup_unpack() {
	_snap=$(restore_backup_snap "$2")
	if [ -n "$_snap" ]; then
		mkdir -p -- "$1$(dirname -- "$2")"
		cp -a --reflink=auto -- "$SET/$_snap" "$1$2" || die "$SET/$_snap cannot be copied to $1. Next: make room there"
	else
		# shellcheck disable=SC2086 # words
		$BACKUP_TAR --extract --preserve-permissions --same-owner -C "$1" -f "$SET/files.tar" -- "${2#/}" >&2 ||
			die "$2 cannot be unpacked from $SET into $1. Next: see that the backup holds it, and that there is room"
	fi
}
# restore_backup_snap PATH: the snapshot of it in the set; nothing where it was archived.
restore_backup_snap() {
	_wanted=$1 awk '$1 == "#" && $2 ~ /^snap-/ { p = $0; sub(/^# [^ ]* [^ ]* /, "", p); if (p == ENVIRON["_wanted"]) print $2 }' "$SET/manifest"
}
# restore_backup_like FOLDER OTHER: the other folder gets the attributes of the first, and nothing of what is in it.
restore_backup_like() {
	rsync -aAX --numeric-ids --exclude='*' "$1/" "$2/"
	touch -r "$1" -- "$2" # rsync takes times of the same second for the same
}
# restore_backup_all FOLDER BUT COMMAND...: with all that is in the folder, but that, as arguments.
restore_backup_all() {
	_folder=$1 _but=$2
	shift 2
	find "$_folder" -mindepth 1 -maxdepth 1 ! -samefile "$_but" -exec "$@" {} +
}
restore_backup_tree() {
	[ -d "$2" ] || mkdirs 022 "$2"
	if [ -e "$1/swapped" ]; then
		restore_backup_all "$2" "$1" rm -rf --
	else
		if [ ! -d "$1/was" ]; then
			mkdir -- "$1/was"
			restore_backup_like "$2" "$1/was"
		fi
		mkdir -p -- "$1/old"
		restore_backup_all "$2" "$1" mv -t "$1/old" --
		: | put "$1/swapped"
	fi
	restore_backup_all "$1/new$2" "$1" mv -t "$2" --
	restore_backup_like "$1/is" "$2"
	flush_below "$2"
}
restore_backup_file() {
	if [ ! -e "$1/swapped" ]; then
		mkdir -p -- "$1/old"
		[ ! -e "$2" ] || mv -T -- "$2" "$1/old/file"
		: | put "$1/swapped"
	fi
	mv -T -- "$1/new$2" "$2"
	flush "$2" "$(dirname -- "$2")"
}
# restore_backup_databases DATABASES: the live one waits under another name.
restore_backup_databases() {
	printf '%s\n' "$1" >"$OD/databases"
	while IFS='	' read -r _file _db; do
		if pg_exists "$(restore_backup_waits "$_db")"; then
			pg_free "$_db"
			pg_drop "$_db"
		elif pg_exists "$_db"; then
			pg_free "$_db"
			restore_backup_rename "$_db" "$(restore_backup_waits "$_db")"
		else
			remember "none.$_file" yes
		fi
		pg_tool pg_restore --exit-on-error --create -d postgres <"$SET/$_file" >&2 || die "the database $_db cannot be restored from $SET/$_file"
	done <"$OD/databases"
}
restore_backup_waits() { printf '%s__replaced' "$(printf '%s' "$1" | cut -b -52)"; }
restore_backup_rename() { echo 'ALTER DATABASE :"from" RENAME TO :"to"' | pg postgres -v "from=$1" -v "to=$2"; }
restore_backup_verify() {
	while IFS='	' read -r _aside _p; do
		_snap=$(restore_backup_snap "$_p")
		# shellcheck disable=SC2086 # words
		[ -n "$_snap" ] || $BACKUP_TAR --compare -C / -f "$SET/files.tar" -- "${_p#/}" >&2
		rm -rf -- "$_aside/new" "$_aside/is"
	done <"$B/asides"
	printf '%s\n' "$4" | while IFS='	' read -r _ _db; do [ -z "$_db" ] || pg_exists "$_db"; done
}
restore_backup_undo() {
	[ -z "$4" ] || restore_backup_databases_undo "$4"
	[ -e "$B/asides" ] || return 0
	while IFS='	' read -r _aside _p; do
		[ ! -d "$_aside" ] || restore_backup_back "$_aside" "$_p"
		rm -rf -- "$_aside"
	done <"$B/asides"
	unmkdirs
}
# restore_backup_back FOLDER PATH: may be repeated after any interruption: once the mark is gone, nothing in the path is what came.
restore_backup_back() {
	if [ -d "$1/was" ]; then
		[ ! -e "$1/swapped" ] || restore_backup_all "$2" "$1" rm -rf --
		rm -f -- "$1/swapped"
		flush "$1"
		[ ! -d "$1/old" ] || restore_backup_all "$1/old" "$1" mv -t "$2" --
		restore_backup_like "$1/was" "$2"
	else
		[ ! -e "$1/swapped" ] || rm -rf -- "$2"
		rm -f -- "$1/swapped"
		flush "$1"
		[ ! -e "$1/old/file" ] || mv -T -- "$1/old/file" "$2"
	fi
}
restore_backup_databases_undo() {
	pg_awake
	printf '%s\n' "$1" >"$OD/databases"
	while IFS='	' read -r _file _db; do
		if pg_exists "$(restore_backup_waits "$_db")"; then
			pg_free "$_db"
			pg_drop "$_db"
			restore_backup_rename "$(restore_backup_waits "$_db")" "$_db"
		elif [ -e "$B/none.$_file" ]; then
			pg_free "$_db"
			pg_drop "$_db"
		fi
	done <"$OD/databases"
}
