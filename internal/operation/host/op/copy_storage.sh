# shellcheck shell=sh
# copy_storage FROM TO PATHS: PATHS (one a line, below FROM) are below TO as well, as they are there.
copy_storage_probe() {
	printf '%s\n' "$3" | while IFS= read -r _p; do
		[ -z "$_p" ] || { [ -e "$2/$_p" ] && copy_storage_same "$1/$_p" "$2/$_p"; } || exit 1
	done
}
# copy_storage_pass FROM TO OPTION...: a folder is copied into the other of its name.
copy_storage_pass() {
	_from=$1 _to=$2
	shift 2
	if [ -d "$_from" ]; then _from=$_from/ _to=$_to/; fi
	rsync -aHAX --numeric-ids --modify-window=-1 "$@" -- "$_from" "$_to"
}
copy_storage_same() { [ -z "$(copy_storage_pass "$1" "$2" --dry-run --checksum --delete --out-format=%n)" ]; }
copy_storage_do() {
	printf '%s\n' "$3" >"$OD/paths"
	while IFS= read -r _p; do
		[ -n "$_p" ] || continue
		[ -e "$1/$_p" ] || die "$1/$_p is not there. Next: take it out of storage.copy, or look whether the old file system is mounted"
		if ! grep -Fqx -e "$_p" "$B/copied" 2>/dev/null; then
			[ -z "$(ls -A -- "$2/$_p" 2>/dev/null)" ] || die "$2/$_p is there already, and not empty. Next: empty the new file system"
			printf '%s\n' "$_p" >>"$B/copied"
			flush "$B/copied"
		fi
		mkdirs 022 "$(dirname -- "$2/$_p")"
		copy_storage_pass "$1/$_p" "$2/$_p" --delete >&2
	done <"$OD/paths"
	flush_below "$2"
	report bytes "$(while IFS= read -r _p; do [ -z "$_p" ] || du -sb -- "$2/$_p"; done <"$OD/paths" | awk '{ n += $1 } END { printf "%.0f", n }')"
}
copy_storage_verify() { copy_storage_probe "$@"; }
copy_storage_undo() {
	[ -e "$B/copied" ] || return 0
	while IFS= read -r _p; do rm -rf -- "${2:?}/$_p"; done <"$B/copied"
	unmkdirs
}
