# shellcheck shell=sh
# PostgreSQL by local peer access; with a password only where the user wants one checked.

# Debian's psql and pg_dump are scripts that look for a cluster first; the newest programs themselves are quicker and fit every older server.
for _bin in /usr/lib/postgresql/*/bin; do
	[ ! -x "$_bin/psql" ] || PATH=$_bin:$PATH
done

# pg DATABASE [PSQL-ARGUMENT...]: psql as the server's own user, script on standard input, errors end it.
pg() {
	_pgdb=$1
	shift
	(
		cd /
		exec runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -d "$_pgdb" "$@"
	)
}
pg_tool() {
	(
		cd /
		exec runuser -u postgres -- "$@"
	)
}
# pg_awake: waits for a server that rejects connections, as it does while it recovers, and after a boot for one that does not answer yet. What takes
# something back must not fail on that: a timer tries once. Whether it came up, the statement that follows tells.
pg_awake() {
	_awake=$(($(uptime_seconds) + 300))
	while :; do
		_ready=0
		pg_tool pg_isready -q || _ready=$?
		case $_ready in
		1) [ "$(uptime_seconds)" -lt "$_awake" ] || return 0 ;;
		2) [ "$(uptime_seconds)" -lt "$BOOTS_WITHIN" ] || return 0 ;;
		*) return 0 ;;
		esac
		pause
	done
}
# BOOTS_WITHIN: so many seconds after a boot its services have been started.
BOOTS_WITHIN=120

pg_exists() { [ -n "$(echo "SELECT 1 FROM pg_database WHERE datname = :'db'" | pg postgres -v "db=$1")" ]; }
# pg_there DATABASE...: a letter for each, t or f.
pg_there() {
	printf '%s\n' "$@" | {
		printf 'CREATE TEMP TABLE asked (n serial, db text);\nCOPY asked (db) FROM stdin;\n'
		sed 's/\\/\\\\/g'
		printf '\\.\n'
		echo "SELECT string_agg(left(EXISTS (SELECT FROM pg_database WHERE datname = db)::text, 1), '' ORDER BY n) FROM asked;"
	} | pg postgres
}
pg_oid() { echo "SELECT oid FROM pg_database WHERE datname = :'db'" | pg postgres -v "db=$1"; }

# Both sides print values the same way, or checksums would differ where nothing does.
PG_SESSION="SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = 3; SET bytea_output = 'hex'; SET lc_monetary = 'C';"

# pg_counts HOW: SQL that prints "table|rows|checksum" for every table and "sequence|value" for every sequence. HOW: quick (no checksums) or full.
pg_counts_sql() {
	_sum="'-'"
	[ "$1" != full ] || _sum="coalesce(sum((''x'' || substr(md5(t::text), 1, 15))::bit(60)::bigint), 0)"
	[ "$1" = full ] || _sum="''-''"
	cat <<-END
		SELECT format('SELECT %L, count(*), $_sum FROM ONLY %I.%I t', n.nspname || '.' || c.relname, n.nspname, c.relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname, c.relname \\gexec
		SELECT format('SELECT %L, last_value, is_called FROM %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' ORDER BY n.nspname, c.relname \\gexec
	END
}

# pg_gate VERB DATABASE: what the source answers through the gate.
pg_gate() {
	case $1 in
	info) echo "SELECT pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba) FROM pg_database WHERE datname = :'db'" | pg postgres -v "db=$2" ;;
	login) pg_login "$2" ;;
	rolenames) echo "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'" | pg postgres ;;
	roles) pg_tool pg_dumpall --roles-only ;;
	dump-quick) pg_dump_snapshot "$2" quick ;;
	dump-full) pg_dump_snapshot "$2" full ;;
	dump-hot) delta_base "$2" ;;
	delta-quick) delta_script "$2" quick ;;
	delta-full) delta_script "$2" full ;;
	keys-*) delta_rest keys "${1#keys-}" "$2" ;;
	rows-*) delta_rest rows "${1#rows-}" "$2" ;;
	counts) cat "$RD/counts.$(printf %s "$2" | tr / _)" ;;
	*) exit "$EXIT_REFUSED" ;;
	esac
}

# pg_login DATABASE: the declared user's password is right; standard input: "user password".
pg_login() {
	IFS=' ' read -r _user _secret
	# The password file lives in memory and is gone when we end.
	PASSFILE=$(mktemp /dev/shm/tpm.XXXXXX)
	trap 'rm -f "$PASSFILE"' EXIT
	printf '*:*:*:*:%s\n' "$(printf '%s' "$_secret" | sed -e 's/\\/\\\\/g' -e 's/:/\\:/g')" >"$PASSFILE"
	echo 'SELECT 1' | PGPASSFILE=$PASSFILE psql -XAtq -w -h localhost -U "$_user" -d "$1" >/dev/null
}

# pg_dump_snapshot DATABASE HOW: the dump on standard output; the counts of the very same snapshot are kept for "counts". HOW hot: its xmin, for "delta".
pg_dump_snapshot() {
	_counts=$RD/counts.$(printf %s "$1" | tr / _)
	[ "$2" != hot ] || _counts=$(delta_file base "$1")
	_code=$RD/dump.code.$(printf %s "$1" | tr / _)
	: >"$_counts"
	: >"$_code"
	chmod 711 "$J" "$J/runs" "$RD"
	chown postgres "$_counts" "$_code"
	{
		echo "$PG_SESSION"
		echo 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;'
		echo 'SELECT pg_export_snapshot() AS snap \gset'
		printf '\\o %s\n' "$_counts"
		if [ "$2" = hot ]; then echo 'SELECT txid_snapshot_xmin(txid_current_snapshot());'; else pg_counts_sql "$2"; fi
		echo '\o'
		echo '\setenv SNAPSHOT :snap'
		printf '\\setenv CODE %s\n' "$_code"
		echo '\setenv DB :db'
		# shellcheck disable=SC2016 # the shell that psql starts expands them
		echo '\! pg_dump -Fc -Z0 --snapshot="$SNAPSHOT" -d "$DB"; echo $? >"$CODE"'
		echo 'COMMIT;'
	} | pg "$1" -v "db=$1"
	[ "$(cat "$_code")" = 0 ]
}

# pg_roles_missing: roles that the source has and this server lacks are made, with their attributes and memberships.
pg_roles_missing() {
	pull "db rolenames $1" >"$OD/source-roles"
	pg_gate rolenames "$1" >"$OD/own-roles"
	grep -Fxv -f "$OD/own-roles" "$OD/source-roles" >"$OD/missing" || return 0
	# Password hashes pass through memory only.
	pull "db roles $1" | while IFS= read -r _line; do
		while IFS= read -r _role; do
			case $_line in
			"CREATE ROLE $_role;" | "ALTER ROLE $_role "* | "GRANT "*" TO $_role;" | "GRANT "*" TO $_role "* | "GRANT $_role TO "*) printf '%s\n' "$_line" ;;
			esac
		done <"$OD/missing"
	done | pg postgres
	report roles "$(wc -l <"$OD/missing")"
}

# pg_free DATABASE: nobody is connected.
pg_free() {
	echo "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :'db' AND pid <> pg_backend_pid()" | pg postgres -v "db=$1" >/dev/null
}
pg_drop() { echo 'DROP DATABASE IF EXISTS :"db" WITH (FORCE)' | pg postgres -v "db=$1" 2>/dev/null; }
