# shellcheck shell=sh
# discard_images CUTOVER: the before-images of the cutover's moves, and the marks of its cut; their journals stay.
discard_images_probe() { [ ! -e "$(marks "$1")" ] && [ -z "$(find "$J/runs" -maxdepth 2 -path "$J/runs/$1.[0-9]*/before" 2>/dev/null)" ]; }
discard_images_do() {
	for _r in "$J/runs/$1".[0-9]*; do
		[ "$_r" = "$RD" ] || rm -rf "$_r/before" "$_r"/stage.* "$_r/maildrop"
	done
	rm -rf "$(marks "$1")" "$J/late/$1"
}
discard_images_verify() { discard_images_probe "$1"; }
