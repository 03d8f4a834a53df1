# shellcheck shell=sh
# discard_images CUTOVER CUT: the before-images of the cutover's moves, and what was written down at its cut; their journals stay. CUT: also the mark by which
# this host once began to serve: it does not any more, and the way back is given up.
discard_images_probe() {
	[ "${2:-}" != cut ] || [ ! -e "$J/cut/$1" ] || return 1
	[ ! -e "$(marks "$1")" ] && [ -z "$(find "$J/runs" -maxdepth 2 -path "$J/runs/$1.[0-9]*/before" 2>/dev/null)" ]
}
discard_images_do() {
	for _r in "$J/runs/$1".[0-9]*; do
		[ "$_r" = "$RD" ] || rm -rf "$_r/before" "$_r"/stage.* "$_r/maildrop"
	done
	rm -rf "$(marks "$1")" "$J/late/$1"
	[ "${2:-}" != cut ] || [ ! -e "$J/cut/$1" ] || {
		rm -f "$J/cut/$1"
		flush "$J/cut"
	}
}
discard_images_verify() { discard_images_probe "$@"; }
