# shellcheck shell=sh
# settle_hop UPGRADE VERSION RECOVERIES: the hop is proved: a failure from here on leaves it, and what RECOVERIES (operations, one a line) go back to is
# gone back to no more.
served_mark() { printf '%s/upgrades/%s' "$J" "$1"; }

settle_hop_probe() {
	[ "$(cat "$(served_mark "$1")" 2>/dev/null)" = "$2" ] && printf '%s\n' "$3" | while IFS= read -r _id; do [ ! -e "$RD/before/$_id/set" ] || exit 1; done
}
# What serves by this host's word is for whoever asks, and no difference.
settle_hop_holds() { report serves "$(cat "$(served_mark "$1")" 2>/dev/null)"; }
settle_hop_do() {
	if [ -e "$(served_mark "$1")" ]; then remember served "$(cat "$(served_mark "$1")")"; else remember none yes; fi
	mkdir -p "$J/upgrades"
	printf '%s\n' "$2" | put "$(served_mark "$1")"
	printf '%s\n' "$3" | while IFS= read -r _id; do [ -z "$_id" ] || rm -f "$RD/before/$_id/set"; done
}
settle_hop_verify() { settle_hop_probe "$@"; }
settle_hop_undo() {
	if [ -e "$B/served" ]; then
		put "$(served_mark "$1")" <"$B/served"
	elif [ -e "$B/none" ]; then
		rm -f "$(served_mark "$1")"
		rmdir "$J/upgrades" 2>/dev/null || :
	fi
}
