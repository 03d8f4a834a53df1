# shellcheck shell=sh
# move_mount PATH OTHER: what is mounted at PATH is mounted at OTHER instead, now and at boot.
move_mount_probe() { [ -e "$B/moved" ] && mountpoint -q -- "$2" && [ "$(recall device)" = "$(stat -c %d -- "$2")" ] && ! fstab_points "$1"; }
move_mount_do() {
	_here=$(readlink -m -- "$1")
	if [ ! -e "$B/device" ]; then
		mountpoint -q -- "$_here" || die "nothing is mounted at $1. Next: mount the file system that is to be replaced, or leave storage out"
		! mountpoint -q -- "$2" || die "something is mounted at $2 already. Next: unmount it, or name another previous_path"
		if [ -n "$(ls -A -- "$2" 2>/dev/null)" ]; then die "$2 is not empty: what is in it would be hidden. Next: name another previous_path"; fi
		remember device "$(stat -c %d -- "$_here")"
	fi
	mkdirs 022 "$2"
	mountpoint -q -- "$2" || mount --bind -- "$_here" "$2" >&2
	if mountpoint -q -- "$_here" && [ "$(stat -c %d -- "$_here")" = "$(recall device)" ]; then mount_release "$_here"; fi
	exclusive fstab fstab_move "$1" "$2"
	remember moved yes
}
move_mount_verify() { move_mount_probe "$@"; }
move_mount_undo() {
	[ -e "$B/device" ] || return 0
	_here=$(readlink -m -- "$1")
	if mountpoint -q -- "$2"; then
		mountpoint -q -- "$_here" || mount --bind -- "$2" "$_here" >&2
		mount_release "$(readlink -m -- "$2")"
	fi
	exclusive fstab fstab_move_back "$1" "$2"
	unmkdirs
}
# fstab_points POINT: a line of it mounts something there.
fstab_points() {
	[ -e "$FSTAB" ] && _point=$(table_word "$1") awk '$1 !~ /^#/ && NF > 1 { p = $2; if (p != "/") sub(/\/+$/, "", p); if (p == ENVIRON["_point"]) found = 1 } END { exit !found }' "$FSTAB"
}
fstab_move() {
	fstab_points "$1" || return 0
	[ -e "$B/fstab" ] || put "$B/fstab" <"$FSTAB"
	fstab_moved "$1" "$2" >"$OD/fstab"
	sha256sum <"$OD/fstab" | put "$B/written"
	fstab_put "$OD/fstab"
}
# fstab_moved FROM TO: fstab with the one point in place of the other; the rest of each line stays as it is written.
fstab_moved() {
	_from=$(table_word "$1") _to=$(table_word "$2") awk '
		{ p = $2; if (p != "/") sub(/\/+$/, "", p) }
		$1 !~ /^#/ && NF > 1 && p == ENVIRON["_from"] {
			match($0, /^[ \t]*[^ \t]+[ \t]+/)
			print substr($0, 1, RLENGTH) ENVIRON["_to"] substr($0, RLENGTH + length($2) + 1)
			next
		}
		{ print }' "$FSTAB"
}
fstab_move_back() {
	[ -e "$B/fstab" ] || return 0
	if [ "$(sha256sum <"$FSTAB")" = "$(recall written)" ]; then
		fstab_put "$B/fstab"
	elif ! fstab_points "$1"; then # somebody else has changed it since
		fstab_moved "$2" "$1" >"$OD/fstab"
		fstab_put "$OD/fstab"
	fi
}
