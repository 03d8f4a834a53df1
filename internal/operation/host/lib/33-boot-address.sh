# shellcheck shell=sh
# Addresses over a boot. Each back end (systemd-networkd, ifupdown, netplan) has the same functions:
#   <backend>_owns DEV          it sets the device up at boot; prints the file by which it does
#   <backend>_files IP/PREFIX   its files that give the address, a line each
#   <backend>_kept IP/PREFIX DEV  it gives just this address to the device at boot
#   <backend>_keep IP/PREFIX DEV  from now on
#   <backend>_plan IP/PREFIX    how its files look without the address: files below $OD/plan; refuses where that cannot be said
NETWORKD_DIR=/etc/systemd/network
INTERFACES=/etc/network/interfaces
NETPLAN_DIR=/etc/netplan
BACKENDS='networkd netplan ifupdown'

# Two functions of awk that back ends share: the bits of an address, none where it is no address; and whether two are in one network.
ADDRESS_AWK='
function octets(text, part, n, i, b, k, v) {
	n = split(text, part, "."); if (n != 4) return ""
	b = ""
	for (i = 1; i <= 4; i++) {
		if (part[i] !~ /^[0-9][0-9]*$/ || part[i] + 0 > 255) return ""
		v = part[i] + 0
		for (k = 128; k >= 1; k /= 2) { if (v >= k) { b = b "1"; v -= k } else b = b "0" }
	}
	return b
}
function words16(text, part, n, i, k, b, h, v) {
	if (text == "") return ""
	n = split(tolower(text), part, ":"); b = ""
	for (i = 1; i <= n; i++) {
		if (i == n && part[i] ~ /[.]/) { h = octets(part[i]); if (h == "") return "x"; b = b h; continue }
		if (part[i] !~ /^[0-9a-f][0-9a-f]*$/ || length(part[i]) > 4) return "x"
		h = substr("0000" part[i], length(part[i]) + 1)
		for (k = 1; k <= 4; k++) { v = index("0123456789abcdef", substr(h, k, 1)) - 1; b = b nibble(v) }
	}
	return b
}
function nibble(v) { return int(v / 8) % 2 "" int(v / 4) % 2 "" int(v / 2) % 2 "" v % 2 }
function bits(text, at, left, right, zeros) {
	if (text !~ /:/) return octets(text)
	at = index(text, "::")
	if (!at) { left = words16(text); return length(left) == 128 ? left : "" }
	left = words16(substr(text, 1, at - 1)); right = words16(substr(text, at + 2))
	if (left ~ /x/ || right ~ /x/ || length(left) + length(right) > 112) return ""
	zeros = sprintf("%0" (128 - length(left) - length(right)) "d", 0)
	return left zeros right
}
function together(one, other, size, a, b) {
	if (tolower(one) ~ /^fe80:/) return other ~ /:/
	a = bits(one); b = bits(other)
	return a != "" && length(a) == length(b) && substr(a, 1, size) == substr(b, 1, size)
}
function same(text, a) { sub("/.*", "", text); a = bits(text); return a != "" && a == WANTED }
function leaves(text, i, n, list) {
	sub("/.*", "", text); n = split(ENVIRON["LEAVING"], list, " ")
	for (i = 1; i <= n; i++) { sub("/.*", "", list[i]); if (bits(list[i]) == bits(text)) return 1 }
	return same(text)
}
function mentions(text, i, n, list) {
	n = split(text, list, /[^0-9a-zA-Z.:]+/)
	for (i = 1; i <= n; i++) if (same(list[i])) return 1
	return 0
}
BEGIN { WANTED = ENVIRON["IP"]; sub("/.*", "", WANTED); WANTED = bits(WANTED) }
'

# address_backend DEV: who sets the device up at boot, and by which file: "backend file".
address_backend() {
	for _backend in $BACKENDS; do
		_by=$("${_backend}_owns" "$1") || continue
		printf '%s %s\n' "$_backend" "$_by"
		return 0
	done
	return 1
}
# address_files ADDR: the configuration files that give the address at boot.
address_files() {
	for _backend in $BACKENDS; do "${_backend}_files" "$1"; done
}
address_persistent() { [ -n "$(address_files "$1")" ]; }
# address_kept ADDR: the host gets just this address at boot, by who sets its device up.
address_kept() {
	_dev=$(address_device "$1")
	[ -n "$_dev" ] || _dev=$(address_network "$1" 2>/dev/null)
	_owner=$(address_backend "$_dev") || return 1
	"${_owner%% *}_kept" "$1" "$_dev"
}
# address_keep ADDR: given at boot from now on, in the way of who sets the device up.
address_keep() {
	_dev=$(address_device "$1")
	[ -n "$_dev" ] || _dev=$(address_network "$1")
	_owner=$(address_backend "$_dev") || die "neither systemd-networkd nor ifupdown nor netplan sets $_dev up at boot: the address $1 cannot be made persistent"
	! "${_owner%% *}_kept" "$1" "$_dev" || return 0
	"${_owner%% *}_keep" "$1" "$_dev"
}

