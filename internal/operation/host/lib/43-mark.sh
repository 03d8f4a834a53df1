# shellcheck shell=sh
# The cut mark's markers: what a side held when service moved, so that what it takes later shows. A folder for each cutover, marks/<name>:
#   run                     the move that wrote it
#   messages                every message file, NUL-separated, sorted: with a store that numbers them, that is UIDNEXT
#   stamp                   the time, in seconds
#   queue                   names in the mail queue
#   brought/                files that passes of given up runs brought since, or that lay there before them and were swept: no side took them
#   lsn, databases, tables  the WAL position; name, oid and next transaction; rows that were ever inserted, updated, deleted, table by table
# A marker that is removed by hand (tables, stamp) is not compared any more.
marks() { printf '%s/marks/%s' "$J" "$1"; }

# drift TEXT: a difference for people, of an operation that does not hold.
drift() { report "drift.$(wc -l <"$OD/result")" "$1"; }

# messages_list PATTERNS: PATTERNS are lines "root<TAB>ERE"; the ERE matches what follows the root.
messages_list() {
	printf '%s\n' "$1" | while IFS='	' read -r _root _ere; do
		[ ! -d "$_root" ] || find "$_root/" -mindepth 1 -type f -regextype posix-extended -regex ".{${#_root}}$_ere" -print0
	done | sort -z
}

