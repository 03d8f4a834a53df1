# shellcheck shell=sh
# set_hostname NAME: the host's name, now and at boot.
set_hostname_probe() { [ "$(uname -n)" = "$1" ] && [ "$(hostname_at_boot)" = "$1" ]; }
set_hostname_do() {
	remember name "$(uname -n)"
	_there=yes
	[ -e "$HOSTNAME_FILE" ] || _there=no
	printf '%s\n' "$1" | address_write "$HOSTNAME_FILE"
	[ "$_there" = yes ] || chmod 644 "$HOSTNAME_FILE"
	hostname_now "$1"
}
set_hostname_verify() { set_hostname_probe "$1"; }
set_hostname_undo() {
	_was=$(recall name) || return 0
	address_restore_files
	hostname_now "$_was"
}
