# shellcheck shell=sh
# await_ports SECONDS PORT...: something listens on every port.
ports_listen() {
	for _port in "$@"; do
		[ -n "$(ss -Htln "( sport = :$_port )")" ] || return 1
	done
}
await_ports_probe() { shift && ports_listen "$@"; }
await_ports_do() {
	_limit=$1
	shift
	await "$_limit" ports_listen "$@" || die "not all of the ports $* listen after $_limit s"
}
await_ports_verify() { :; }
