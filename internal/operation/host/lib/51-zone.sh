# shellcheck shell=sh
# Zone files (RFC 1035, 2308), as BIND reads them: what they say, and edits that leave all else as it is.

# zone_read: a zone file on standard input, in lines:
#   ttl LINE COLUMN LENGTH TEXT SECONDS   each $TTL
#   serial LINE COLUMN LENGTH NUMBER      of the SOA record
#   minimum SECONDS, soattl SECONDS       of the SOA record; the second one if it has a TTL of its own
#   own COUNT                             other records with a TTL of their own
#   first LINE                            where the first record or directive is
zone_read() {
	awk '
		# seconds: of 300, 5m or 1h30m; -1: it is no TTL.
		function seconds(text,    i, c, n, sum) {
			if (text !~ /^[0-9][0-9smhdwSMHDW]*$/) return -1
			n = ""; sum = 0
			for (i = 1; i <= length(text); i++) {
				c = tolower(substr(text, i, 1))
				if (c ~ /[0-9]/) { n = n c; continue }
				if (n == "") return -1
				sum += n * (c == "s" ? 1 : c == "m" ? 60 : c == "h" ? 3600 : c == "d" ? 86400 : 604800); n = ""
			}
			return sum + n
		}
		# take: one word of the entry at hand, and where it is.
		function take(word, column,    s) {
			count++
			if (count == 1 && !first) first = NR
			if (count == 1 && !inherited) {
				if (word ~ /^\$/) part = "directive"
				directive = toupper(word)
			} else if (part == "directive") {
				s = seconds(word)
				if (directive == "$TTL" && count == 2 && s >= 0) print "ttl", NR, column, length(word), word, s
				part = "rest"
			} else if (part == "head") {
				if (toupper(word) ~ /^(IN|CH|HS|CS)$/) return
				s = seconds(word)
				if (s >= 0 && ttl < 0) { ttl = s; return }
				part = "rest"
				if (toupper(word) == "SOA" && !soa) { soa = 1; part = "soa"; field = 0; if (ttl >= 0) print "soattl", ttl }
				else if (ttl >= 0) own++
			} else if (part == "soa") {
				field++
				if (field == 3 && word ~ /^[0-9]+$/) print "serial", NR, column, length(word), word
				if (field == 7) { print "minimum", seconds(word); part = "rest" }
			}
		}
		BEGIN { ttl = -1; own = 0 }
		{
			if (depth == 0) { count = 0; ttl = -1; part = "head"; inherited = $0 ~ /^[ \t]/ }
			n = length($0); i = 1
			while (i <= n) {
				c = substr($0, i, 1)
				if (c == ";") break
				if (c ~ /[ \t\r]/) { i++; continue }
				if (c == "(") { depth++; i++; continue }
				if (c == ")") { if (depth > 0) depth--; i++; continue }
				start = i
				if (c == "\"") {
					for (i++; i <= n && substr($0, i, 1) != "\""; i++) if (substr($0, i, 1) == "\\") i++
					i++
				} else {
					for (; i <= n && substr($0, i, 1) !~ /[ \t\r;()"]/; i++) if (substr($0, i, 1) == "\\") i++
				}
				take(substr($0, start, i - start), start)
			}
		}
		END { print "own", own; if (first) print "first", first }'
}

# zone_write EDITS: a file on standard input with edits made: lines "at LINE COLUMN LENGTH TEXT", "above LINE TEXT" (a new line), "drop LINE".
zone_write() {
	EDITS=$1 awk '
		BEGIN {
			n = split(ENVIRON["EDITS"], edits, "\n")
			for (k = 1; k <= n; k++) {
				split(edits[k], e, " ")
				text = edits[k]
				if (e[1] == "drop") drop[e[2]] = 1
				if (e[1] == "above") { sub(/^above [0-9]+ /, "", text); above[e[2]] = text }
				if (e[1] == "at") { sub(/^at [0-9]+ [0-9]+ [0-9]+ /, "", text); m++; line[m] = e[2]; column[m] = e[3]; len[m] = e[4]; by[m] = text }
			}
		}
		{
			if (NR in above) print above[NR]
			if (NR in drop) next
			out = $0
			# From the right: what is replaced does not move what is left of it.
			do {
				best = 0
				for (k = 1; k <= m; k++) if (line[k] == NR && !done[k] && (!best || column[k] + 0 > column[best] + 0)) best = k
				if (best) { out = substr(out, 1, column[best] - 1) by[best] substr(out, column[best] + len[best]); done[best] = 1 }
			} while (best)
			print out
		}'
}

# zone_later A B: serial A comes after B (RFC 1982).
zone_later() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d += 4294967296; exit !(d > 0 && d < 2147483648) }'; }
# zone_next SERIAL SERVED TODAY: the serial that comes after both, by date (YYYYMMDDnn) where the file has one by date. SERVED may be empty.
zone_next() {
	_base=$1
	if [ -n "$2" ] && zone_later "$2" "$1"; then _base=$2; fi
	if printf '%s\n' "$1" | grep -Eqx '(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{2}' && zone_later "${3}01" "$_base"; then
		printf '%s01\n' "$3"
	else
		# Zero is no serial to BIND.
		awk -v n="$_base" 'BEGIN { n++; if (n > 4294967295) n = 1; printf "%.0f\n", n }'
	fi
}
