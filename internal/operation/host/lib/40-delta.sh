# shellcheck shell=sh
# A database that was copied while the source served is brought up to what the source holds when nothing serves: by the rows that were written since.
#
# A row version carries the transaction that wrote it. The copy was made of a snapshot; every transaction below the snapshot's xmin had ended and is in
# the copy, so rows written by it or a later one are all that can differ, and what was deleted. With N the source's rows, D those written since and T the
# copy: N without D is in T. Once D's keys are deleted from T, T is N without D exactly if it has |N| - |D| rows; else rows were deleted (or their keys
# changed), and the keys of N say which. Then D is added. A table without a key whose count does not fit is copied anew.
DELTA_SCHEMA=terraform_provider_mail
EXIT_WHOLE=79

delta_file() { printf '%s/%s.%s' "$RD" "$1" "$(printf %s "$2" | tr / _)"; }

# --- on the source -------------------------------------------------------------------------------------------------

# delta_schema DATABASE: a digest of everything but rows. Some versions of pg_dump write a word of chance.
delta_schema() { pg_tool pg_dump --schema-only -d "$1" | sed -e '/^.\(un\)\{0,1\}restrict /d' | sha256sum; }

# delta_base DATABASE: the dump of a snapshot on standard output; schema (looked at before it) and xmin are kept for "delta".
delta_base() {
	delta_schema "$1" >"$(delta_file schema "$1")"
	pg_dump_snapshot "$1" hot
}

