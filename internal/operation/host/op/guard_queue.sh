# shellcheck shell=sh
# guard_queue: what waits in this host's queue stays there, on hold, while a rehearsal's services run. Undo removes what came meanwhile, which nobody may
# get later, and lets the rest run again. The mail service is stopped both times.
guard_queue_ids() { (cd "$(queue_dir)" && find incoming active deferred hold corrupt -type f -printf '%f\n' 2>/dev/null | sort); }
guard_queue_probe() { [ -e "$B/all" ]; }
guard_queue_do() {
	queue_held | put "$B/held"
	postsuper -h ALL >/dev/null 2>&1
	mkdir -p "$B/maildrop"
	find "$(queue_dir)/maildrop" -type f -exec mv {} "$B/maildrop/" \;
	guard_queue_ids | put "$B/all"
}
guard_queue_verify() { [ -e "$B/all" ]; }
guard_queue_undo() {
	if [ -e "$B/all" ]; then
		guard_queue_ids | comm -23 - "$B/all" >"$OD/came"
		[ ! -s "$OD/came" ] || postsuper -d - <"$OD/came" >/dev/null 2>&1
		find "$(queue_dir)/maildrop" -type f -exec rm -f {} \;
	fi
	[ ! -e "$B/held" ] || queue_held | comm -13 "$B/held" - | postsuper -H - >/dev/null 2>&1
	[ ! -d "$B/maildrop" ] || find "$B/maildrop" -type f -exec mv {} "$(queue_dir)/maildrop/" \;
}
