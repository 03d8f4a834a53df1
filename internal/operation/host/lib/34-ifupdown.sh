# shellcheck shell=sh
# ifupdown, and what reads the same files: /etc/network/interfaces and what it sources; interfaces(5).

ifupdown_here() { has ifup && [ -e "$INTERFACES" ]; }
# ifupdown_patterns FILE: what it sources, absolute: "glob PATTERN" and "folder PATTERN".
ifupdown_patterns() {
	DIR=$(dirname -- "$1") awk '
		$1 == "source" || $1 == "source-directory" {
			for (i = 2; i <= NF; i++) { path = $i; gsub(/["'\'']/, "", path); if (path !~ /^\//) path = ENVIRON["DIR"] "/" path
				print ($1 == "source" ? "glob " : "folder ") path }
		}' "$1"
}
# ifupdown_read FILE DEPTH: the file, and all that it sources.
ifupdown_read() {
	[ -f "$1" ] && [ "$2" -lt 8 ] || return 0
	printf '%s\n' "$1"
	ifupdown_patterns "$1" | while read -r _how _pattern; do
		case $_how in
		glob) for _sourced in $_pattern; do ifupdown_read "$_sourced" $(($2 + 1)); done ;;
		folder)
			for _folder in $_pattern; do
				for _sourced in "$_folder"/*; do
					case ${_sourced##*/} in *[!a-zA-Z0-9_-]*) ;; *) ifupdown_read "$_sourced" $(($2 + 1)) ;; esac
				done
			done
			;;
		esac
	done
}
# ifupdown_sources FILE: the main file would read it.
ifupdown_sources() {
	ifupdown_patterns "$INTERFACES" | {
		while read -r _how _pattern; do
			# shellcheck disable=SC2254 # it is a pattern
			case $_how:${1##*/} in
			glob:${_pattern##*/}) [ "${_pattern%/*}" != "${1%/*}" ] || exit 0 ;;
			folder:*[!a-zA-Z0-9_-]*) ;;
			folder:*) [ "${_pattern%/}" != "${1%/*}" ] || exit 0 ;;
			esac
		done
		exit 1
	}
}

