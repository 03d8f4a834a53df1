# shellcheck shell=sh
# Mounts and their lines in fstab. What the kernel and fstab call a device or a path is compared as both write it, with octal escapes.
FSTAB=/etc/fstab
MOUNTINFO=/proc/self/mountinfo

# table_word TEXT: as fstab and mountinfo write it.
table_word() { printf '%s' "$1" | sed -e 's/\\/\\134/g' -e 's/ /\\040/g' -e 's/	/\\011/g'; }
table_device() { table_word "$1" | sed 's/#/\\043/g'; }

# mount_read POINT: what is mounted there and seen, in M_NUMBER M_TYPE M_SOURCE M_OPTIONS M_SUPER; fails where nothing is.
mount_read() {
	_seen=$(_point=$(table_word "$1") awk '
		$5 == ENVIRON["_point"] { for (i = 7; $i != "-"; i++); seen = $3 " " $(i + 1) " " $(i + 2) " " $6 " " $(i + 3) }
		END { print seen }' "$MOUNTINFO")
	[ -n "$_seen" ] || return 1
	IFS=' ' read -r M_NUMBER M_TYPE M_SOURCE M_OPTIONS M_SUPER <<-END
		$_seen
	END
}
# mount_places NUMBER: where a device is mounted, a line each.
mount_places() { awk -v number="$1" '$3 == number && !seen[$5]++ { print $5 }' "$MOUNTINFO"; }

mount_binds() { case ",$1," in *,bind,* | *,rbind,*) ;; *) return 1 ;; esac; }
# mount_node DEVICE: its node; the device itself where that is no node.
mount_node() {
	case $1 in
	UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*) findfs "$1" 2>/dev/null || printf '%s\n' "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}
# mount_block DEVICE: it names a block device, whether that is there or not.
mount_block() { case $1 in /dev/* | UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*) ;; *) return 1 ;; esac; }
# mount_number NODE: as mountinfo has it.
mount_number() {
	_hex=$(stat -L -c '0x%t 0x%T' -- "$1") || return 1
	printf '%d:%d\n' "${_hex% *}" "${_hex#* }"
}
# mount_same DEVICE POINT TYPE OPTIONS: what mount_read found is this device, of this type.
mount_same() {
	if mount_binds "$4"; then
		[ "$(stat -c %d:%i -- "$1" 2>/dev/null)" = "$(stat -c %d:%i -- "$2" 2>/dev/null)" ]
		return
	fi
	case $3:$M_TYPE in "auto:$M_TYPE" | "$M_TYPE:$M_TYPE" | nfs:nfs4 | fuse:fuse.*) ;; *) return 1 ;; esac
	_node=$(mount_node "$1")
	if [ -b "$_node" ] && [ "$(mount_number "$_node")" = "$M_NUMBER" ]; then return 0; fi
	for _name in "$1" "$_node" "$(readlink -f -- "$_node")"; do
		[ "$(table_device "$_name")" != "$M_SOURCE" ] || return 0
	done
	return 1
}
# mount_wrong OPTIONS: in which of the kernel's own options what mount_read found differs. What a file system alone understands is not compared.
mount_wrong() {
	_declared=$1 _shown=$M_OPTIONS,$M_SUPER awk 'BEGIN {
		flags = split("ro nosuid nodev noexec noatime nodiratime sync dirsync", flag, " ")
		for (i = 1; i <= flags; i++) known[flag[i]] = 1
		n = split(ENVIRON["_declared"], option, ",")
		for (i = 1; i <= n; i++) {
			o = option[i]
			if (o == "bind" || o == "rbind") inherits = 1
			else if (o ~ /^users?$/) want["nosuid"] = want["nodev"] = want["noexec"] = 1
			else if (o == "owner" || o == "group") want["nosuid"] = want["nodev"] = 1
			else if (o in known) want[o] = 1
			else if (("no" o) in known) delete want["no" o]
			else if (o == "rw") delete want["ro"]
			else if (o == "async") delete want["sync"]
			else if (o == "relatime" || o == "strictatime") delete want["noatime"]
		}
		n = split(ENVIRON["_shown"], option, ",")
		for (i = 1; i <= n; i++) is[option[i]] = 1
		for (i = 1; i <= flags; i++) {
			if (flag[i] in want && !(flag[i] in is)) print "without " flag[i]
			if (!(flag[i] in want) && flag[i] in is && !inherits) print "with " flag[i]
		}
	}' | paste -sd, - | sed 's/,/, /g'
}
# mount_change POINT DEVICE OPTIONS: the options of what is mounted become these, those that are not named their defaults.
mount_change() {
	if mount_binds "$3"; then _base=remount; else _base=remount,rw,suid,dev,exec,async,relatime; fi
	mount -o "$_base,$3" -- "$2" "$1" >&2
}

# mount_ours POINT: a mount of this program's. Looking while a plan is made, it is in nobody's way: where the plan replaces it, it goes first.
mount_ours() {
	[ "${MOUNT_PLANNED:-}" = yes ] || return 1
	for _own in "$J"/runs/mail_mount.*/mounted; do
		if [ -e "$_own" ] && [ "$(cat "$_own")" = "$1" ]; then return 0; fi
	done
	return 1
}

