# shellcheck shell=sh
# What a declared file shall hold, made from what it was made of. Nothing here changes a file.
# In the before-image of an operation that edits one: path (what it really is), image (as it was; none: it was not there), base (what it was last made
# from), wrote (the digest of what was last written; while that is being done, also of what was before), added (lines that were not there), whole (it was not only lines that were added).

# text_file FILE: it can be edited as text.
text_file() { [ "$(tr -d '\000\001' <"$1" | wc -c)" = "$(wc -c <"$1")" ]; }
digest_of() { sha256sum <"$1" | cut -d' ' -f1; }

# edit_base FILE: what to begin with: what it was last made from, while nobody has changed it since; else the file itself.
edit_base() {
	if [ -e "$B/base" ] && edit_untouched "$1"; then
		echo "$B/base"
	elif [ -e "$1" ]; then
		echo "$1"
	else
		echo /dev/null
	fi
}

# edit_untouched FILE: it is what was last written.
edit_untouched() { [ -e "$1" ] && recall wrote | grep -Fxq -e "$(digest_of "$1")"; }

# edit_make FILE HOW BASE OUT TEXT...: OUT becomes what the file shall hold.
edit_make() {
	_edited=$1 _edit=$2 _base=$3 _made=$4
	shift 4
	if [ "$_edit" = content ]; then
		printf %s "${1-}" >"$_made"
		return 0
	fi
	text_file "$_base" || die "$_edited is no text: it has bytes that no text has"
	case $_edit in
	lines) edit_lines "$@" ;;
	replace) edit_replace "$@" ;;
	esac
}