# delta_tables: a WITH clause that gives every table: its oid, name, columns, the columns of its key ("" without one), and when a row t has the key of a row k.
delta_tables() {
	cat <<-'SQL'
		WITH tables AS (
		SELECT c.oid AS id, format('%I.%I', n.nspname, c.relname) AS rel,
		(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS cols,
		coalesce((SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = c.oid AND i.indisprimary), '') AS key,
		(SELECT string_agg(format('t.%1$I = k.%1$I', a.attname), ' AND ') FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = c.oid AND i.indisprimary) AS same
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
	SQL
}

# delta_fits: SQL that sets "fits": rows are all there is to bring over.
delta_fits() {
	delta_tables
	cat <<-'SQL'
		SELECT NOT EXISTS (SELECT FROM pg_largeobject_metadata) AND NOT EXISTS (SELECT FROM pg_class WHERE relkind = 'm')
		AND NOT EXISTS (SELECT FROM tables WHERE cols IS NULL)
		AND NOT EXISTS (SELECT FROM tables JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = tables.id AND d.deptype = 'e') AS fits \gset
	SQL
}

# delta_script DATABASE HOW: SQL for the copy, with the rows written since the snapshot in it; the counts are kept for "counts".
# Ends with EXIT_WHOLE where the copy is of no use.
delta_script() {
	_base=$(cat "$(delta_file base "$1")" 2>/dev/null) || exit "$EXIT_WHOLE"
	[ -n "$_base" ] || exit "$EXIT_WHOLE"
	delta_schema "$1" >"$(delta_file schema.now "$1")" &
	_digest=$!
	_counts=$(delta_file counts "$1")
	: >"$_counts"
	chmod 711 "$J" "$J/runs" "$RD"
	chown postgres "$_counts"
	{
		echo "$PG_SESSION"
		echo 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;'
		delta_fits
		printf '%s\n' '\if :fits'
		printf '\\o %s\n' "$_counts"
		pg_counts_sql "$2"
		echo '\o'
		delta_emit
		printf '%s\n' '\endif'
		echo 'COMMIT;'
	} | pg "$1" -v "base=$((_base % 4294967296))" -v "schema=$DELTA_SCHEMA"
	wait "$_digest"
	[ -s "$_counts" ] || exit "$EXIT_WHOLE"
	cmp -s "$(delta_file schema "$1")" "$(delta_file schema.now "$1")" || exit "$EXIT_WHOLE"
}

# delta_emit: what is written of it. Each cell of a row is a statement, run from left to right: the head of a COPY, the rows, its end, the plan.
delta_emit() {
	cat <<-'SQL'
		SELECT format('DROP SCHEMA IF EXISTS %1$I CASCADE; CREATE SCHEMA %1$I; CREATE UNLOGGED TABLE %1$I.plan (id oid, rel text, cols text, key text, total bigint, state text);', :'schema');
		SELECT set_config('tpm.base', age(:'base'::xid)::text, true) \g /dev/null
	SQL
	delta_tables
	cat <<-'SQL'
		SELECT format('SELECT %L', format('CREATE UNLOGGED TABLE %I.d%s AS SELECT %s FROM ONLY %s WITH NO DATA; COPY %1$I.d%2$s FROM stdin;', :'schema', id, cols, rel)),
		format('COPY (SELECT %s FROM ONLY %s WHERE age(xmin) <= %s) TO STDOUT', cols, rel, current_setting('tpm.base')),
		'SELECT ''\.''',
		format('SELECT format(%L, count(*)) FROM ONLY %s', format('INSERT INTO %I.plan VALUES (%s, %L, %L, %L, %%s);', :'schema', id, replace(rel, '%', '%%'), replace(cols, '%', '%%'), replace(key, '%', '%%')), rel)
		FROM tables ORDER BY id \gexec
		SELECT format('SELECT format(%L, last_value, is_called) FROM %I.%I', format('SELECT setval(%L, %%s, %%L) \g /dev/null', replace(format('%I.%I', n.nspname, c.relname), '%', '%%')), n.nspname, c.relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' ORDER BY c.oid \gexec
	SQL
}

# delta_rest WHAT ID DATABASE: SQL for one table of the copy. keys: rows with other keys go; rows: all rows, anew.
delta_rest() {
	case $2 in *[!0-9]* | '') exit "$EXIT_REFUSED" ;; esac
	{
		echo "$PG_SESSION"
		delta_tables
		if [ "$1" = keys ]; then
			cat <<-'SQL'
				SELECT format('SELECT %L', format('CREATE UNLOGGED TABLE %I.k AS SELECT %s FROM ONLY %s WITH NO DATA; COPY %1$I.k FROM stdin;', :'schema', key, rel)),
				format('COPY (SELECT %s FROM ONLY %s) TO STDOUT', key, rel), 'SELECT ''\.''',
				format('SELECT %L', format('ANALYZE %1$I.k; DELETE FROM ONLY %2$s t WHERE NOT EXISTS (SELECT FROM %1$I.k k WHERE %3$s); DROP TABLE %1$I.k;', :'schema', rel, same))
			SQL
		else
			cat <<-'SQL'
				SELECT format('SELECT %L', format('DELETE FROM %I.d%s; DELETE FROM ONLY %s; COPY %3$s (%s) FROM stdin;', :'schema', id, rel, cols)),
				format('COPY (SELECT %s FROM ONLY %s) TO STDOUT', cols, rel), 'SELECT ''\.'''
			SQL
		fi
		echo 'FROM tables WHERE id = :id \gexec'
	} | pg "$3" -v "id=$2" -v "schema=$DELTA_SCHEMA"
}

# --- on the target -------------------------------------------------------------------------------------------------

# delta_apply DATABASE COPY HOW: the copy becomes what the source's database is. Fails where the copy is of no use.
delta_apply() {
	_failed=$OD/delta-failed
	rm -f "$_failed"
	{
		echo 'SET session_replication_role = replica; SET synchronous_commit = off; SET client_min_messages = warning;'
		pull "db delta-$3 $1" || echo $? >"$_failed"
		delta_delete
	} | pg "$2" -v "schema=$DELTA_SCHEMA" >"$OD/delta-rest" || return 1
	[ ! -e "$_failed" ] || return 1
	while IFS='|' read -r _id _state; do
		[ -n "$_id" ] || continue
		{
			echo 'SET session_replication_role = replica; SET synchronous_commit = off; SET client_min_messages = warning;'
			pull "db $_state-$_id $1" </dev/null || echo $? >"$_failed"
		} | pg "$2" || return 1
		[ ! -e "$_failed" ] || return 1
	done <"$OD/delta-rest"
	delta_insert | pg "$2" -v "schema=$DELTA_SCHEMA"
}

# delta_delete: old versions of what was written go; prints the tables of which rows are left that should not be, and what they need.
delta_delete() {
	cat <<-'SQL'
		SET search_path = :"schema";
		DO $$
		DECLARE
		  p record; have bigint; written bigint;
		BEGIN
		  FOR p IN SELECT * FROM plan LOOP
		    EXECUTE format('SELECT count(*) FROM d%s', p.id) INTO written;
		    IF p.key <> '' AND written > 0 THEN
		      EXECUTE format('ANALYZE d%s', p.id);
		      EXECUTE format('DELETE FROM ONLY %s WHERE (%s) IN (SELECT %2$s FROM d%s)', p.rel, p.key, p.id);
		    END IF;
		    EXECUTE 'SELECT count(*) FROM ONLY ' || p.rel INTO have;
		    IF have <> p.total - written THEN
		      UPDATE plan SET state = CASE p.key WHEN '' THEN 'rows' ELSE 'keys' END WHERE id = p.id;
		    END IF;
		  END LOOP;
		END $$;
		SELECT id, state FROM plan WHERE state IS NOT NULL ORDER BY id;
	SQL
}

# delta_insert: what was written comes.
delta_insert() {
	cat <<-'SQL'
		SET session_replication_role = replica;
		SET synchronous_commit = off;
		SET search_path = :"schema";
		DO $$
		DECLARE p record;
		BEGIN
		  FOR p IN SELECT * FROM plan LOOP
		    EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM d%s', p.rel, p.cols, p.id);
		  END LOOP;
		END $$;
		SET client_min_messages = warning;
		SET synchronous_commit = on;
		DROP SCHEMA :"schema" CASCADE;
	SQL
}
