# shellcheck shell=sh
# await_continue STAGE SECONDS: before STAGE, until a person lets the run go on (cmd_continue). Where a timer is armed it ends by itself shortly before the
# timer's deadline, so that the controller takes everything back in order; where none is, after SECONDS.
CONTINUE_MARGIN=10
await_continue_probe() { [ -e "$RD/continued.$1" ]; }
await_continue_do() {
	echo "$(($(uptime_seconds) + $2))" | put "$RD/waits"
	until [ -e "$RD/continued.$1" ]; do
		[ "$(continue_left)" -gt 0 ] || die "nobody has said continue in time"
		sleep 0.1
	done
	rm -f "$RD/waits"
}
await_continue_verify() { [ -e "$RD/continued.$1" ]; }
await_continue_undo() { rm -f "$RD/waits" "$RD/continued.$1"; }

# continue_left: seconds until the wait ends by itself.
continue_left() {
	if [ "$(timer_mode)" = "done" ]; then
		echo $(($(cat "$RD/waits") - $(uptime_seconds)))
	else
		echo $(($(deadline_left) - CONTINUE_MARGIN))
	fi
}

# continue_stage: the stage before which the run waits now; fails if it does not. Where the host was booted in between, nothing waits.
continue_stage() {
	[ -e "$RD/waits" ] || return 1
	for _w in "$RD"/state/await_continue.*; do
		use_op "${_w##*/}"
		if op_alive; then
			printf '%s\n' "${OP##*.}"
			return 0
		fi
	done
	return 1
}

# look_waits: lines "waits=<run> <stage> <seconds left> <seconds since the controller was seen>".
look_waits() {
	for _r in "$J"/runs/*; do
		[ -d "$_r" ] || continue
		use_run "${_r##*/}"
		! _stage=$(continue_stage) || printf 'waits=%s %s %s %s\n' "$RUN" "$_stage" "$(continue_left)" "$(lock_age)"
	done
}

# cmd_continue RUN STAGE: lets the run go on.
cmd_continue() {
	use_run "$1"
	EPOCH=$(epoch_now)
	[ "$(continue_stage)" = "$2" ] || die "run $1 does not wait before $2"
	[ "$(lock_age)" -le "$HEARTBEAT_SECONDS" ] || die "nobody would go on with run $1: its controller was last seen $(lock_age) s ago"
	journal continued "" ",\"stage\":\"$2\""
	date -u +%Y-%m-%dT%H:%M:%SZ | put "$RD/continued.$2"
}
