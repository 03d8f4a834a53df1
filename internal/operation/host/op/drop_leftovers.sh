# shellcheck shell=sh
# drop_leftovers DATABASE [WHICH]: what our passes left beside it; WHICH: only that.
drop_leftovers_probe() {
	for _s in ${2:-next before spent}; do
		! pg_exists "$(database_name "$1" "$_s")" || return 1
	done
}
drop_leftovers_do() { for _s in ${2:-next before spent}; do pg_drop "$(database_name "$1" "$_s")"; done; }
drop_leftovers_verify() { drop_leftovers_probe "$@"; }