# marks_brought TREE UNTIL: a run is given up whose passes brought files into a tree of the side that did not serve. No mark of this host takes them for that
# side's own, unless somebody writes them later. They came no later than the file UNTIL; where that is not there, none is known to have come. Told once a run:
# what comes later is late.
marks_brought() {
	[ -e "$2" ] || return 0
	for _m in "$J"/marks/*; do
		[ -e "$_m/run" ] || continue
		_list=$_m/brought/$(printf %s "$1" | tr / _)
		[ "$(cat "$_list.run" 2>/dev/null)" != "$RUN" ] || continue
		mkdir -p "$_m/brought" || return 1
		find "$1" ! -type d ! -cnewer "$2" -printf "$BROUGHT" | sort -z | put "$_list" || return 1
		printf '%s\n' "$RUN" | put "$_list.run" || return 1
	done
}
# BROUGHT: a file with what changes when it is written; no path holds "//".
BROUGHT='%p//%i %s %T@\0'

# not_brought MARK: of files (NUL-separated, from the root) those that no pass brought, or that were written since.
not_brought() {
	[ -d "$1/brought" ] || { cat; return 0; }
	find "$1/brought" -type f ! -name '*.run' -exec cat {} + | sort -zu >"$OD/brought"
	# shellcheck disable=SC2016 # expanded by the shell that xargs starts
	xargs -0r sh -c 'form=$1; shift; find "$@" -maxdepth 0 -printf "$form"' sh "$BROUGHT" |
		sort -z | comm -z -23 - "$OD/brought" | sed -z 's,//[^/]*$,,' | sort -z
}

# messages_new CUTOVER PATTERNS: those that the marker does not hold; none where there is no marker. What came from the other side is not new.
messages_new() {
	[ -e "$(marks "$1")/messages" ] || return 0
	messages_list "$2" | comm -z -13 "$(marks "$1")/messages" - | not_brought "$(marks "$1")" |
		if [ -s "$J/late/$1/sums" ]; then xargs -0r sha256sum -z -- | grep -zvF -f "$J/late/$1/sums" | sed -z 's/^.\{66\}//'; else cat; fi
}

# messages_gone CUTOVER PATTERNS: those of the marker that are there no more.
messages_gone() {
	[ ! -e "$(marks "$1")/messages" ] || messages_list "$2" | comm -z -23 "$(marks "$1")/messages" -
}

# rows_now DATABASE: lines "database|table|inserted|updated|deleted".
rows_now() {
	echo "SELECT :'db', format('%I.%I', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY 2" | pg "$1" -v "db=$1"
}
wal_now() { echo 'SELECT pg_current_wal_lsn()' | pg postgres; }

# mark_write FOLDER PATTERNS DATABASES QUEUE: DATABASES one a line; QUEUE yes or no.
mark_write() {
	date +%s.%N >"$1/stamp"
	[ -z "$2" ] || messages_list "$2" >"$1/messages"
	if [ "$4" = yes ]; then (cd "$(queue_dir)" && find incoming active deferred maildrop hold -type f -printf '%f\n' | sort) >"$1/queue"; fi
	[ -n "$3" ] || return 0
	printf '%s\n' "$3" | while IFS= read -r _db; do
		echo "SELECT datname, oid, txid_snapshot_xmax(txid_current_snapshot()) FROM pg_database WHERE datname = :'db'" |
			pg "$_db" -v "db=$_db" >>"$1/databases"
		rows_now "$_db" >>"$1/tables"
	done
	wal_now >"$1/lsn"
}

# rows_changed CUTOVER: lines for people, one for each table that was written since.
rows_changed() {
	_m=$(marks "$1")
	[ -e "$_m/tables" ] || return 0
	[ "$(wal_now)" != "$(cat "$_m/lsn")" ] || return 0
	while IFS='|' read -r _db _oid _xmax; do
		if [ "$(pg_oid "$_db")" != "$_oid" ]; then
			echo "database $_db is another one, or gone"
			continue
		fi
		rows_now "$_db" >"$OD/tables.now"
		# Counters that went backwards were lost in a crash: the rows themselves tell then what was written, and not what was deleted.
		if awk -F'|' 'NR == FNR { n[$1 "|" $2] = $3 + $4 + $5; next } $3 + $4 + $5 < n[$1 "|" $2] { lower = 1 } END { exit !lower }' "$_m/tables" "$OD/tables.now"; then
			rows_written "$_db" "$_xmax"
			continue
		fi
		awk -F'|' -v db="$_db" 'NR == FNR { i[$1 "|" $2] = $3; u[$1 "|" $2] = $4; d[$1 "|" $2] = $5; if ($1 == db) was[$2] = 1; next }
			{ k = $1 "|" $2; delete was[$2]; a = $3 - i[k]; b = $4 - u[k]; c = $5 - d[k]
				if (a + b + c > 0) printf "database %s, table %s: %d rows inserted, %d updated, %d deleted\n", $1, $2, a, b, c }
			END { for (t in was) printf "database %s: table %s is gone\n", db, t }' "$_m/tables" "$OD/tables.now"
	done <"$_m/databases"
}

# rows_written DATABASE XID: by the transaction that wrote each row.
rows_written() {
	echo "SELECT format('SELECT %L, %L, count(*) FROM ONLY %I.%I WHERE xmin::text::bigint >= %s', :'db', format('%I.%I', schemaname, relname), schemaname, relname, :xid % 4294967296) FROM pg_stat_user_tables" |
		pg "$1" -v "db=$1" -v "xid=$2" | while IFS= read -r _query; do echo "$_query" | pg "$1"; done |
		awk -F'|' '$3 > 0 { printf "database %s, table %s: %d rows written\n", $1, $2, $3 }'
}

# files_changed CUTOVER TREES PASSING: files below the trees (one a line) that were written since, but for those that PASSING (an ERE a line) names.
files_changed() {
	_m=$(marks "$1")
	[ -e "$_m/stamp" ] || return 0
	printf '%s\n' "$3" >"$OD/passing"
	printf '%s\n' "$2" | while IFS= read -r _tree; do
		[ ! -d "$_tree" ] || find "$_tree" ! -type d -newerct "@$(cat "$_m/stamp")" -newermt "@$(cat "$_m/stamp")" -print0
	done | not_brought "$_m" | { if [ -n "$3" ]; then grep -zvxE -f "$OD/passing"; else cat; fi; } | tr '\n\0' '?\n' | sed 's/^/file /'
}
