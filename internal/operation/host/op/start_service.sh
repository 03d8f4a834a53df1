# shellcheck shell=sh
# start_service NAME UNITS START STOP STATUS
start_service_probe() { service_runs "$@"; }
start_service_do() {
	remember stopped yes
	service_start "$@"
}
start_service_verify() { await 60 service_runs "$@"; }
start_service_undo() {
	[ "$(recall stopped)" = yes ] || return 0
	! service_partly "$@" || service_stop "$@"
	await 30 stop_service_probe "$@"
}
