# shellcheck shell=sh
# restore_database DATABASE USER HOW JOBS: the source's database, restored beside the live one, compared and swapped in by renaming.
# USER: whose password is checked on the source first (the secret comes on standard input); empty: local peer access only.
# HOW: full (row counts, checksums, sequences) or quick (row counts, sequences).
# The database that was there before the first pass is kept as <database>__before until the run is undone or finalized.
database_name() {
	_n=$1__$2
	[ "${#_n}" -le 63 ] || die "the name $_n is too long for PostgreSQL (63 bytes)"
	printf '%s' "$_n"
}
restore_database_probe() { false; }
restore_database_holds() { pg_exists "$1" && [ "$(pg_oid "$1")" = "$(cat "$J/databases/$1" 2>/dev/null)" ]; }
restore_database_do() {
	_db=$1 _user=$2 _how=$3
	NEW=$(database_name "$_db" next)
	BEFORE=$(database_name "$_db" before)
	pull_open
	# A move has checked it before it closed the database.
	[ -e "$RD/prepared.$_db" ] || restore_database_login "$_db" "$_user"
	PULL_SECRET=
	restore_database_bring "$_db" "$_how"
	restore_database_compare "$_db" "$_how"
	restore_database_swap "$_db"
	# In an outage that waits until it is over; until then undo brings it back.
	[ "$WAY" = delta ] || [ -e "$RD/fence" ] || pg_drop "$(database_name "$_db" spent)"
	report at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}
# restore_database_login DATABASE USER: the password that was given is the right one.
restore_database_login() {
	if [ -n "$2" ] && [ -n "$PULL_SECRET" ]; then
		printf '%s %s\n' "$2" "$PULL_SECRET" | pull "db login $1" || die "user $2 cannot log in to database $1 of the source"
	fi
}
# restore_database_bring DATABASE HOW: what has changed since the hot copy, where there is one and it is of use; else all of it.
restore_database_bring() {
	if [ -e "$RD/prepared.$1" ]; then
		rm "$RD/prepared.$1"
		if delta_apply "$1" "$NEW" "$2"; then
			WAY='delta'
			report way delta
			return 0
		fi
		say "the hot copy of $1 is of no use any more: all of it is copied"
	fi
	WAY=whole
	report way whole
	pg_roles_missing "$1"
	pg_drop "$NEW"
	restore_database_create "$1"
	_failed=$OD/dump-failed
	{ pull "db dump-$2 $1" || echo $? >"$_failed"; } | pg_tool pg_restore --exit-on-error -d "$NEW"
	[ ! -e "$_failed" ] || die "the dump of $1 ended with an error on the source"
}
restore_database_create() {
	IFS='|' read -r _enc _coll _ctype _owner <<-END
		$(pull "db info $1")
	END
	[ -n "$_enc" ] || die "database $1 is not on the source"
	echo "CREATE DATABASE :\"db\" TEMPLATE template0 ENCODING :'enc' LC_COLLATE :'coll' LC_CTYPE :'ctype' OWNER :\"owner\"" |
		pg postgres -v "db=$NEW" -v "enc=$_enc" -v "coll=$_coll" -v "ctype=$_ctype" -v "owner=$_owner" ||
		die "database $1 has encoding $_enc and locale $_coll/$_ctype, which this server cannot give it"
}
restore_database_compare() {
	pull "db counts $1" >"$OD/counts.source"
	{
		echo "$PG_SESSION"
		pg_counts_sql "$2"
	} | pg "$NEW" >"$OD/counts.target"
	cmp -s "$OD/counts.source" "$OD/counts.target" ||
		die "database $1 differs after restoring: $(diff "$OD/counts.source" "$OD/counts.target" | grep '^[<>]' | head -n 6 | tr '\n' ' ')"
	report tables "$(wc -l <"$OD/counts.target")"
	report rows "$(awk -F'|' 'NF == 3 && $3 !~ /^[tf]$/ { n += $2 } END { print n + 0 }' "$OD/counts.target")"
}
# restore_database_swap DATABASE: what is there has been looked at in one go, since nobody is served meanwhile.
restore_database_swap() {
	_spent=$(database_name "$1" spent)
	_there=$(pg_there "$1" "$BEFORE" "$_spent")
	_aside=
	case $_there in
	f*) remember had no ;;
	?t*)
		# A pass before this one has put the first database aside already. The one that is spent goes later: that takes a checkpoint.
		if [ "$_there $(recall had)" = "ttt earlier" ]; then
			pg_drop "$1" # this run's own, from before an interruption
		else
			case $_there in ??t) pg_drop "$_spent" ;; esac
			remember had earlier
			_aside=$_spent
		fi
		;;
	*)
		remember had yes
		_aside=$BEFORE
		;;
	esac
	restore_database_rename "$1" "$_aside" >"$OD/renamed"
	mkdir -p "$J/databases"
	cut -d'|' -f1 "$OD/renamed" | put "$J/databases/$1"
	report bytes "$(cut -d'|' -f2 "$OD/renamed")"
}
# restore_database_rename DATABASE ASIDE: prints the new one's oid and size.
restore_database_rename() {
	pg postgres -v "db=$1" -v "new=$NEW" -v "aside=$2" <<-'END'
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname IN (:'db', :'new') AND pid <> pg_backend_pid() \g /dev/null
		SELECT :'aside' <> '' AS live \gset
		BEGIN;
		\if :live
		ALTER DATABASE :"db" RENAME TO :"aside";
		\endif
		ALTER DATABASE :"new" RENAME TO :"db";
		COMMIT;
		SELECT oid, pg_database_size(oid) FROM pg_database WHERE datname = :'db';
	END
}
restore_database_verify() { [ "$(pg_there "$1" "$NEW")" = tf ]; }
restore_database_undo() {
	pg_awake
	NEW=$(database_name "$1" next)
	pg_drop "$NEW"
	case $(recall had) in
	yes) restore_database_back "$1" "$(database_name "$1" before)" || return 0 ;;
	no) pg_drop "$1" ;;
	earlier) # what an earlier pass had brought is ours as well; outside of an outage the newer one stays
		restore_database_back "$1" "$(database_name "$1" spent)" || return 0
		pg_oid "$1" | put "$J/databases/$1"
		return 0
		;;
	*) return 0 ;;
	esac
	rm -f "$J/databases/$1"
}
# restore_database_back DATABASE ASIDE: the one that was put aside is in its place again; fails where there is none.
restore_database_back() {
	pg_exists "$2" || return 1
	pg_free "$1"
	pg_drop "$1"
	echo 'ALTER DATABASE :"aside" RENAME TO :"db"' | pg postgres -v "db=$1" -v "aside=$2"
}