obstacle() { printf '%s\n' "$1"; }
# mount_obstacles DEVICE PATH TYPE OPTIONS: what is in the way, a line each: "attribute: what. Next: …".
mount_obstacles() {
	_at=$(readlink -m -- "$2")
	if mount_read "$_at"; then
		mount_same "$1" "$_at" "$3" "$4" || mount_ours "$(table_word "$_at")" ||
			obstacle "path: $M_SOURCE ($M_TYPE) is mounted at $2, not $1 ($3). Next: unmount it and take its line out of $FSTAB, or name another path"
	elif [ -e "$_at" ] && [ ! -d "$_at" ]; then
		obstacle "path: $2 is no directory. Next: name a directory"
	elif [ -n "$(ls -A -- "$_at" 2>/dev/null)" ]; then
		obstacle "path: $2 is not empty: $(find "$_at" -mindepth 1 -maxdepth 1 -printf x | wc -c) entries would be hidden. Next: move them away, or name another path"
	fi
	mount_device_obstacles "$1" "$_at" "$4"
	fstab_obstacles "$@"
}
mount_device_obstacles() {
	if mount_binds "$3"; then
		[ -e "$1" ] || obstacle "device: $1 is not there. Next: make what is to be bound"
		return 0
	fi
	mount_block "$1" || return 0
	_node=$(mount_node "$1")
	if [ ! -b "$_node" ]; then
		obstacle "device: there is no block device $1. Next: attach it, or correct its name"
		return 0
	fi
	mount_places "$(mount_number "$_node")" | grep -Fxv -e "$(table_word "$2")" | while IFS= read -r _place; do
		mount_ours "$_place" || obstacle "device: $1 is mounted at $_place already. Next: unmount it there, or name another device"
	done
	! grep -q "^$(readlink -f -- "$_node") " /proc/swaps || obstacle "device: $1 is in use as swap. Next: name another device"
}

