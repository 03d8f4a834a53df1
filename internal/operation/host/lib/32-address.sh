# shellcheck shell=sh
# Addresses: now (ip), over a boot (systemd-networkd), and known to the neighbours.

address_here() { ip -o addr show | awk '{ print $4 }' | grep -Fxq -e "$1"; }
# address_device ADDR: the device that holds it.
address_device() { ip -o addr show | awk -v a="$1" '$4 == a { print $2; exit }'; }
# address_network ADDR: the device whose network it belongs to.
address_network() {
	ip -o route get "${1%/*}" | sed -n 's/.* dev \([^ ]*\) .*/\1/p'
}

# address_announce ADDR DEVICE: neighbours that know the address learn who has it now.
address_announce() {
	case $1 in
	*:*) return 0 ;; # the kernel sends an unsolicited advertisement (ndisc_notify)
	esac
	arping -q -U -c 2 -w 1 -I "$2" "${1%/*}" 2>/dev/null && return 0
	arping -q -U -c 2 -w 1 -i "$2" -S "${1%/*}" "${1%/*}" 2>/dev/null && return 0
	# An ARP request names its sender too.
	ping -q -c 1 -W 1 -I "${1%/*}" "$(ip -4 -o route show dev "$2" scope link | awk '{ sub("/.*", "", $1); print $1; exit }')" -b >/dev/null 2>&1 || :
}

address_add() {
	_dev=${2:-$(address_network "$1")}
	[ -n "$_dev" ] || die "no network device fits $1"
	case $1 in
	*:*) ip addr add "$1" dev "$_dev" nodad ;;
	*) ip addr add "$1" dev "$_dev" ;;
	esac
	address_announce "$1" "$_dev" &
}
address_delete() {
	_dev=$(address_device "$1")
	[ -z "$_dev" ] || ip addr del "$1" dev "$_dev"
}

# address_files ADDR: the configuration files that give the address at boot.
address_files() {
	grep -lsE "^[[:space:]]*Address[[:space:]]*=[[:space:]]*$(printf '%s' "$1" | sed 's/[.]/[.]/g')[[:space:]]*\$" \
		/etc/systemd/network/*.network /etc/systemd/network/*.network.d/*.conf || :
}
address_persistent() { [ -n "$(address_files "$1")" ]; }

# address_forget ADDR: not given at boot any more; the files are kept as before-images.
address_forget() {
	address_files "$1" | while IFS= read -r _f; do
		_n=$(printf '%s' "$_f" | tr / _)
		[ -e "$B/file.$_n" ] || {
			cp -p "$_f" "$B/file.$_n"
			printf '%s\n' "$_f" >"$B/path.$_n"
			flush "$B/file.$_n" "$B/path.$_n" "$B"
		}
		_mode=$(stat -c %a "$_f")
		sed -E "/^[[:space:]]*Address[[:space:]]*=[[:space:]]*$(printf '%s' "$1" | sed -e 's/[.]/[.]/g' -e 's,/,\\/,g')[[:space:]]*\$/d" "$_f" | put "$_f"
		chmod "$_mode" "$_f"
	done
}
address_restore_files() {
	for _p in "$B"/path.*; do
		[ -e "$_p" ] || continue
		_f=$(cat "$_p")
		cp -p "$B/file.${_p##*/path.}" "$_f.tpm"
		mv "$_f.tpm" "$_f"
		flush "$_f"
	done
}

# address_drop ADDR: the name of its drop-in.
address_drop() { printf '%s.conf' "$(printf '%s' "$1" | tr -c 'a-zA-Z0-9\n' -)"; }

# address_keep ADDR: given at boot from now on, by a drop-in beside the device's own file.
address_keep() {
	_dev=$(address_device "$1")
	[ -n "$_dev" ] || _dev=$(address_network "$1")
	_file=$(networkctl status --no-pager "$_dev" 2>/dev/null | sed -n 's/^ *Network File: *//p')
	[ -e "${_file:-/nowhere}" ] || die "no systemd-networkd file for $_dev: the address cannot be made persistent"
	_dir=/etc/systemd/network/$(basename "$_file").d
	mkdir -p "$_dir"
	chmod 755 "$_dir"
	_drop=$_dir/$(address_drop "$1")
	printf '[Network]\nAddress=%s\n' "$1" | put "$_drop"
	chmod 644 "$_drop"
}
