# shellcheck shell=sh
# What a cutover governs, and whether an operation touches it. Things are named "kind:name", as operations name what they touch.
#
# Trees, files and mounts share one space of paths. A tree covers all below it. Files are named by patterns: * ? [ab] stay within one path element, a
# final /** is everything below; of two patterns, what comes before their first wildcard decides, to be on the safe side. Other things have names only.

# held TOUCHES: prints the holder of one of the things (one a line) and succeeds if it is another run's; 1: nobody's, 2: that cannot be told.
held() {
	[ -n "$1" ] || return 1
	for _h in "$J"/hold/*; do
		[ -e "$_h" ] || continue
		[ "$(cat "$_h/run")" != "$RUN" ] || continue
		[ "$(cat "$_h/name")" != "${RUN_HOLDER:-}" ] || continue
		_covers=0
		printf '%s\n' "$1" | hold_covers "$_h/touches" || _covers=$?
		case $_covers in
		0)
			cat "$_h/name"
			return 0
			;;
		1) ;;
		*) # never taken for "no"
			say "whether cutover $(cat "$_h/name") holds this cannot be told"
			return 2
			;;
		esac
	done
	return 1
}

# hold_gone NAME: a hold goes whole: nobody who looks meanwhile finds half of it.
hold_gone() {
	[ -e "$J/hold/$1" ] || return 0
	rm -rf "$J/hold/.gone.$1"
	mv "$J/hold/$1" "$J/hold/.gone.$1"
	rm -rf "$J/hold/.gone.$1"
}
# hold_comes NAME FOLDER: what was made ready in a folder becomes the hold, whole.
hold_comes() {
	hold_gone "$1"
	mv "$2" "$J/hold/$1"
	flush "$J/hold"
}

# hold_covers FILE: one of the things on standard input overlaps with one of the file's.
hold_covers() {
	awk '
		function wild(p) { return p ~ /[*?[]/ }
		# literal: what comes before the first wildcard.
		function literal(p) { return substr(p, 1, match(p, /[*?[]/) - 1) }
		# whole: a path that stands for all below it, with a slash at its end.
		function whole(kind, p) { return (kind == "tree" || kind == "mount") && p !~ /\/$/ ? p "/" : p }
		function begins(text, head) { return head != "" && substr(text, 1, length(head)) == head }
		# fits: the path is one of those that the pattern names.
		function fits(path, p,    r, i, c, below) {
			below = sub(/\/\*\*$/, "/", p)
			for (i = 1; i <= length(p); i++) {
				c = substr(p, i, 1)
				if (c == "*") r = r "[^/]*"
				else if (c == "?") r = r "[^/]"
				else if (c == "[" && index(substr(p, i + 1), "]")) {
					r = r "[" (substr(p, i + 1, 1) == "!" ? "^" : substr(p, i + 1, 1))
					for (i += 2; substr(p, i, 1) != "]"; i++) r = r substr(p, i, 1)
					r = r "]"
				}
				else if (c ~ /[.[+(){}|^$\\]/) r = r "\\" c
				else r = r c
			}
			return path ~ ("^" r (below ? "." : "$"))
		}
		# inside: the pattern can name something below the tree.
		function inside(tree, p,    i, n, m, t, q) {
			n = split(tree, t, "/"); m = split(p, q, "/")
			for (i = 2; i < n; i++) {
				if (q[i] == "**") return 1
				if (i > m || !fits(t[i], q[i])) return 0
			}
			return m >= n
		}
		function overlap(ka, a, kb, b,    pa, pb) {
			pa = ka == "file" && wild(a); pb = kb == "file" && wild(b)
			a = whole(ka, a); b = whole(kb, b)
			if (a == b) return 1
			if (pa && pb) return begins(literal(a), literal(b)) || begins(literal(b), literal(a))
			if (pa) return b ~ /\/$/ ? inside(b, a) : fits(b, a)
			if (pb) return a ~ /\/$/ ? inside(a, b) : fits(a, b)
			return a ~ /\/$/ && begins(b, a) || b ~ /\/$/ && begins(a, b)
		}
		function path(kind) { return kind == "tree" || kind == "file" || kind == "mount" }
		{ at = index($0, ":"); kind = substr($0, 1, at - 1); name = substr($0, at + 1) }
		NR == FNR { kinds[NR] = kind; names[NR] = name; lines[$0] = 1; n = NR; next }
		$0 == "" { next }
		$0 in lines { found = 1; exit }
		path(kind) { for (i = 1; i <= n; i++) if (path(kinds[i]) && overlap(kind, name, kinds[i], names[i])) { found = 1; exit } }
		END { exit !found }
	' "$1" -
}
