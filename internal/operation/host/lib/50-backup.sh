# shellcheck shell=sh
# Backups. A set is a folder NAME.NUMBER.TIME in the declared directory: files.tar, a dump of each database, what belongs to them, and a manifest, which
# sha256sum -c reads. While it is made its name begins with a dot, so what has the name is whole. Numbers tell which is newer, whatever the clock says.
#   $RD/backup.NAME        the last one that was proved: its folder, then "size mtime ctime file" of each of its files
#   $RD/backup.NAME.sums   their digests, the manifest's too

BACKUP_TAR='tar --acls --xattrs --xattrs-include=* --numeric-owner --quoting-style=escape'

# backup_sets DIRECTORY NAME: whole sets, oldest first.
backup_sets() {
	[ -d "$1" ] || return 0
	find "$1" -mindepth 1 -maxdepth 1 -type d -name "$2.[0-9][0-9][0-9][0-9][0-9][0-9].*Z" -printf '%f\n' | sort
}
# backup_next DIRECTORY NAME
backup_next() {
	_last=$(backup_sets "$1" "$2" | tail -n 1 | sed 's/^.*[.]0*\([0-9][0-9]*\)[.][^.]*$/\1/')
	printf '%s.%06d.%s\n' "$2" "$((${_last:-0} + 1))" "$(date -u +%Y%m%dT%H%M%SZ)"
}
# backup_last NAME: the folder of the last set that was proved; nothing where there is none.
backup_last() { [ ! -e "$RD/backup.$1" ] || head -n 1 "$RD/backup.$1"; }
# backup_stand FOLDER: how its files stand, without reading them.
backup_stand() { find "$1" -mindepth 1 -maxdepth 1 -type f -printf '%s %T@ %C@ %f\n' | sort; }
# backup_remove FOLDER: it loses its name first, so that half of it is never taken for a set.
backup_remove() {
	[ -e "$1" ] || return 0
	case ${1##*/} in .*) _gone=$1 ;; *) _gone=${1%/*}/.${1##*/}.gone ;; esac
	[ "$_gone" = "$1" ] || mv -T -- "$1" "$_gone"
	flush "${1%/*}"
	for _snap in "$_gone"/snap-*; do
		[ -d "$_snap" ] || continue
		btrfs subvolume delete "$_snap" >&2
	done
	rm -rf -- "$_gone"
}
# backup_leftovers DIRECTORY NAME: what runs that were cut off have left.
backup_leftovers() { [ ! -d "$1" ] || find "$1" -mindepth 1 -maxdepth 1 -type d \( -name ".$2.[0-9]*.part" -o -name ".$2.[0-9]*.gone" \); }

# backup_paths PATHS: each can be backed up, and none holds the directory.
backup_paths() {
	_real=$(readlink -m -- "$2")
	printf '%s\n' "$1" | while IFS= read -r _p; do
		[ -n "$_p" ] || continue
		[ ! -L "$_p" ] || die "$_p is a symbolic link. Next: name what it points to, $(readlink -m -- "$_p")"
		[ -e "$_p" ] || die "$_p is not there. Next: mount or make it, or take it out of paths"
		case $_real/ in "$(readlink -m -- "$_p")"/*) die "$2 lies inside $_p: each backup would hold all earlier ones. Next: name a directory outside of it" ;; esac
		if [ -d "$_p" ]; then (tree_present "$_p") || die "an empty or unmounted path is not backed up. Next: mount it, or take it out of paths"; fi
	done
}
# backup_known DATABASES: each is there.
backup_known() {
	[ -n "$1" ] || return 0
	has psql || die "there is no PostgreSQL here. Next: take databases out"
	printf '%s\n' "$1" | while IFS='	' read -r _ _db; do pg_exists "$_db" || die "there is no database $_db. Next: correct its name, or take it out of databases"; done
}
# backup_directory DIRECTORY NAME: it is there, ours and nobody else's.
backup_directory() {
	if [ ! -d "$1" ]; then
		mkdirs 077 "$1"
	elif [ "$(stat -c %a -- "$1")" != 700 ]; then
		[ -z "$(find "$1" -mindepth 1 -maxdepth 1 ! -name "*.[0-9][0-9][0-9][0-9][0-9][0-9].*" | head -n 1)" ] ||
			die "$1 can be read by others (mode $(stat -c %a -- "$1")) and holds more than backups. Next: name a directory of its own, or chmod 700 it"
		remember mode "$(stat -c %a -- "$1")"
		chmod 700 -- "$1"
	fi
	[ "$(stat -c %u -- "$1")" = "$(id -u)" ] || die "$1 belongs to $(stat -c %U -- "$1"), who could replace what is in it. Next: name a directory of root's"
}
# mkdirs UMASK FOLDER: makes it and what is missing above it; made remembers them, the deepest last.
mkdirs() {
	[ ! -d "$2" ] || return 0
	mkdirs "$1" "$(dirname -- "$2")"
	printf '%s\n' "$2" >>"$B/made"
	flush "$B/made"
	(umask "$1" && mkdir -- "$2") || [ -d "$2" ] # another operation was first
}
# unmkdirs: takes back what mkdirs made, as far as nobody else uses it.
unmkdirs() {
	[ -e "$B/made" ] || return 0
	sort -r "$B/made" | while IFS= read -r _made; do rmdir -- "$_made" 2>/dev/null || :; done
}

# backup_need PATHS DATABASES: KiB that the archives take at most. A file with several names is archived once; holes are not.
backup_need() {
	printf '%s\n' "$1" | while IFS= read -r _p; do
		[ -z "$_p" ] || find "$_p" -printf '%D:%i %n %b %s\n' 2>/dev/null || :
	done | awk '
		{ kib += 2.5 }
		$2 > 1 && seen[$1]++ { next }
		{ used = $3 / 2; size = $4 / 1024; kib += used < size ? used : size }
		END { printf "%.0f\n", kib + 64 }' >"$OD/need"
	printf '%s\n' "$2" | while IFS='	' read -r _file _db; do
		[ -z "$_db" ] || echo "SELECT pg_database_size(:'db') / 1024" | pg postgres -v "db=$_db" >>"$OD/need"
	done
	awk '{ kib += $1 } END { printf "%.0f\n", kib }' "$OD/need"
}
# backup_room DIRECTORY KIB
backup_room() {
	_free=$(df -Pk -- "$1" | awk 'NR == 2 { print $4 }')
	[ "$_free" -ge "$2" ] ||
		die "$1 has $((_free / 1024)) MiB free, and the backup may take $(($2 / 1024 + 1)) MiB. Next: make room there, keep fewer backups, or name another directory"
}

# backup_subvolume PATH
backup_subvolume() { [ "$(stat -f -c %T -- "$1")" = btrfs ] && [ "$(stat -c %i -- "$1")" = 256 ]; }

# backup_stream FILE COMMAND...: what the command prints becomes the file of the set; its digest is taken on the way.
backup_stream() {
	_file=$1
	shift
	rm -f "$OD/code.from" "$OD/code.to"
	_sum=$({ "$@" || echo $? >"$OD/code.from"; } | { tee -- "$PART/$_file" || echo $? >"$OD/code.to"; } | sha256sum)
	[ ! -e "$OD/code.to" ] || die "$PART/$_file cannot be written: is the file system full? Next: make room in ${PART%/*}"
	printf '%s  %s\n' "${_sum%% *}" "$_file" >>"$PART/manifest"
	[ ! -e "$OD/code.from" ] || return "$(cat "$OD/code.from")"
}

# backup_archive: the paths of $OD/archived, as one archive. A file that changes while it is read is no failure here: the comparison judges.
backup_archive() {
	[ -s "$OD/archived" ] || return 0
	tr '\n' '\0' <"$OD/archived" | sed -z 's,^/,,' >"$OD/archived0"
	_tar=0
	# shellcheck disable=SC2086 # words
	backup_stream files.tar $BACKUP_TAR --create --sparse --sort=name -C / --null --verbatim-files-from --files-from="$OD/archived0" || _tar=$?
	[ "$_tar" -le 1 ] || die "tar ended with $_tar"
}
# backup_databases DATABASES: dumps in the custom format; the roles that they name, with the hashes of their passwords.
backup_databases() {
	[ -n "$1" ] || return 0
	printf '%s\n' "$1" >"$OD/databases"
	while IFS='	' read -r _file _db; do
		backup_stream "$_file" pg_tool pg_dump -Fc -d "$_db" || die "the database $_db cannot be dumped"
	done <"$OD/databases"
	backup_stream roles.sql pg_tool pg_dumpall --roles-only || die "the roles cannot be dumped"
}
# backup_snapshots: the subvolumes of $OD/subvolumes, read-only, with a list of what is in each.
backup_snapshots() {
	_n=0
	while IFS= read -r _p; do
		backup_inner "$_p"
		_n=$((_n + 1))
		btrfs subvolume snapshot -r -- "$_p" "$PART/snap-$_n" >&2 ||
			die "no snapshot of $_p can be made. Next: see that ${PART%/*} lies on the same btrfs, or say snapshot = \"none\""
		backup_stream "snap-$_n.list" backup_list "$PART/snap-$_n"
		printf '# snap-%s %s %s\n' "$_n" "$(backup_uuid "$PART/snap-$_n")" "$_p" >>"$PART/manifest"
	done <"$OD/subvolumes"
}
# backup_inner PATH: no subvolume lies below it that a snapshot would leave out.
backup_inner() {
	find "$1" -mindepth 1 -xdev -type d -inum 256 2>/dev/null | grep -Fxv -f "$OD/subvolumes" | head -n 1 | while IFS= read -r _inner; do
		die "$_inner is a subvolume of its own, which a snapshot of $1 leaves out. Next: declare it as a path, too"
	done
}
backup_list() { (cd -- "$1" && find . -printf '%P %y %m %U:%G %s %T@ %l\0') | sort -z; }
backup_uuid() { btrfs subvolume show -- "$1" | sed -n 's/^[[:space:]]*UUID:[[:space:]]*//p'; }

# backup_read FOLDER: all of the set is read from the disk, and is what was written; the archives are whole.
backup_read() {
	find "$1" -mindepth 1 -maxdepth 1 -type f -exec dd if={} iflag=nocache count=0 status=none \; || :
	(cd -- "$1" && sha256sum --quiet --strict -c manifest >&2) || die "read back, $1 is not what was written. Next: look at the disk of this host"
	for _dump in "$1"/db-*.dump; do
		[ ! -e "$_dump" ] || pg_restore -f /dev/null "$_dump" >&2 || die "$_dump cannot be read back"
	done
	for _snap in "$1"/snap-*; do
		[ -d "$_snap" ] || continue
		[ "$(btrfs property get -ts -- "$_snap" ro)" = ro=true ] || die "$_snap can be written to"
		backup_list "$_snap" | cmp -s - "$_snap.list" || die "read back, $_snap does not hold what it held"
	done
}
# backup_compare ARCHIVE: with what is in the paths. What differs and has changed since $OD/stamp is the doing of whoever uses it, and is counted.
backup_compare() {
	: >"$OD/differs"
	[ -e "$1" ] || return 0
	_tar=0
	# shellcheck disable=SC2086 # words
	$BACKUP_TAR --compare -C / -f "$1" >"$OD/compared" 2>&1 || _tar=$?
	[ "$_tar" -le 1 ] || die "$(tail -n 3 "$OD/compared")"
	sed -e 's/^tar: //' -e 's/: Warning: .*//;t' -e 's/: \(Mod time\|Contents\|Size\|Mode\|Uid\|Gid\|File type\|Device number\|Symlink\) differs*$//;t' -e 's/: Not linked to .*//' "$OD/compared" |
		sort -u | while IFS= read -r _line; do
		# shellcheck disable=SC2059 # tar writes a name as a format of printf does, but for the percent sign
		_name=/$(printf "$(printf '%s' "$_line" | sed 's/%/%%/g').")
		_name=${_name%.}
		[ -e "$_name" ] || [ -L "$_name" ] || _name=$(dirname -- "$_name")
		while [ ! -e "$_name" ] && [ ! -L "$_name" ]; do _name=$(dirname -- "$_name"); done
		[ -n "$(find "$_name" -maxdepth 0 -cnewer "$OD/stamp")" ] || die "the archive is not what is in the tree: $(grep -F -m 1 -- "$_line" "$OD/compared")"
		printf '%s\n' "$_line" >>"$OD/differs"
	done
}
