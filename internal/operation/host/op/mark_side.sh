# shellcheck shell=sh
# mark_side CUTOVER PATTERNS DATABASES QUEUE: writes down what this side holds at the cut.
mark_side_probe() { [ "$(cat "$(marks "$1")/run" 2>/dev/null)" = "$RUN" ]; }
mark_side_do() {
	_side=$(marks "$1")
	remember had "$(if [ -d "$_side" ]; then echo yes; else echo no; fi)"
	rm -rf "$_side.new"
	mkdir -p "$_side.new"
	mark_write "$_side.new" "$2" "$3" "$4"
	printf '%s\n' "$RUN" >"$_side.new/run"
	flush "$_side.new"/* "$_side.new"
	if [ "$(recall had)" = yes ] && [ ! -d "$B/earlier" ]; then mv "$_side" "$B/earlier"; else rm -rf "$_side"; fi
	mv "$_side.new" "$_side"
	flush "$J/marks"
	[ ! -e "$_side/messages" ] || report messages "$(tr -dc '\000' <"$_side/messages" | wc -c)"
	[ ! -e "$_side/lsn" ] || report wal "$(cat "$_side/lsn")"
}
mark_side_verify() { mark_side_probe "$1"; }
mark_side_undo() {
	_side=$(marks "$1")
	if [ -d "$B/earlier" ]; then
		rm -rf "$_side"
		mv "$B/earlier" "$_side"
	elif [ "$(recall had)" = no ]; then
		rm -rf "$_side" "$_side.new"
	fi
}
