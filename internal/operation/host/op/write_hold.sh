# shellcheck shell=sh
# write_hold NAME THINGS: from now on only this cutover changes these things of the host. THINGS one a line, as operations name what they touch.
write_hold_probe() { [ "$(cat "$J/hold/$1/run" 2>/dev/null)" = "$RUN" ]; }
write_hold_do() {
	if [ -d "$J/hold/$1" ]; then [ -e "$B/earlier" ] || cp -R "$J/hold/$1" "$B/earlier"; fi
	rm -rf "$J/hold/.next.$1"
	mkdir -p "$J/hold/.next.$1"
	[ ! -d "$J/hold/$1/account" ] || cp -R "$J/hold/$1/account" "$J/hold/.next.$1/"
	printf '%s\n' "$1" | put "$J/hold/.next.$1/name"
	printf '%s\n' "$2" | put "$J/hold/.next.$1/touches"
	printf '%s\n' "$RUN" | put "$J/hold/.next.$1/run"
	hold_comes "$1" "$J/hold/.next.$1"
}
write_hold_verify() { write_hold_probe "$1"; }
write_hold_undo() {
	if [ -d "$B/earlier" ]; then
		rm -rf "$J/hold/.next.$1"
		cp -R "$B/earlier" "$J/hold/.next.$1"
		hold_comes "$1" "$J/hold/.next.$1"
	else
		hold_gone "$1"
	fi
}
