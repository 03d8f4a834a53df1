# shellcheck shell=sh
# restore_files NAME CUTOVER: the configuration files that the last move of the cutover replaced here come back.
restore_files_image() {
	for _n in $(find "$J/runs" -maxdepth 1 -name "$2.[0-9]*" -printf '%f\n' | sed "s/.*[.]//" | sort -rn); do
		for _image in "$J/runs/$2.$_n"/before/copy_files.*."$1"; do
			[ ! -e "$_image/created" ] || { printf '%s' "$_image"; return 0; }
		done
	done
	return 1
}
restore_files_probe() { ! restore_files_image "$@" >/dev/null; }
restore_files_do() {
	B=$(restore_files_image "$@")
	copy_files_undo "$1"
	rm -rf "$B"
}
restore_files_verify() { :; }