# fstab_lines WHAT DEVICE POINT TYPE OPTIONS: "number line" of those lines that WHAT says: this (all as declared), ours (device and point),
# point (only the point), device (only the device).
fstab_lines() {
	[ -e "$FSTAB" ] || return 0
	_device=$(table_device "$2") _point=$(table_word "$3") _type=$4 _options=$5 awk -v what="$1" '
		$1 ~ /^#/ || NF < 2 { next }
		{ point = $2; if (point != "/") sub(/\/+$/, "", point)
		  d = $1 == ENVIRON["_device"]; p = point == ENVIRON["_point"]
		  all = d && p && $3 == ENVIRON["_type"] && (NF < 4 ? "defaults" : $4) == ENVIRON["_options"] }
		what == "this" && all || what == "ours" && d && p || what == "point" && p && !d || what == "device" && d && !p { print NR " " $0 }' "$FSTAB"
}
# fstab_obstacles DEVICE PATH TYPE OPTIONS
fstab_obstacles() {
	fstab_lines point "$@" | while IFS=' ' read -r _n _line; do
		mount_ours "$(table_word "$(readlink -m -- "$2")")" || obstacle "path: line $_n of $FSTAB mounts something else there ($_line). Next: take it out, or name another path"
	done
	if mount_block "$1"; then
		fstab_lines device "$@" | while IFS=' ' read -r _n _line; do
			mount_ours "$(printf '%s\n' "$_line" | awk '{ print $2 }')" || obstacle "device: line $_n of $FSTAB mounts it elsewhere ($_line). Next: take it out, or name another device"
		done
	fi
	if [ -e "$RD/fstab" ] || [ -n "$(fstab_lines this "$@")" ]; then return 0; fi
	fstab_lines ours "$@" | while IFS=' ' read -r _n _line; do
		obstacle "options: line $_n of $FSTAB, which is not ours, mounts it in another way ($_line). Next: declare it as there, or take the line out"
	done
}
# fstab_with DEVICE PATH TYPE OPTIONS: fstab with the line, in the place of the one it had. fstab_without DEVICE PATH: without it.
fstab_with() {
	_pass=0
	case $3 in ext[234]) ! mount_block "$1" || _pass=2 ;; esac
	_line="$(table_device "$1") $(table_word "$2") $3 $4 0 $_pass"
	fstab_edit "$1" "$2" "$_line"
}
fstab_without() { fstab_edit "$1" "$2" ''; }
fstab_edit() {
	if [ -e "$FSTAB" ]; then cat "$FSTAB"; fi | _device=$(table_device "$1") _point=$(table_word "$2") _new=$3 awk '
		{ point = $2; if (point != "/") sub(/\/+$/, "", point) }
		$1 !~ /^#/ && $1 == ENVIRON["_device"] && point == ENVIRON["_point"] { if (ENVIRON["_new"] != "" && !written++) print ENVIRON["_new"]; next }
		{ print }
		END { if (ENVIRON["_new"] != "" && !written) print ENVIRON["_new"] }'
}
# fstab_put FILE: it becomes fstab, whole or not at all; owner and mode stay.
fstab_put() {
	_tab=$(readlink -f -- "$FSTAB")
	if [ -e "$_tab" ]; then cp -a -- "$_tab" "$_tab.new.$$"; else (umask 022 && : >"$_tab.new.$$"); fi
	cat "$1" >"$_tab.new.$$"
	flush "$_tab.new.$$"
	mv -T -- "$_tab.new.$$" "$_tab"
	flush "$(dirname -- "$_tab")"
	fstab_told
}
# fstab_told: systemd makes its units of fstab anew, or it would go by the old ones.
fstab_told() { ! systemd || systemctl daemon-reload >&2; }

# mount_holders POINT: who has something open there, a few words each.
mount_holders() {
	find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd /proc/[0-9]*/map_files -maxdepth 1 -type l -printf '%p\t%l\n' 2>/dev/null |
		_point=$1 awk -F '\t' '
			index($2 "/", ENVIRON["_point"] "/") == 1 {
				split($1, part, "/"); pid = part[3]
				if (pid in seen) next
				seen[pid] = 1; name = ""
				getline name <("/proc/" pid "/comm"); close("/proc/" pid "/comm")
				print "process " pid " (" name ") has " $2 " open" }'
	_below=$(table_word "$1") awk 'index($5, ENVIRON["_below"] "/") == 1 { print $5 " is mounted below it" }' "$MOUNTINFO"
}
# mount_release POINT
mount_release() {
	await 3 mount_let_go "$1" && return 0
	_holders=$(mount_holders "$1" | head -n 10 | paste -sd';' - | sed 's/;/; /g')
	die "$1 cannot be unmounted: $(tail -n 1 "$OD/umount"). ${_holders:-Nobody is seen who has it open}. Next: stop who uses it, and apply again"
}
mount_let_go() { umount -- "$1" 2>"$OD/umount" >&2; }
