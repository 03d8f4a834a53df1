# shellcheck shell=sh
# keep_records CUTOVER: the records that were found, in records/<cutover>, a line each: "<name><TAB><type><TAB><TTL><TAB><time><TAB><value>". They come on
# standard input as lines "record …". Of a name and type whose values are the same and whose TTL is lower than what is known already, that stays: an
# earlier attempt has lowered it. Reported: record.<n>, what is known then.
records_file() { printf '%s/records/%s' "$J" "$1"; }
records_report() {
	[ ! -e "$1" ] || awk -v OFS= '{ print "record.", NR - 1, "=", $0 }' "$1" >>"$OD/result"
}
keep_records_probe() { false; }
keep_records_do() {
	mkdir -p "$J/records"
	sed -n 's/^record //p' | sort >"$OD/found"
	[ -s "$OD/found" ] || die "no records came along"
	[ -e "$(records_file "$1")" ] || : | put "$(records_file "$1")"
	awk -F'\t' '
		{ key = $1 FS $2 }
		FILENAME == ARGV[1] { was[key] = was[key] $0 "\n"; had[key] = had[key] $5 FS; ttl[key] = $3; next }
		{ is[key] = is[key] $0 "\n"; has[key] = has[key] $5 FS; now[key] = $3 }
		END { for (key in is) printf "%s", (key in was && had[key] == has[key] && ttl[key] > now[key] ? was[key] : is[key]) }
	' "$(records_file "$1")" "$OD/found" | sort >"$OD/kept"
	put "$(records_file "$1")" <"$OD/kept"
	records_report "$(records_file "$1")"
}
keep_records_verify() { [ -s "$(records_file "$1")" ]; }
