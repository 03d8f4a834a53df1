# shellcheck shell=sh
# stop_service NAME UNITS START STOP STATUS
stop_service_probe() { ! service_partly "$@"; }
stop_service_do() {
	remember running yes
	service_stop "$@"
}
stop_service_verify() { await 30 stop_service_probe "$@"; }
stop_service_undo() {
	[ "$(recall running)" = yes ] || return 0
	service_runs "$@" || service_start "$@"
	await 60 service_runs "$@"
}
