# shellcheck shell=sh
# What this host knows of the moves of a cutover.

# move_runs NAME: the runs of the cutover's moves that are here, oldest first, one a line. They are NAME.NUMBER: another cutover's may be NAME.2.NUMBER.
move_runs() {
	for _r in "$J/runs/$1".[0-9]*; do
		case ${_r#"$J/runs/$1".} in *[!0-9]*) ;; *) printf '%s\n' "${_r##*.}" ;; esac
	done | sort -n | while IFS= read -r _number; do printf '%s.%s\n' "$1" "$_number"; done
}
# last_committed NAME: the newest of them that was committed, as far as this host has heard.
last_committed() {
	_last=
	for _run in $(move_runs "$1"); do
		[ "$(cat "$J/runs/$_run/decision" 2>/dev/null)" != commit ] || _last=$_run
	done
	[ -z "$_last" ] || printf '%s\n' "$_last"
}
# run_holder RUN: the cutover on whose behalf the run was made; by its name, where that is all that is left of it.
run_holder() {
	RUN_HOLDER=${1%.*}
	# shellcheck source=/dev/null
	[ ! -e "$J/runs/$1/ops" ] || . "$J/runs/$1/ops"
	printf '%s\n' "$RUN_HOLDER"
}

# cmd_moves NAME [RUN]: "known=<RUN>" if the host has it; "run=<run>" of each move that it has; what look_moves tells.
cmd_moves() {
	[ -z "${2:-}" ] || [ ! -d "$J/runs/$2" ] || printf 'known=%s\n' "$2"
	move_runs "$1" | sed 's/^/run=/'
	look_moves "$1"
}
# look_moves NAME: lines "cut=<run>" (the move in which this host began to serve), "armed=<run> <decision>" (its timer still waits), "left=<run> <decision>"
# of a run without a timer that was not brought to its end: "never" where none was ever armed, so that nothing of the service was touched; of those that
# were committed only the newest has anything left, and where its way back was given up, "final=<run>".
look_moves() {
	[ ! -e "$J/cut/$1" ] || printf 'cut=%s\n' "$(cat "$J/cut/$1")"
	_last=$(last_committed "$1")
	[ -z "$_last" ] || [ ! -e "$J/runs/$_last/final" ] || printf 'final=%s\n' "$_last"
	for _run in $(move_runs "$1"); do
		use_run "$_run"
		if [ "$(timer_mode)" != "done" ]; then
			printf 'armed=%s %s\n' "$RUN" "$(decided)"
		elif [ "$(run_outcome)" != settled ]; then
			look_left
		fi
	done
}
look_left() {
	_decided=$(decided)
	[ -e "$RD/timer" ] || [ "$_decided" = commit ] || _decided=never
	case $_decided in
	commit) [ "$RUN" != "$_last" ] || printf 'left=%s commit\n' "$RUN" ;;
	*) [ -z "$(run_open)" ] || printf 'left=%s %s\n' "$RUN" "$_decided" ;;
	esac
}
