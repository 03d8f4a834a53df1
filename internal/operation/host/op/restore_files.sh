# shellcheck shell=sh
# restore_files NAME CUTOVER: the configuration files that the last move of the cutover replaced here come back.
restore_files_image() {
	_newest=
	for _run in $(move_runs "$2"); do
		for _image in "$J/runs/$_run"/before/copy_files.*."$1"; do
			[ ! -e "$_image/created" ] || _newest=$_image
		done
	done
	[ -n "$_newest" ] && printf '%s' "$_newest"
}
restore_files_probe() { ! restore_files_image "$@" >/dev/null; }
restore_files_do() {
	B=$(restore_files_image "$@")
	copy_files_undo "$1"
	rm -rf "$B"
}
restore_files_verify() { :; }
