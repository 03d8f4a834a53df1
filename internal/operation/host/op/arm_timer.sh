# shellcheck shell=sh
# arm_timer SECONDS UNITS SIDE: from now on this host takes the move back unless it is committed in time. UNITS are the mail services that a boot
# must not start before the guard.
arm_timer_probe() { [ "$(timer_mode)" = revert ] && timer_installed; }
arm_timer_do() {
	has nft || die "the fence needs nft on this host"
	! _other=$(timer_other) || die "the timer of $_other waits on this host and would be lost: bring that move to its end first"
	rm -f "$RD/decision" "$RD/reverted"
	printf 'revert\n' | put "$RD/decision.revert"
	printf 'commit\n' | put "$RD/decision.commit"
	deadline_set "$1"
	timer_set revert
	timer_install "$2"
	report deadline "$(date -u -d "+$1 seconds" +%Y-%m-%dT%H:%M:%SZ)"
}
arm_timer_verify() { timer_installed && systemctl is-active --quiet terraform-provider-mail-timer.service; }
arm_timer_undo() {
	timer_set "done"
	timer_remove
	# The timer sees that within a second; where it is the timer that takes the move back, it ends by itself afterwards.
	[ "${IN_TIMER:-0}" = 1 ] || await 10 timer_stopped || :
	systemctl daemon-reload
}
timer_stopped() { ! systemctl is-active --quiet terraform-provider-mail-timer.service; }
