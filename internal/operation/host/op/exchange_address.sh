# shellcheck shell=sh
# exchange_address GIVE GET FIRST: this host has GIVE and gets GET, while the other one does the same the other way round; no address is ever on both. FIRST,
# yes or no: it gives its own up first, for a boot too, and has none until the other one's is free. The other one always has one. Back it is the same.
exchange_address_probe() {
	address_here "$2" && ! address_here "$1" && { [ "$3" = no ] || ! address_persistent "$1"; }
}
exchange_address_do() {
	_link=$(recall device) || _link=$(address_device "$1")
	[ -n "$_link" ] || die "$1 is not on this host"
	remember device "$_link"
	pull_close # the way to the other side led over the old addresses
	if [ "$3" = no ]; then
		exchange_address_get "$2" 30 || die "the other side has not given $2 up"
		address_delete "$1"
		return 0
	fi
	address_forget "$1"
	address_delete "$1"
	exchange_address_get "$2" 45 || {
		address_restore_files
		address_here "$1" || address_add "$1" "$_link"
		die "the other side has not given $2 up: $1 is here again"
	}
}
# exchange_address_get ADDRESS SECONDS: it is put on as soon as nobody answers at it.
exchange_address_get() {
	! address_here "$1" || return 0
	await "$2" address_free "$1" "$_link" || return 1
	address_add "$1" "$_link" || :
	address_here "$1"
}
exchange_address_verify() { exchange_address_probe "$@"; }
# exchange_address_undo: who does not get its own in time, since the other side is lost or late, takes it all the same: a host that nobody reaches helps nobody.
exchange_address_undo() {
	_link=$(recall device) || return 0
	if [ "$3" = yes ]; then
		address_restore_files
		address_delete "$2"
		exchange_address_get "$1" 180 || address_add "$1" "$_link"
	else
		exchange_address_get "$1" 180 || address_add "$1" "$_link"
		address_delete "$2"
	fi
}
