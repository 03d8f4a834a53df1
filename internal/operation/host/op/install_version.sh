# shellcheck shell=sh
# install_version VERSION FROM ASK INSTALL RECOVER: the version is installed, in place of the one before it. Commands are quoted words for eval.
installed_version() { product "$1" </dev/null 2>"$OD/version" | head -n 1 | tr -d '[:space:]'; }

install_version_probe() { [ "$(installed_version "$3")" = "$1" ]; }
install_version_holds() {
	_found=$(installed_version "$3")
	report version "$_found"
	[ "$_found" = "$1" ] && return 0
	drift "version ${_found:-none} is installed, not $1"
	return 1
}
install_version_do() {
	_found=$(installed_version "$3")
	# An installation that was cut off may leave any version, or none, behind: only the first try must find the one before.
	[ -e "$B/from" ] || [ "$_found" = "$2" ] || die "version ${_found:-none} is installed, not $2: $(tail -n 1 "$OD/version")"
	remember from "$2"
	product "$4" </dev/null >&2
	report version "$1"
}
install_version_verify() { install_version_probe "$@"; }
install_version_undo() {
	[ -e "$B/from" ] || return 0
	[ "$(installed_version "$3")" = "$2" ] || product "$5" </dev/null >&2
	[ "$(installed_version "$3")" = "$2" ] || die "version $(installed_version "$3") is installed, not $2"
}
