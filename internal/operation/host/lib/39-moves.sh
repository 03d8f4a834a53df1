# shellcheck shell=sh
# What this host knows of the moves of a cutover.

# cmd_moves NAME [RUN]: "known=<RUN>" if the host has it; "run=<run>" of each move that it has; lines "cut=<run>" (the move in which this host began to serve), "armed=<run> <decision>" (its timer still waits), and "left=<run> <decision>"
# of a run without a timer that was not brought to its end: "never" where none was ever armed, so that nothing of the service was touched.
cmd_moves() {
	[ -z "${2:-}" ] || [ ! -d "$J/runs/$2" ] || printf 'known=%s\n' "$2"
	for _r in "$J/runs/$1".[0-9]*; do
		[ -d "$_r" ] || continue
		case ${_r##*/"$1".} in *[!0-9]*) ;; *) printf 'run=%s\n' "${_r##*/}" ;; esac
	done
	look_moves "$1"
}
look_moves() {
	[ ! -e "$J/cut/$1" ] || printf 'cut=%s\n' "$(cat "$J/cut/$1")"
	for _r in "$J/runs/$1".[0-9]*; do
		[ -d "$_r" ] || continue
		use_run "${_r##*/}"
		if [ "$(timer_mode)" != "done" ]; then
			printf 'armed=%s %s\n' "$RUN" "$(decided)"
		elif [ "$(run_outcome)" != settled ]; then
			look_left
		fi
	done
}
look_left() {
	_decided=$(decided)
	[ -e "$RD/timer" ] || _decided=never
	[ "$_decided" != commit ] && [ -z "$(run_open)" ] || printf 'left=%s %s\n' "$RUN" "$_decided"
}
