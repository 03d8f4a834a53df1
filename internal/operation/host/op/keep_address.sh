# shellcheck shell=sh
# keep_address ADDRESS: the host gets the address at every boot.
keep_address_probe() { address_persistent "$1"; }
keep_address_do() {
	remember kept yes
	address_keep "$1"
}
keep_address_verify() { address_persistent "$1"; }
keep_address_undo() {
	[ "$(recall kept)" = yes ] || return 0
	address_forget "$1"
	# The drop-in that was made for it says nothing more.
	for _f in /etc/systemd/network/*.network.d/"$(address_drop "$1")"; do
		if [ -e "$_f" ] && [ "$(cat "$_f")" = '[Network]' ]; then rm "$_f"; fi
	done
	flush /etc/systemd/network
}
