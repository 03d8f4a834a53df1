# shellcheck shell=sh
# prepare_database DATABASE USER: what can be done before the outage: missing roles, and a copy beside the live one, made while the source serves.
prepare_database_probe() { false; }
prepare_database_do() {
	NEW=$(database_name "$1" next)
	pull_open
	restore_database_login "$1" "$2"
	PULL_SECRET=
	rm -f "$RD/prepared.$1"
	pg_roles_missing "$1"
	pg_drop "$NEW"
	pg_drop "$(database_name "$1" spent)"
	restore_database_create "$1"
	_failed=$OD/dump-failed
	{ pull "db dump-hot $1" || echo $? >"$_failed"; } | pg_tool pg_restore --exit-on-error -d "$NEW"
	[ ! -e "$_failed" ] || die "the dump of $1 ended with an error on the source"
	echo 'VACUUM ANALYZE' | pg "$NEW"
	report bytes "$(echo "SELECT pg_database_size(:'db')" | pg postgres -v "db=$NEW")"
	: >"$RD/prepared.$1"
}
prepare_database_verify() { pg_exists "$NEW"; }
prepare_database_undo() {
	pg_awake
	rm -f "$RD/prepared.$1"
	pg_drop "$(database_name "$1" next)"
}
