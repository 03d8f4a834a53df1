# shellcheck shell=sh
# mount_path DEVICE PATH TYPE OPTIONS: the device is mounted there, with these options.
mount_path_probe() {
	_at=$(readlink -m -- "$2")
	mount_read "$_at" && mount_same "$1" "$_at" "$3" "$4" && [ -z "$(mount_wrong "$4")" ]
}
mount_path_holds() {
	_at=$(readlink -m -- "$2")
	mount_read "$_at" || { drift "$1 is not mounted at $2"; return 1; }
	mount_same "$1" "$_at" "$3" "$4" || { drift "$M_SOURCE ($M_TYPE) is mounted at $2, not $1 ($3)"; return 1; }
	_wrong=$(mount_wrong "$4")
	[ -z "$_wrong" ] || { drift "$2 is mounted $_wrong"; return 1; }
}
mount_path_do() {
	_in_the_way=$(mount_obstacles "$@")
	[ -z "$_in_the_way" ] || die "$_in_the_way"
	_at=$(readlink -m -- "$2")
	if mount_read "$_at"; then
		remember options "$M_OPTIONS"
		mount_change "$_at" "$1" "$4"
		return
	fi
	mkdirs 022 "$_at"
	table_word "$_at" | put "$RD/mounted"
	remember mounted yes
	mount -t "$3" -o "$4" -- "$1" "$_at" >&2
}
mount_path_verify() { mount_path_probe "$@"; }
mount_path_undo() {
	_at=$(readlink -m -- "$2")
	if mount_read "$_at" && mount_same "$1" "$_at" "$3" "$4"; then
		if [ "$(recall mounted)" = yes ]; then
			mount_release "$_at"
		elif [ -e "$B/options" ]; then
			_were=$(recall options)
			! mount_binds "$4" || _were=bind,$_were
			mount_change "$_at" "$1" "$_were"
		fi
	fi
	unmkdirs
	rm -f "$RD/mounted"
}
