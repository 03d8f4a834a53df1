# shellcheck shell=sh
# drain_connections PORTS SECONDS: transactions that were open when the fence went up come to their end; what is left after that is cut.
drained() {
	for _port in $1; do
		[ -z "$(ss -Htn state established "( sport = :$_port )")" ] || return 1
	done
}
drain_connections_probe() { drained "$1"; }
drain_connections_do() { await "$2" drained "$1" || report cut "$(ss -Htn state established | wc -l)"; }
drain_connections_verify() { :; }