# The files as logical lines (a backslash at the end goes on), and the stanzas of interfaces in them: stanza i has the name, the family and
# the method of its line and the options that follow it, up to the next line that begins something else.
# shellcheck disable=SC2016 # it is awk's
IFUPDOWN_AWK='
function word(n, k, part) { split(T[n], part, " "); return part[k] }
function rest(n, text) { text = T[n]; sub(/^[ \t]*[^ \t]+[ \t]*/, "", text); return text }
function where(n) { return F[n] "\t" A[n] }
function refuse(n, why) { refused[++refusals] = "refuse\t" where(n) "\t" why }
function value(n, v) { v = word(n, 2); sub("/.*", "", v); return v }
function masked(text, n, p) { if (text ~ /^[0-9]+$/) return text + 0; n = octets(text); p = index(n, "0"); return n == "" ? "" : (p ? p - 1 : 32) }
function prefix(n, s, p, k) {
	p = word(n, 2); if (sub(/.*\//, "", p)) return p + 0
	for (k = 1; k <= N; k++) if (S[k] == s && K[k] == "netmask") return masked(word(k, 2))
	return word(n, 2) ~ /:/ ? 128 : 32
}
function base(name) { sub(/:.*/, "", name); return name }
# A command of a stanza that gives or takes an address by ip, and nothing else: its address.
function byip(n, text) {
	if (K[n] !~ /^(pre-|post-)?(up|down)$/) return ""
	text = rest(n); sub(/[ \t]*(\|\|[ \t]*(true|:|\/bin\/true)|2?>[ \t]*\/dev\/null|[ \t])*$/, "", text)
	if (text !~ /^([\/a-z]*\/)?ip([ \t]+-[46])?[ \t]+(a|addr|address)[ \t]+(a|add|replace|d|del|delete)[ \t]+[0-9a-fA-F.:]+\/[0-9]+([ \t]+[a-zA-Z0-9.:_${}"+-]+)*$/) return ""
	sub(/^.*(a|add|replace|d|del|delete)[ \t]+/, "", text)
	match(text, /^[0-9a-fA-F.:]+\/[0-9]+/)
	return substr(text, 1, RLENGTH)
}
function ups(n) { return K[n] ~ /up$/ }
FNR == 1 { held = ""; s = 0 }
{
	if (held == "" && $0 ~ /^[ \t]*#/) next
	if (held == "") { text = $0; first = FNR; indent = $0; sub(/[^ \t].*/, "", indent) } else text = held " " $0
	if (text ~ /\\$/) { held = substr(text, 1, length(text) - 1); next }
	held = ""
	gsub(/\t/, " ", text); sub(/^ +/, "", text); sub(/ +$/, "", text)
	if (text == "") next
	N++; F[N] = FILENAME; A[N] = first; Z[N] = FNR; T[N] = text; K[N] = word(N, 1); I[N] = indent
	if (K[N] == "iface") {
		s = ++M; head[s] = N; name[s] = word(N, 2); family[s] = word(N, 3); method[s] = word(N, 4)
		if (family[s] == "inherits") family[s] = method[s] = ""
	} else if (K[N] ~ /^(auto|allow-[a-z-]*|mapping|rename|source|source-directory|template|no-auto-down|no-scripts)$/) {
		s = 0
		if (K[N] ~ /^(auto|allow-auto|allow-hotplug)$/) { count = split(text, part, " "); for (i = 2; i <= count; i++) { sub("=.*", "", part[i]); auto[part[i]] = 1 } }
	}
	S[N] = s
}
'
# ifupdown_awk PROGRAM: over all files.
ifupdown_awk() {
	ifupdown_read "$INTERFACES" 0 | awk '!seen[$0]++' | {
		_program=$1
		set --
		while IFS= read -r _f; do set -- "$@" "$_f"; done
		awk "$ADDRESS_AWK$IFUPDOWN_AWK$_program" "$@"
	}
}

# A stanza that is brought up at boot sets the device up.
ifupdown_owns() {
	ifupdown_here || return 1
	! systemd || systemctl is-enabled --quiet networking 2>/dev/null || return 1
	_by=$(DEV=$1 ifupdown_awk 'END { for (i = 1; i <= M; i++) if (name[i] == ENVIRON["DEV"] && name[i] in auto) { print F[head[i]]; exit } }')
	[ -n "$_by" ] || return 1
	printf '%s\n' "$_by"
}
# ifupdown_given IP: a line for each place that gives it, whatever its prefix: "file prefix name auto".
ifupdown_given() {
	IP=$1 ifupdown_awk '
		function given(n, p) { print F[n] "\t" p "\t" base(name[S[n]]) "\t" (name[S[n]] in auto ? "auto" : "-") }
		END { for (n = 1; n <= N; n++) if (S[n]) {
			if (K[n] == "address" && same(word(n, 2))) given(n, prefix(n, S[n]))
			else if (ups(n) && byip(n) != "" && same(byip(n))) { p = byip(n); sub(/.*\//, "", p); given(n, p) }
			else if (ups(n) && byip(n) == "" && mentions(rest(n)) && rest(n) ~ /ifconfig|addr/) given(n, "-")
		} }'
}
ifupdown_files() { ! ifupdown_here || ifupdown_given "$1" | cut -f 1 | sort -u; }
ifupdown_kept() {
	ifupdown_given "$1" | P=${1#*/} DEV=$2 awk -F '\t' '$2 == ENVIRON["P"] && $3 == ENVIRON["DEV"] && $4 == "auto" { found = 1 } END { exit !found }'
}

# ifupdown_plan ADDR: the edits. A stanza that has only this address goes; the last one of its name stays as "manual", so that the device is still set up.
# Where the way to a router hangs on the address, another one of the same network that the device keeps takes its place; without such a one it stays.
ifupdown_plan() {
	ifupdown_here || return 0
	[ -n "$(ifupdown_given "$1")" ] || return 0
	IP=$1 ifupdown_awk "$IFUPDOWN_FORGET" >"$OD/edits" || return 1
	address_plan_edits "$OD/edits"
}
# shellcheck disable=SC2016 # it is awk's
IFUPDOWN_FORGET='
function drop(n, k) { for (k = A[n]; k <= Z[n]; k++) out[++outs] = "edit\t" F[n] "\t" k; done[n] = 1 }
function turn(n, text) {
	if (A[n] != Z[n]) { refuse(n, "the line goes on over several lines"); return }
	out[++outs] = "edit\t" where(n) "\t" I[n] text; done[n] = 1
}
function option(n) { return S[n] && n != head[S[n]] && !done[n] }
function frame(n) { return K[n] ~ /^(address|netmask|broadcast|network)$/ }
function unframe(s, keep, n) { for (n = 1; n <= N; n++) if (S[n] == s && option(n) && frame(n) && n != keep) drop(n) }
function simple(s, n) { for (n = 1; n <= N; n++) if (S[n] == s && option(n) && !frame(n)) return 0; return 1 }
function addresses(s, n, k) { k = 0; for (n = 1; n <= N; n++) if (S[n] == s && option(n) && K[n] == "address") k++; return k }
# The routers of a line, and those of a stanza.
function via(n, i, count, part, list) {
	if (K[n] == "gateway") return " " word(n, 2)
	if (!ups(n)) return ""
	list = ""; count = split(rest(n), part, " ")
	for (i = 1; i < count; i++) if ((part[i] == "via" || part[i] == "gw") && bits(part[i + 1]) != "") list = list " " part[i + 1]
	return list
}
function routers(s, n, list) {
	list = ""
	for (n = 1; n <= N; n++) if (S[n] == s && option(n)) list = list via(n)
	return list
}
function reaches(address, p, list, part, i, count) {
	if (p == "") return 0
	count = split(list, part, " ")
	for (i = 1; i <= count; i++) if (!together(part[i], address, p)) return 0
	return 1
}
# All that is given, before the edits; and afterwards no router may be out of reach that was not.
function gather(n, a) {
	for (n = 1; n <= N; n++) if (option(n)) {
		a = K[n] == "address" ? word(n, 2) : ups(n) ? byip(n) : ""
		if (a == "") continue
		given[++all] = n; size[all] = K[n] == "address" ? prefix(n, S[n]) : substr(a, index(a, "/") + 1)
		sub("/.*", "", a); number[all] = a
	}
}
function lost(n, i, k, count, part, before, after) {
	count = split(via(n), part, " ")
	for (i = 1; i <= count; i++) {
		before = after = 0
		for (k = 1; k <= all; k++) if (base(name[S[given[k]]]) == base(name[S[n]])) {
			if (reaches(number[k], size[k], part[i])) before = 1
			if (given[k] in now) { if (reaches(now[given[k]], size[k], part[i])) after = 1 }
			else if (!done[given[k]] && !leaves(number[k]) && reaches(number[k], size[k], part[i])) after = 1
		}
		if (before && !after) { refuse(n, "the way to the router " part[i] " hangs on this address, and the device keeps no other one of its network"); return }
	}
}
function v6(text) { return text ~ /:/ }
function remove(s, n, i, others, count, part, line) {
	others = 0
	for (i = 1; i <= M; i++) if (i != s && name[i] == name[s] && !gone[i]) others++
	if (!simple(s) || !others && name[s] !~ /:/) {
		unframe(s, 0)
		if (family[s] != "") turn(head[s], "iface " name[s] " " family[s] " manual")
		return
	}
	gone[s] = 1
	for (n = 1; n <= N; n++) if (S[n] == s && !done[n]) drop(n)
	if (others) return
	for (n = 1; n <= N; n++) if (K[n] ~ /^(auto|allow-auto|allow-hotplug)$/ && !done[n]) {
		count = split(T[n], part, " "); line = part[1]
		for (i = 2; i <= count; i++) if (part[i] != name[s]) line = line " " part[i]
		if (line == part[1]) drop(n); else if (line != T[n]) turn(n, line)
	}
}
# promote: another address of the device takes the place in the stanza, with the routers.
function promote(s, n, list, k, j, a, p) {
	for (k = 1; k <= N; k++) if (S[k] && base(name[S[k]]) == base(name[s]) && option(k) && k != n) {
		a = K[k] == "address" ? word(k, 2) : ups(k) ? byip(k) : ""
		if (a == "" || leaves(a) || v6(a) != v6(word(n, 2))) continue
		j = S[k]
		if (K[k] == "address") {
			if (j == s || !simple(j) || addresses(j) != 1) continue
			p = prefix(k, j)
		} else { p = a; sub(/.*\//, "", p) }
		sub("/.*", "", a)
		if (!reaches(a, p, list)) continue
		unframe(s, n); turn(n, "address " a "/" p); now[n] = a
		if (K[k] == "address") remove(j); else commands(a)
		return 1
	}
	return 0
}
# commands: those that give or take an address go.
function commands(address, n, was) {
	was = WANTED; sub("/.*", "", address); WANTED = bits(address)
	for (n = 1; n <= N; n++) if (option(n) && byip(n) != "" && same(byip(n))) drop(n)
	WANTED = was
}
function stanza(s, n, hit, hits, list) {
	hits = 0
	for (n = 1; n <= N; n++) if (S[n] == s && option(n) && K[n] == "address" && same(word(n, 2))) { hits++; hit = n }
	if (!hits) return
	if (method[s] != "static" && method[s] != "") { refuse(hit, "an address of the method " method[s]); return }
	if (addresses(s) == hits) {
		list = routers(s)
		if (list == "") { remove(s); return }
		if (!promote(s, hit, list)) drop(hit) # its routers are lost: see there
		return
	}
	for (n = 1; n <= N; n++) if (S[n] == s && K[n] == "netmask") { refuse(n, "a netmask among several addresses"); return }
	for (n = 1; n <= N; n++) if (S[n] == s && option(n) && K[n] == "address" && same(word(n, 2))) drop(n)
}
END {
	gather()
	commands(ENVIRON["IP"])
	for (i = 1; i <= M; i++) stanza(i)
	for (n = 1; n <= N; n++) if (option(n)) {
		if (K[n] ~ /up$/ && byip(n) == "" && mentions(rest(n))) refuse(n, "a command that needs the address: " rest(n))
		lost(n)
	}
	if (refusals) { for (i = 1; i <= refusals; i++) print refused[i] } else for (i = 1; i <= outs; i++) print out[i]
}
'

# ifupdown_keep ADDR DEV: a stanza after those of the device, so that its first address stays the first: in a file of its own where the main file
# reads such a one after them, else at the end of the main file.
ifupdown_keep() {
	for _name in '' .cfg .conf; do
		_drop=$(dirname -- "$INTERFACES")/interfaces.d/zz-terraform-provider-mail-$(address_word "$1")$_name
		if ! ifupdown_last "$2" || ! ifupdown_sources "$_drop"; then continue; fi
		mkdir -p "$(dirname -- "$_drop")"
		ifupdown_stanza "$1" "$2" | address_write "$_drop"
		chmod 644 "$_drop"
		return 0
	done
	{
		awk '{ print }' "$INTERFACES"
		echo
		ifupdown_stanza "$1" "$2"
	} | address_write "$INTERFACES"
}
# ifupdown_last DEV: what the main file sources comes after its own stanzas of the device.
ifupdown_last() {
	DEV=$1 awk '$1 == "iface" && $2 == ENVIRON["DEV"] { own = FNR } $1 ~ /^source/ && !sourced { sourced = FNR } END { exit sourced <= own }' "$INTERFACES"
}
# IPv6 by a command: the method "static" would set how the device configures itself, too.
ifupdown_stanza() {
	echo "# terraform-provider-mail: an address that moved here."
	case $1 in
	*:*)
		printf 'iface %s inet6 manual\n' "$2"
		printf '    up ip -6 addr add %s dev %s nodad || true\n' "$1" "$2"
		printf '    down ip -6 addr del %s dev %s || true\n' "$1" "$2"
		;;
	*) printf 'iface %s inet static\n    address %s\n' "$2" "$1" ;;
	esac
}
