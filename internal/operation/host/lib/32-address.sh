# shellcheck shell=sh
# Addresses: now (ip), and known to the neighbours. Over a boot: see 33-boot-address.sh.
PROC_IPV4=/proc/sys/net/ipv4/conf

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

# address_free ADDR DEVICE: nobody answers at it. That is asked without an address of one's own.
address_free() {
	case $(arping -V 2>&1 || :) in
	*iputils*) arping -q -D -c 1 -w 1 -I "$2" "${1%/*}" >/dev/null 2>&1 ;;
	*) ! arping -q -0 -C 1 -c 1 -w 1 -i "$2" "${1%/*}" >/dev/null 2>&1 ;;
	esac
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
# address_delete ADDR: it alone. With the first IPv4 address of a network the kernel takes the others of it, too, unless it is told to promote them.
address_delete() {
	_dev=$(address_device "$1")
	[ -n "$_dev" ] || return 0
	_promote=$PROC_IPV4/$_dev/promote_secondaries
	_promoted=$(cat "$_promote" 2>/dev/null) || _promoted=1
	[ "$_promoted" != 0 ] || echo 1 >"$_promote"
	_rc=0
	ip addr del "$1" dev "$_dev" || _rc=$?
	[ "$_promoted" != 0 ] || echo 0 >"$_promote"
	return "$_rc"
}
