# shellcheck shell=sh
# ask_timer: on the source, the last step before the commit. From now on it takes service back only if the target says that nothing was committed.
ask_timer_probe() { [ "$(timer_mode)" = ask ]; }
ask_timer_do() {
	[ "$(timer_mode)" = revert ] || die "the timer of this host is not armed: it has taken the move back"
	[ "$(deadline_left)" -gt 0 ] || die "the deadline of this host has passed"
	timer_set ask
}
ask_timer_verify() { [ "$(timer_mode)" = ask ]; }
ask_timer_undo() { timer_set revert; }
