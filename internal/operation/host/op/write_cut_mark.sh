# shellcheck shell=sh
# write_cut_mark NAME: the commit. From here on the target serves, whatever happens to anybody.
write_cut_mark_probe() { [ -e "$J/cut/$1" ] && [ "$(cat "$J/cut/$1")" = "$RUN" ]; }
write_cut_mark_do() {
	# What is decided is decided: a power cut between the decision and the mark may have outlasted the deadline.
	if [ "$(decided)" != commit ]; then
		[ "$(timer_mode)" = revert ] || die "the timer of this host is not armed: it has taken the move back"
		[ "$(deadline_left)" -gt 0 ] || die "the deadline of this host has passed"
		[ "$(decide commit)" = commit ] || die "the move was taken back before it could be committed"
	fi
	mkdir -p "$J/cut"
	printf '%s\n' "$RUN" | put "$J/cut/$1"
	date -u +%Y-%m-%dT%H:%M:%SZ >"$RD/cut"
	flush "$RD/cut"
}
write_cut_mark_verify() { [ "$(decided)" = commit ]; }
