# shellcheck shell=sh
# netplan: /etc/netplan/*.yaml. An address has a file of its own; one that is elsewhere is taken out of its list. What netplan makes of the files
# is compared before and after: nothing else may change.
NETPLAN_GENERATE='/usr/libexec/netplan/generate /usr/lib/netplan/generate /lib/netplan/generate'

# netplan_generate [--root-dir DIR]: the quick part of netplan itself, which restarts nothing.
netplan_generate() {
	for _generate in $NETPLAN_GENERATE; do
		[ -x "$_generate" ] || continue
		"$_generate" "$@" >&2
		return
	done
	netplan generate "$@" >&2
}
netplan_here() {
	[ -e "$NETPLAN_DIR" ] || return 1
	for _generate in $NETPLAN_GENERATE; do [ ! -x "$_generate" ] || return 0; done
	has netplan
}
# netplan_told: where its files were changed, what it had made of them is made anew; a networkd that starts again would go by the old.
netplan_told() {
	for _p in "$B"/path.*; do
		[ -e "$_p" ] || continue
		case $(cat "$_p") in "$NETPLAN_DIR"/*) ;; *) continue ;; esac
		netplan_generate || die "netplan does not understand its files any more"
		return 0
	done
}

# The files line by line, with the keys that lead to each: path[depth]. What is on a line: "address", "router", or a word that nothing else knows.
# shellcheck disable=SC2016 # it is awk's
NETPLAN_AWK='
function bare(text) { gsub(/["'\'']/, "", text); gsub(/^[ ]+|[ ]+$/, "", text); return text }
function keys(k, list) { list = ""; for (k = 1; k <= depth; k++) list = list "/" path[k]; return list }
function place() { return FILENAME "\t" FNR }
function device() { return path[2] "\t" path[3] }
function address(text, form) { print "address\t" place() "\t" device() "\t" text "\t" form "\t" opened }
FNR == 1 { depth = 0; opened = 0 }
{
	line = $0; sub(/(^|[ \t])#.*/, "", line)
	if (line ~ /^[ \t]*$/ || line ~ /^---/) next
	match(line, /^ */); indent = RLENGTH; text = substr(line, indent + 1); item = 0
	while (text ~ /^- / || text == "-") {
		item = 1
		while (depth && (column[depth] > indent)) depth--
		match(text, /^- */); indent += RLENGTH; text = substr(text, RLENGTH + 1)
	}
	sub(/[ ]+$/, "", text); flow = text
	while (match(flow, /[{, ](via|gateway4|gateway6): *["'\''"]?[0-9a-fA-F.:]+/)) {
		at = substr(flow, RSTART, RLENGTH); flow = substr(flow, RSTART + RLENGTH); sub(/^[^:]*:/, "", at)
		print "router\t" place() "\t" device() "\t" bare(at)
	}
	if (item && text !~ /:( |$)/ || item && text ~ /^["'\''][^"'\'']*["'\'']$/) {
		if (depth == 4 && path[4] == "addresses" && path[1] == "network") address(bare(text), "item")
		else if (keys() !~ /\/(nameservers\/addresses|nameservers\/search)$/ && mentions(text)) print "odd\t" place() "\t" text
		next
	}
	if (text !~ /^["'\'']?[^:"'\'' ]+["'\'']?:( |$)/) { if (mentions(text)) print "odd\t" place() "\t" text; next }
	at = index(text, ":"); key = bare(substr(text, 1, at - 1)); rest = substr(text, at + 1); sub(/^ +/, "", rest)
	while (depth && column[depth] >= indent) depth--
	depth++; path[depth] = key; column[depth] = indent
	if (depth == 4 && key == "addresses" && path[1] == "network") {
		opened = FNR
		if (rest ~ /^\[[^][{}]*\]$/) {
			count = split(substr(rest, 2, length(rest) - 2), part, ",")
			for (i = 1; i <= count; i++) if (bare(part[i]) != "") address(bare(part[i]), "flow")
			next
		}
	} else if (key ~ /^(gateway4|gateway6|via)$/) { print "router\t" place() "\t" device() "\t" bare(rest); next }
	else if (key == "set-name") print "name\t" place() "\t" device() "\t" bare(rest)
	else if (depth == 3) print "device\t" place() "\t" device()
	else if (keys() ~ /\/nameservers(\/addresses)?$/) next
	if (mentions(text)) print "odd\t" place() "\t" text
}
'
netplan_scan() { IP=${1:-} awk "$ADDRESS_AWK$NETPLAN_AWK" "$NETPLAN_DIR"/*.yaml 2>/dev/null || :; }
# netplan_device DEV: "file section id" (tabs between) of its first definition, by its id or the name that it is given.
netplan_device() {
	netplan_scan | DEV=$1 awk -F '\t' '
		$1 == "device" && $5 == ENVIRON["DEV"] || $1 == "name" && $6 == ENVIRON["DEV"] { print $2 "\t" $4 "\t" $5; exit }'
}
# Where networkd sets a device up by what netplan made, its file has the id in its name; a definition may go by more than names.
netplan_definition() {
	_id=$(networkd_file "$1" | sed -n 's,.*/run/systemd/network/[0-9]*-netplan-\(.*\)[.]network$,\1,p')
	_found=$(netplan_device "${_id:-$1}")
	[ -n "$_found" ] || _found=$(netplan_device "$1")
	[ -n "$_found" ] || return 1
	printf '%s\n' "$_found"
}
netplan_owns() {
	netplan_here || return 1
	_definition=$(netplan_definition "$1") || return 1
	printf '%s\n' "$_definition" | cut -f 1
}
netplan_given() { netplan_scan "$1" | IP=$1 awk -F '\t' "$ADDRESS_AWK"'$1 == "address" && same($6) || $1 == "odd"'; }
netplan_files() { ! netplan_here || netplan_given "$1" | cut -f 2 | sort -u; }
netplan_kept() {
	_id=$(netplan_definition "$2" | cut -f 3)
	netplan_scan "$1" | A=$1 ID=$_id awk -F '\t' '$1 == "address" && $5 == ENVIRON["ID"] && $6 == ENVIRON["A"] { found = 1 } END { exit !found }'
}

# netplan_plan ADDR: an item of a list goes; where it was the last one, the list is empty.
netplan_plan() {
	netplan_here || return 0
	[ -n "$(netplan_given "$1")" ] || return 0
	netplan_scan "$1" | IP=$1 awk -F '\t' "$ADDRESS_AWK$NETPLAN_FORGET" "$NETPLAN_DIR"/*.yaml scanned=1 - >"$OD/edits" || return 1
	address_plan_edits "$OD/edits" || return 1
	netplan_compare "$1" without
}
# It reads the files first, for their lines, and then what netplan_scan found in them.
# shellcheck disable=SC2016 # it is awk's
NETPLAN_FORGET='
!scanned { text[FILENAME, FNR] = $0; next }
function refuse(file, line, why) { print "refuse\t" file "\t" line "\t" why }
function edit(file, line, new) { out[++outs] = "edit\t" file "\t" line new }
function slot(k) { return file[k] "\t" opened[k] }
function flow(of, k, new, indent) {
	new = ""
	for (k = 1; k <= n; k++) if (slot(k) == of && !(k in hit)) new = new (new == "" ? "" : ", ") "\"" value[k] "\""
	split(of, part, "\t"); indent = text[part[1], part[2]]; sub(/\[.*/, "", indent)
	edit(part[1], part[2], "\t" indent "[" new "]")
}
$1 == "odd" { refuse($2, $3, "the address is in a form that is not known here: " $4); bad = 1 }
$1 == "address" { n++; file[n] = $2; line[n] = $3; id[n] = $4 "/" $5; value[n] = $6; form[n] = $7; opened[n] = $8; if (same($6)) hit[n] = 1; else left[slot(n)]++ }
$1 == "router" { r++; rfile[r] = $2; rline[r] = $3; rid[r] = $4 "/" $5; router[r] = $6 }
END {
	for (k = 1; k <= n; k++) if (k in hit) {
		if (form[k] == "flow") { if (!seen[slot(k)]++) flow(slot(k)); continue }
		edit(file[k], line[k], "")
		if (!left[slot(k)] && !seen[slot(k)]++) { head = text[file[k], opened[k]]; sub(/:.*/, ": []", head); edit(file[k], opened[k], "\t" head) }
	}
	for (i = 1; i <= r; i++) {
		before = after = 0
		for (k = 1; k <= n; k++) if (id[k] == rid[i]) {
			size = value[k]; sub(/.*\//, "", size); number = value[k]; sub("/.*", "", number)
			if (!together(router[i], number, size)) continue
			before = 1; if (!(k in hit) && !leaves(value[k])) after = 1
		}
		if (before && !after) { refuse(rfile[i], rline[i], "the way to the router " router[i] " hangs on this address, and the device keeps no other one of its network"); bad = 1 }
	}
	if (!bad) for (i = 1; i <= outs; i++) print out[i]
}
'
# netplan_compare ADDR with|without: what netplan makes of the planned files has the address, or has it not, and is else what it was.
netplan_compare() {
	_compared=0
	netplan_compared "$@" || _compared=1
	rm -rf "$OD/root" # what it copied may hold secrets
	return "$_compared"
}
netplan_compared() {
	rm -rf "$OD/root"
	for _when in before after; do
		mkdir -p "$OD/root/$_when/etc"
		cp -pR "$NETPLAN_DIR" "$OD/root/$_when/etc/netplan" || return 1
	done
	for _planned in "$OD"/plan/path.*; do
		[ -e "$_planned" ] || continue
		case $(cat "$_planned") in "$NETPLAN_DIR"/*) ;; *) continue ;; esac
		cat "$OD/plan/file.${_planned##*/path.}" >"$OD/root/after/etc/netplan/$(basename "$(cat "$_planned")")"
	done
	for _when in before after; do
		netplan_generate --root-dir "$OD/root/$_when" || { say "netplan does not understand the files below $NETPLAN_DIR as they would be"; return 1; }
		(
			cd "$OD/root/$_when" || exit 1
			find ./run ./usr ./lib -type f 2>/dev/null | LC_ALL=C sort | while IFS= read -r _f; do
				printf '%s\n' "$_f"
				sed 's/^address[0-9]*=/address=/' "$_f"
			done
		) >"$OD/root/$_when/text"
	done
	_had=0
	! grep -qE "$(netplan_line "$1")" "$OD/root/after/text" || _had=1
	if [ "$2" = with ] && [ "$_had" = 0 ] || [ "$2" = without ] && [ "$_had" = 1 ]; then
		say "netplan would not set the device up $2 $1 by the changed files below $NETPLAN_DIR"
		return 1
	fi
	for _when in before after; do grep -vE "$(netplan_line "$1")" "$OD/root/$_when/text" >"$OD/root/$_when/rest" || :; done
	cmp -s "$OD/root/before/rest" "$OD/root/after/rest" || { say "more would change than $1, by what netplan makes of the files below $NETPLAN_DIR"; return 1; }
}
netplan_line() { printf '^[Aa]ddress=%s(,.*)?$' "$(printf '%s' "${1%/*}/" | sed 's/[.]/[.]/g')[0-9]+"; }

netplan_keep() {
	_definition=$(netplan_definition "$2") || die "no file of netplan's defines $2"
	_drop=$NETPLAN_DIR/90-terraform-provider-mail-$(address_word "$1").yaml
	rm -rf "$OD/plan"
	mkdir -p "$OD/plan"
	printf '# terraform-provider-mail: an address that moved here.\nnetwork:\n  version: 2\n  %s:\n    "%s":\n      addresses:\n        - "%s"\n' \
		"$(printf '%s' "$_definition" | cut -f 2)" "$(printf '%s' "$_definition" | cut -f 3)" "$1" | address_planned "$_drop"
	netplan_compare "$1" with || die "the address $1 cannot be made persistent by netplan"
	address_write "$_drop" <"$OD/plan/file.$(printf '%s' "$_drop" | tr / _)"
	netplan_told
}
