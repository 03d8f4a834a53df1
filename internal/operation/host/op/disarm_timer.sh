# shellcheck shell=sh
# disarm_timer: nothing is taken back any more. That the move is committed is written down on the side that gave the service away, too.
disarm_timer_probe() { [ "$(timer_mode)" = "done" ] && ! timer_installed && { [ ! -e "$RD/timer" ] || [ "$(decided)" != open ]; }; }
disarm_timer_do() {
	decide commit >/dev/null
	timer_set "done"
	timer_remove
	rm -f "$RD/ask.key" "$RD/ask.key.pub" # nothing is asked any more
}
disarm_timer_verify() { ! timer_installed; }
