# shellcheck shell=sh
# arm_recovery NAME DIRECTORY PATHS: from here on, going back brings the paths (one a line) to what the last backup of that name holds. Which backup that
# is stays written down until the hop is settled: a run that was cut off goes on with it, and takes none of data that may be changed already.
arm_recovery_probe() { [ -d "$(recall set)" ]; }
arm_recovery_do() {
	_set=$(backup_last "$1")
	[ -d "$_set" ] || die "there is no backup $1 in $2"
	remember set "$_set"
	report path "$_set"
}
arm_recovery_verify() { arm_recovery_probe; }
arm_recovery_undo() {
	[ -e "$B/set" ] || return 0
	SET=$(recall set)
	[ -f "$SET/manifest" ] || die "the backup $SET is gone: nothing can be restored"
	! recovery_whole "$3" || return 0
	[ "$SET" = "$(backup_last "$1")" ] || die "$SET is not the last backup $1 in $2. Next: restore it by hand"
	restore_backup_do "$1" "$2" "$3" ''
	restore_backup_verify "$1" "$2" "$3" ''
	# What was there stays, under a name of its own: another hop that fails puts aside what is its own.
	while IFS='	' read -r _aside _p; do
		rm -rf -- "$_aside/was" "$_aside/swapped"
		mv -T -- "$_aside" "$_aside.$(date -u +%Y%m%dT%H%M%SZ)"
	done <"$B/asides"
}
# recovery_whole PATHS: they hold what the archive holds, and nothing else.
recovery_whole() {
	# shellcheck disable=SC2086 # words
	$BACKUP_TAR --compare -C / -f "$SET/files.tar" >/dev/null 2>&1 || return 1
	# shellcheck disable=SC2086 # words
	_kept=$($BACKUP_TAR --list -f "$SET/files.tar" | wc -l)
	[ "$_kept" = "$(printf '%s\n' "$1" | while IFS= read -r _p; do [ -z "$_p" ] || find "$_p" -printf '.\n'; done | wc -l)" ]
}
