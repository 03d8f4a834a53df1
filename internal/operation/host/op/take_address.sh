# shellcheck shell=sh
# take_address ADDRESS: the host has the address now, not yet over a boot.
take_address_probe() { address_here "$1"; }
take_address_do() {
	# After a power cut nobody knows what happened meanwhile; a second to look is well spent.
	if [ "${FINISHING:-0}" = 1 ] && ping -q -c 1 -W 1 "${1%/*}" >/dev/null 2>&1; then
		die "$1 is answered by another host: it is not taken"
	fi
	remember added yes
	address_add "$1" ""
}
take_address_verify() { address_here "$1"; }
take_address_undo() {
	[ "$(recall added)" = yes ] || return 0
	address_delete "$1"
}
