# shellcheck shell=sh
# What names a host: its host name, and names and addresses in files.
#
# PAIRS are lines "name<TAB>one<TAB>other" and "address<TAB>one<TAB>other": wherever a file has one, the other belongs there, and the other way round. All are
# exchanged in one pass, so that doing it twice changes nothing. A text is a run of letters, digits, ".", "-" and "_", and is taken whole: "old" is not in
# "older", "old-x" or "my.old", nor 10.0.0.2 in 10.0.0.21. A name without a dot may be followed by a domain; one with a domain stands for its first label
# too, alone. A name after a single slash is a file's.
HOSTNAME_FILE=/etc/hostname
SEARCHED=/etc

# shellcheck disable=SC2016 # it is awk's
PAIRS_AWK='
function pair(one, other, is) { to[one] = other; name[one] = is }
function both(one, other, is) { pair(one, other, is); pair(other, one, is) }
function short(text) { sub(/[.].*/, "", text); return text }
BEGIN {
	n = split(ENVIRON["PAIRS"], line, "\n")
	for (i = 1; i <= n; i++) if (split(line[i], part, "\t") == 3) {
		both(part[2], part[3], part[1] == "name")
		if (part[1] == "name" && part[2] ~ /[.]/ && part[3] ~ /[.]/ && short(part[2]) != short(part[3])) both(short(part[2]), short(part[3]), 2)
	}
}
# token: the text that a run stands for, with what follows it in TAIL; nothing where it is none of ours.
function token(run, head, text) {
	TAIL = ""; text = run
	if (!(text in to)) {
		if (text ~ /[.]$/) { TAIL = "."; sub(/[.]$/, "", text) }
		if (!(text in to)) {
			text = short(run); TAIL = substr(run, length(text) + 1)
			if (name[text] != 1 || TAIL !~ /^[.][A-Za-z0-9]/) return ""
		}
	}
	return name[text] && head ~ /(^|[^\/])\/$/ ? "" : text
}
'

# identity_exchanged FILE: as it shall be.
identity_exchanged() {
	PAIRS=$PAIRS awk "$PAIRS_AWK"'{
		out = ""; rest = $0
		while (match(rest, /[A-Za-z0-9_.-]+/)) {
			head = substr(rest, 1, RSTART - 1); run = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
			text = token(run, head)
			out = out head (text == "" ? run : to[text] TAIL)
		}
		print out rest
	}' "$1" >"$OD/exchanged"
	# awk ends every line; a last one that had no end gets none.
	[ -z "$(tail -c 1 "$1")" ] || truncate -s -1 "$OD/exchanged"
}
# identity_found FILE TEXT...: how often each of the texts, which are of PAIRS, is in it: "text (times)", by commas; nothing where none is.
identity_found() {
	_in=$1
	shift
	PAIRS=$PAIRS WANTED=$(printf '%s\n' "$@") awk "$PAIRS_AWK"'
		BEGIN { m = split(ENVIRON["WANTED"], want, "\n"); for (i = 1; i <= m; i++) { wanted[want[i]] = want[i]; if (name[short(want[i])] == 2) wanted[short(want[i])] = want[i] } }
		{
			rest = $0
			while (match(rest, /[A-Za-z0-9_.-]+/)) {
				head = substr(rest, 1, RSTART - 1); run = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
				text = token(run, head)
				if (text in wanted) count[wanted[text]]++
			}
		}
		END { for (i = 1; i <= m; i++) if (count[want[i]]) { printf "%s%s (%d)", (said++ ? ", " : ""), want[i], count[want[i]] } }' "$_in"
}

# identity_files GLOBS: the regular files that the patterns (one a line) name, a line each; a link stands for its file. What sets the network up at boot is
# left to what moves addresses.
identity_files() {
	printf '%s\n' "$1" | while IFS= read -r _glob; do
		[ -n "$_glob" ] || continue
		IFS=
		# shellcheck disable=SC2086 # the glob is meant to be expanded
		set -- ${_glob%/\*\*}
		unset IFS
		for _p in "$@"; do
			case $_glob in
			*/\*\*) [ ! -d "$_p" ] || find "$_p" -type f ;;
			*) [ ! -f "$_p" ] || readlink -f -- "$_p" ;;
			esac
		done
	done | sort -u | while IFS= read -r _p; do
		case $_p in
		"$INTERFACES" | "$INTERFACES".d/* | "$NETPLAN_DIR"/* | "$NETWORKD_DIR"/* | "$HOSTNAME_FILE") ;;
		*) printf '%s\n' "$_p" ;;
		esac
	done
}

hostname_at_boot() { head -n 1 "$HOSTNAME_FILE" 2>/dev/null; }
hostname_now() {
	if has hostname; then hostname "$1"; else printf '%s\n' "$1" >/proc/sys/kernel/hostname; fi
}
