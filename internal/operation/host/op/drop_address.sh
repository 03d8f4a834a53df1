# shellcheck shell=sh
# drop_address ADDRESS: the host gives the address up, now and at boot.
drop_address_probe() { ! address_here "$1" && ! address_persistent "$1"; }
drop_address_do() {
	_dev=$(address_device "$1")
	[ -z "$_dev" ] || remember device "$_dev"
	address_forget "$1"
	address_delete "$1"
}
drop_address_verify() { ! address_here "$1" && ! address_persistent "$1"; }
drop_address_undo() {
	address_restore_files
	_dev=$(recall device) || _dev=
	[ -z "$_dev" ] || address_here "$1" || address_add "$1" "$_dev"
}
