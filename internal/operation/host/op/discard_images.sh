# shellcheck shell=sh
# discard_images CUTOVER CUT: the before-images of the cutover's moves, and what was written down at its cut; their journals stay, and say that the way back
# was given up. CUT: also the mark by which this host once began to serve: it does not any more.
discard_images_left() {
	for _run in $(move_runs "$1"); do
		[ ! -e "$J/runs/$_run/before" ] || printf '%s\n' "$_run"
	done
}
discard_images_probe() {
	[ "${2:-}" != cut ] || [ ! -e "$J/cut/$1" ] || return 1
	[ ! -e "$(marks "$1")" ] && [ -z "$(discard_images_left "$1")" ]
}
discard_images_do() {
	# First: a back-out without what goes now would be none.
	_last=$(last_committed "$1")
	[ -z "$_last" ] || put "$J/runs/$_last/final" </dev/null
	for _run in $(move_runs "$1"); do
		rm -rf "$J/runs/$_run/before" "$J/runs/$_run"/stage.* "$J/runs/$_run/maildrop"
	done
	rm -rf "$(marks "$1")" "$J/late/$1"
	[ "${2:-}" != cut ] || [ ! -e "$J/cut/$1" ] || {
		rm -f "$J/cut/$1"
		flush "$J/cut"
	}
}
discard_images_verify() { discard_images_probe "$@"; }
