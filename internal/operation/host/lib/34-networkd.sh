# shellcheck shell=sh
# systemd-networkd: a drop-in for each address beside the device's own file.

networkd_file() { networkctl status --no-pager "$1" 2>/dev/null | sed -n 's/^ *Network File: *\(\/.*\)/\1/p'; }
# What netplan makes for networkd below /run is netplan's.
networkd_owns() {
	_file=$(networkd_file "$1")
	case $_file in '' | */run/systemd/network/*-netplan-*) return 1 ;; esac
	[ -e "$_file" ] || return 1
	printf '%s\n' "$_file"
}
networkd_line() { printf '^[[:space:]]*Address[[:space:]]*=[[:space:]]*%s[[:space:]]*$' "$(printf '%s' "$1" | sed 's/[.]/[.]/g')"; }
networkd_files() {
	grep -lsE "$(networkd_line "$1")" "$NETWORKD_DIR"/*.network "$NETWORKD_DIR"/*.network.d/*.conf || :
}
networkd_kept() { [ -n "$(networkd_files "$1")" ]; }
networkd_plan() {
	networkd_files "$1" | while IFS= read -r _f; do
		sed -E "\\|$(networkd_line "$1")|d" "$_f" | address_planned "$_f"
	done
}
# address_drop ADDR: the name of its drop-in.
address_drop() { printf '%s.conf' "$(address_word "$1")"; }
address_word() { printf '%s' "$1" | tr -c 'a-zA-Z0-9\n' -; }
networkd_keep() {
	_file=$(networkd_owns "$2") || die "no systemd-networkd file for $2"
	_dir=$NETWORKD_DIR/$(basename "$_file").d
	mkdir -p "$_dir"
	chmod 755 "$_dir"
	_drop=$_dir/$(address_drop "$1")
	printf '[Network]\nAddress=%s\n' "$1" | address_write "$_drop"
	chmod 644 "$_drop"
}