# edit_lines LINE...: the base without what was added before and is no longer declared, and with what is missing. A line that speaks of the same thing in
# another way is an error; all of them are told.
edit_lines() {
	: >"$OD/lines"
	[ "$#" = 0 ] || printf '%s\n' "$@" >"$OD/lines"
	: >"$OD/conflicts"
	: >"$OD/missing"
	cat "$B/added" >"$OD/added" 2>/dev/null || :
	EDITED=$_edited WORK=$OD awk '
		function plain(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
		# port: of a line of /etc/services, "port/protocol"; else nothing. Its names are then in names[], the first of them name.
		function port(s,   f, n, i) {
			delete names
			name = ""
			if (!services) return ""
			sub(/#.*/, "", s)
			n = split(plain(s), f, " ")
			if (n < 2 || f[2] !~ /^[0-9]+\/[a-z]+$/) return ""
			name = f[1]
			for (i = 1; i <= n; i++) if (i != 2) names[f[i]] = 1
			return f[2]
		}
		# key: what a line is about: its first field, where there is more than that.
		function key(s,   w) {
			s = plain(s)
			if (s ~ /^[#;]/ || tables) return ""
			w = s
			sub(/ .*/, "", w)
			if (w ~ /^[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*$/) return w == s ? "" : w
			if (match(w, /[=:]/) > 1) w = substr(w, 1, RSTART - 1)
			return w == s ? "" : w
		}
		# against: the two cannot both be.
		function against(a, b,   pa, pb, na, nb, n) {
			pa = port(a)
			if (pa != "") {
				na = name
				pb = port(b)
				if (pb == "") return 0
				if (pa == pb) return !(na in names)
				split(pa, n, "/")
				return (na in names) && pb ~ ("/" n[2] "$")
			}
			return key(a) != "" && key(a) == key(b)
		}
		# same: the line is there, in these words or, of a service, with more names and a comment.
		function same(a, b,   pa, na) {
			if (plain(a) == plain(b)) return 1
			pa = port(a); na = name
			return pa != "" && pa == port(b) && na == name
		}
		BEGIN { path = ENVIRON["EDITED"]; services = path ~ /\/services$/; tables = path ~ /\/cron/; dir = ENVIRON["WORK"] }
		part == 1 { wants[++n] = $0; wanted[$0] = 1; next }
		part == 2 { ours[$0]++; next }
		$0 in ours && !($0 in wanted) && ours[$0] > 0 { ours[$0]--; next }
		{ have[++m] = $0; print }
		END {
			there = m
			for (i = 1; i <= n; i++) {
				found = 0
				for (j = 1; j <= m && !found; j++) found = same(wants[i], have[j])
				if (found) continue
				for (j = 1; j <= m; j++) if (against(wants[i], have[j])) {
					printf "\"%s\" is declared, and \"%s\" %s\n", wants[i], plain(have[j]), (j > there ? "too" : "is there already") >(dir "/conflicts")
				}
				have[++m] = wants[i]
				print wants[i] >(dir "/missing")
			}
		}' part=1 "$OD/lines" part=2 "$OD/added" part=3 "$_base" >"$_made"
	[ ! -s "$OD/conflicts" ] || die "$_edited says otherwise: $(cat "$OD/conflicts")"
	# awk ends every line; a last one that had no end keeps none where nothing follows.
	[ -s "$OD/missing" ] || [ -z "$(tail -c 1 "$_base")" ] || truncate -s -1 "$_made"
	cat "$OD/missing" >>"$_made"
}

# edit_replace FROM TO...: each text by another, literally, one pair after the other. What lies in its new text already is left.
edit_replace() {
	cp "$_base" "$OD/pass"
	while [ "$#" -gt 0 ]; do
		_found=0
		FROM=$1 TO=$2 awk '
			BEGIN { RS = "\001"; FROM = ENVIRON["FROM"]; TO = ENVIRON["TO"] }
			function replaced(i,   k, p, off) {
				for (k = 1; (p = index(substr(TO, k), FROM)) > 0; k += p) {
					off = k + p - 2
					if (i > off && substr(text, i - off, length(TO)) == TO) return 1
				}
				return 0
			}
			{ text = $0; at = 1
				while ((p = index(substr(text, at), FROM)) > 0) {
					i = at + p - 1
					printf "%s%s", substr(text, at, p - 1), (replaced(i) ? FROM : TO)
					at = i + length(FROM)
					hits = 1
				}
				printf "%s", substr(text, at)
				if (TO != "" && index(text, TO)) hits = 1 }
			END { exit !hits && TO != "" }' "$OD/pass" >"$_made" || _found=$?
		[ "$_found" -le 1 ] || die "$_edited cannot be edited"
		[ "$_found" = 0 ] || die "$_edited has neither \"$1\", which is to be replaced, nor \"$2\""
		cp "$_made" "$OD/pass"
		shift 2
	done
}

# owner_is FILE OWNER: OWNER is "user" or "user:group", by name or number.
owner_is() {
	[ "$(stat -c %u "$1")" = "$(number_of passwd "${2%%:*}")" ] || return 1
	case $2 in
	*:*) [ "$(stat -c %g "$1")" = "$(number_of group "${2#*:}")" ] ;;
	esac
}
# number_of DATABASE NAME
number_of() {
	case $2 in
	*[!0-9]* | '') getent "$1" "$2" | cut -d: -f3 ;;
	*) printf '%s\n' "$2" ;;
	esac
}
mode_is() { [ "$(stat -c %a "$1")" = "$(printf %o "0$2")" ]; }

# edit_faults PATH HOW OWNER MODE RELOAD TEXT...: what is not as declared, a sentence each.
edit_faults() {
	_path=$1 _how=$2 _owner=$3 _mode=$4
	shift 5
	_file=$(readlink -f -- "$_path") || _file=
	if [ -z "$_file" ] || [ ! -e "$_file" ]; then
		echo "$_path is not there"
		return 0
	fi
	if [ ! -f "$_file" ]; then
		echo "$_path is no file"
		return 0
	fi
	if (edit_make "$_path" "$_how" "$(edit_base "$_file")" "$OD/wanted" "$@") 2>"$OD/why"; then
		cmp -s "$OD/wanted" "$_file" || edit_tells "$_path" "$_how" "$_file"
	else
		cat "$OD/why"
	fi
	[ -z "$_owner" ] || owner_is "$_file" "$_owner" || echo "$_path belongs to $(stat -c %U:%G "$_file") instead of $_owner"
	[ -z "$_mode" ] || mode_is "$_file" "$_mode" || echo "$_path has mode $(stat -c %04a "$_file") instead of $_mode"
}
# edit_tells PATH HOW FILE: of lines which are missing, of the rest that it differs: what it holds may be nobody's business.
edit_tells() {
	_told=
	if [ "$2" = lines ]; then
		while IFS= read -r _line; do
			! grep -Fxq -e "$_line" "$3" || continue
			echo "the line \"$_line\" is missing in $1"
			_told=yes
		done <"$OD/missing"
	fi
	[ -n "$_told" ] || echo "$1 holds something else than what is declared"
}
