# shellcheck shell=sh
# close_database DATABASE: nobody but the server's superuser may connect, so that no row is written on a side that does not serve.
database_limit() { echo "SELECT datconnlimit FROM pg_database WHERE datname = :'db'" | pg postgres -v "db=$1"; }
database_set_limit() { echo 'ALTER DATABASE :"db" CONNECTION LIMIT :limit' | pg postgres -v "db=$1" -v "limit=$2"; }
close_database_probe() { [ "$(database_limit "$1")" = 0 ]; }
close_database_do() {
	remember limit "$(database_limit "$1")"
	mkdir -p "$J/limits"
	database_limit "$1" | put "$J/limits/$(printf %s "$1" | tr / _)"
	database_set_limit "$1" 0
	pg_free "$1"
}
close_database_verify() { [ "$(database_limit "$1")" = 0 ]; }
close_database_undo() {
	pg_awake
	[ -z "$(recall limit)" ] || database_set_limit "$1" "$(recall limit)"
}
