# shellcheck shell=sh
# disarm_timer: nothing is taken back any more.
disarm_timer_probe() { [ "$(timer_mode)" = "done" ] && ! timer_installed; }
disarm_timer_do() {
	timer_set "done"
	timer_remove
	rm -f "$RD/ask.key" "$RD/ask.key.pub" # nothing is asked any more
}
disarm_timer_verify() { ! timer_installed; }