# address_put FILE: standard input becomes it, whole or not at all; owner and mode stay. What is half written has a name that nobody reads.
address_put() {
	_to=$(readlink -f -- "$1") || return 1
	_new=$(dirname -- "$_to")/.$(basename -- "$_to").new
	rm -f -- "$_new"
	if [ -e "$_to" ]; then cp -p -- "$_to" "$_new"; fi
	cat >"$_new" || return 1
	flush "$_new"
	mv -T -- "$_new" "$_to" || return 1
	flush "$(dirname -- "$_to")"
}
# address_image FILE: its before-image, the first one counts; a file that is not there yet has an empty "none".
address_image() {
	_n=$(printf '%s' "$1" | tr / _)
	[ ! -e "$B/path.$_n" ] || return 0
	if [ -e "$1" ]; then cp -p -- "$1" "$B/file.$_n" || return 1; else : >"$B/none.$_n" || return 1; fi
	flush "$B"/*."$_n"
	printf '%s\n' "$1" | put "$B/path.$_n"
}
# address_write FILE: as address_put, with a before-image; what was written is remembered, to see whether somebody else changes it.
address_write() {
	cat >"$OD/text" && address_image "$1" || return 1
	sha256sum <"$OD/text" | put "$B/written.$(printf '%s' "$1" | tr / _)" || return 1
	address_put "$1" <"$OD/text"
}
# address_forget ADDR: not given at boot any more; the files are kept as before-images.
address_forget() {
	address_plan "$1" || return 1
	for _planned in "$OD"/plan/path.*; do
		[ -e "$_planned" ] || continue
		address_write "$(cat "$_planned")" <"$OD/plan/file.${_planned##*/path.}" || return 1
	done
	netplan_told
}
address_plan() {
	rm -rf "$OD/plan"
	mkdir -p "$OD/plan"
	for _backend in $BACKENDS; do "${_backend}_plan" "$1" || return 1; done
}
# address_planned FILE: standard input is how the file is to look.
address_planned() {
	_n=$(printf '%s' "$1" | tr / _)
	cat >"$OD/plan/file.$_n"
	printf '%s\n' "$1" >"$OD/plan/path.$_n"
}
# address_edit FILE EDITS: the file with the edits "line<TAB>text" (the line becomes the text) and "line" (the line goes).
address_edit() {
	EDITS=$2 awk 'BEGIN {
		n = split(ENVIRON["EDITS"], edit, "\n")
		for (i = 1; i <= n; i++) {
			at = index(edit[i], "\t"); line = at ? substr(edit[i], 1, at - 1) : edit[i]
			if (line == "") continue
			if (at) text[line] = substr(edit[i], at + 1); else if (!(line in text)) gone[line] = 1
		}
	}
	FNR in text { print text[FNR]; next }
	!(FNR in gone) { print }' "$1"
}
# address_edits FILE: of "edit FILE LINE[ TEXT]" lines (tabs between) on standard input those of one file, as address_edit takes them.
address_edits() { FILE=$1 awk -F '\t' '$1 == "edit" && $2 == ENVIRON["FILE"] { print substr($0, length($1 FS $2 FS) + 1) }'; }
# address_plan_edits EDITS: a file with lines "edit FILE LINE[ TEXT]" and "refuse FILE LINE WHY" becomes a plan; a refusal is told.
address_plan_edits() {
	if grep -q '^refuse' "$1"; then
		awk -F '\t' '$1 == "refuse" { print $2 ", line " $3 ": " $4 }' "$1" >&2
		return 1
	fi
	awk -F '\t' '$1 == "edit" && !seen[$2]++ { print $2 }' "$1" | while IFS= read -r _f; do
		address_edit "$_f" "$(address_edits "$_f" <"$1")" | address_planned "$_f"
	done
}
# address_restore_files: the files are again as they were.
address_restore_files() {
	for _p in "$B"/path.*; do
		[ -e "$_p" ] || continue
		_f=$(cat "$_p")
		_n=${_p##*/path.}
		if [ -e "$B/none.$_n" ]; then
			rm -f -- "$_f"
			flush "$(dirname -- "$_f")"
		else
			_to=$(readlink -f -- "$_f")
			_new=$(dirname -- "$_to")/.$(basename -- "$_to").new
			cp -p -- "$B/file.$_n" "$_new"
			flush "$_new"
			mv -T -- "$_new" "$_to"
			flush "$(dirname -- "$_to")"
		fi
	done
	netplan_told
}
# address_unkeep ADDR: what address_keep wrote goes. Where all is as it left it, the before-images come back; else the address alone is taken out.
address_unkeep() {
	[ -n "$(find "$B" -maxdepth 1 -name 'written.*')" ] || return 0
	if address_untouched; then
		address_restore_files
		return 0
	fi
	address_forget "$1"
}
address_untouched() {
	for _p in "$B"/path.*; do
		[ -e "$_p" ] || return 1
		_f=$(cat "$_p")
		[ -e "$_f" ] && [ "$(sha256sum <"$_f")" = "$(recall "written.${_p##*/path.}")" ] || return 1
	done
}
