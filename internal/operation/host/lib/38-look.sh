# shellcheck shell=sh
# What is looked at before a move; nothing here writes. Answers are lines "name=value".

# look NAME COMMAND: one line "name=answer" and, where it fails, "name.failed=code".
look() {
	_code=0
	_answer=$(eval "$2" 2>/dev/null </dev/null) || _code=$?
	printf '%s=%s\n' "$1" "$(printf '%s' "$_answer" | head -n 1)"
	[ "$_code" = 0 ] || printf '%s.failed=%s\n' "$1" "$_code"
}

# look_product VERSION URL SETUP SUBSCRIPTION: the product's own answers; empty commands are left out.
look_product() {
	cmd_facts
	[ -z "$1" ] || look version "$1"
	[ -z "$2" ] || look external_url "$2"
	[ -z "$3" ] || look set_up "$3"
	[ -z "$4" ] || look subscription "$4"
}

# look_trees TREE...: of the n-th tree tree.<n>.state (present, empty, missing, unmounted) and .ours (ours, not); of what is in it .kib, .entries, .users
# and .groups (number:name, by blanks); of the file system below it .device, .mount, .free (KiB), .inodes (free ones; nothing where it counts none), .quota
# (its mount options about quotas).
look_trees() {
	_n=0
	for _t in "$@"; do
		_state=present
		_why=$(tree_present "$_t" 2>&1) || case $_why in
		*'not mounted'*) _state=unmounted ;;
		*'is empty'*) _state=empty ;;
		*) _state=missing ;;
		esac
		_ours=not
		! tree_ours "${_t%/}/" || _ours=ours
		printf 'tree.%s.state=%s\ntree.%s.ours=%s\n' "$_n" "$_state" "$_n" "$_ours"
		[ ! -d "$_t" ] || look_content "$_t" | sed "s/^/tree.$_n./"
		while [ ! -d "$_t" ]; do _t=$(dirname "$_t"); done
		look_space "$_t" | sed "s/^/tree.$_n./"
		_n=$((_n + 1))
	done
}
# look_content TREE: read once; a file with several names counts once.
look_content() {
	find "$1" -xdev -printf '%i %n %b %U:%u %G:%g\n' 2>/dev/null | awk '
		$2 > 1 && seen[$1]++ { next }
		{ blocks += $3; entries++; users[$4] = 1; groups[$5] = 1 }
		function list(set,  k, all) { for (k in set) all = all (all == "" ? "" : " ") k; return all }
		END { printf "kib=%.0f\nentries=%d\nusers=%s\ngroups=%s\n", blocks / 2, entries, list(users), list(groups) }'
}
look_space() {
	df -Pk "$1" | awk 'NR == 2 { print "device=" $1; print "free=" $4; print "mount=" $6 }'
	df -Pi "$1" | awk 'NR == 2 && $2 + 0 > 0 { print "inodes=" $4 }'
	_mount=$(df -P "$1" | awk 'NR == 2 { print $6 }') awk '
		$2 == ENVIRON["_mount"] { n = split($4, o, ","); found = ""; for (i = 1; i <= n; i++) if (o[i] ~ /quota/ && o[i] !~ /^noquota/) found = found " " o[i] }
		END { if (found != "") print "quota=" substr(found, 2) }' /proc/self/mounts
}

# look_list WHETHER TREE OPTION...: every entry of a tree, as passes compare them (see tree_list). It must be there, or may.
look_list() {
	_whether=$1 _tree=$2
	shift 2
	if [ "$_whether" = must ]; then tree_present "$_tree"; elif [ ! -d "$_tree" ]; then return 0; fi
	_rules=$(mktemp)
	_code=0
	if tree_rules "$@" >"$_rules"; then tree_list "$_tree" "$_rules" /dev/null || _code=$?; else
		say "with excludes that are rsync's rules (+, -, !) what is left out cannot be told"
		_code=1
	fi
	rm -f "$_rules" "$_rules.skip"
	return "$_code"
}

# look_owners USERS GROUPS: of each number:name who has the name here (user.name.<name>=<number>) and the number (user.number.<number>=<name>); numbers that
# usermap and groupmap name are asked for the same way.
look_owners() {
	for _owner in $1; do look_owner user passwd "$_owner"; done
	for _owner in $2; do look_owner group group "$_owner"; done
}
look_owner() {
	printf '%s.name.%s=%s\n' "$1" "${3#*:}" "$(getent "$2" "${3#*:}" | cut -d: -f3)"
	[ -z "${3%%:*}" ] || printf '%s.number.%s=%s\n' "$1" "${3%%:*}" "$(getent "$2" "${3%%:*}" | cut -d: -f1)"
}

# look_certificates FILE...: the first certificate of each that is there, without anything else that the file holds: certificate.<file>=<base64>.
look_certificates() {
	for _file in "$@"; do
		[ -e "$_file" ] || continue
		printf 'certificate.%s=%s\n' "$_file" "$(awk '/^-----END CERTIFICATE-----/ { exit } on { printf "%s", $1 } /^-----BEGIN CERTIFICATE-----/ { on = 1 }' "$_file")"
	done
}

# look_names NAME...: the addresses that this host finds for each: name.<name>=<addresses>.
look_names() {
	for _name in "$@"; do
		printf 'name.%s=%s\n' "$_name" "$({
			getent ahostsv4 "$_name"
			getent ahostsv6 "$_name" | grep -v '^::ffff:'
		} 2>/dev/null | cut -d' ' -f1 | sort -u | paste -sd' ' -)"
	done
}

# look_network ADDRESS...: network.fence (up or down); of each (with its prefix) network.<address>.device (that has it, or would get it; nothing where none fits), .backend (who
# sets the device up at boot: networkd, ifupdown or netplan, and the file by which), .boot (the files of these that give it at boot), .stuck (why it cannot
# be taken out of them, though all of ADDRESS go), .other (what else seems to give it).
look_network() {
	if fence_up; then echo 'network.fence=up'; else echo 'network.fence=down'; fi
	for _address in "$@"; do
		_device=$(address_device "$_address")
		if [ -n "$_device" ]; then
			printf 'network.%s.here=yes\n' "$_address"
		else
			_device=$(ip -o route get "${_address%/*}" 2>/dev/null | sed -n '/ via /d; s/.* dev \([^ ]*\) .*/\1/p')
		fi
		printf 'network.%s.device=%s\n' "$_address" "$_device"
		[ -z "$_device" ] || printf 'network.%s.backend=%s\n' "$_address" "$(address_backend "$_device" || :)"
		printf 'network.%s.boot=%s\n' "$_address" "$(address_files "$_address" | paste -sd' ' -)"
		printf 'network.%s.stuck=%s\n' "$_address" "$(LEAVING="$*" look_forget "$_address")"
		printf 'network.%s.other=%s\n' "$_address" "$(grep -rlsF --exclude='*-netplan-*' -e "${_address%/*}" /etc/network/interfaces /etc/network/interfaces.d /etc/netplan \
			/run/systemd/network /etc/NetworkManager/system-connections /etc/sysconfig/network-scripts /etc/keepalived | paste -sd' ' -)"
	done
}

# look_forget ADDRESS: what is in the way of a boot without it, a line; nothing is changed.
look_forget() {
	export LEAVING
	OD=$(mktemp -d)
	address_plan "$1" 2>&1 | tail -n 3 | paste -sd' ' -
	rm -rf "$OD"
}
