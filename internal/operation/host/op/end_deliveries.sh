# shellcheck shell=sh
# end_deliveries SECONDS: no more deliveries begin, and those under way end while the mail service still runs. One that is cut off between the other
# side's "accepted" and its own note of that would be made again, on whichever host has the queue then.
# queue.before names what was on hold before.
end_deliveries_probe() { queue_empty; }
end_deliveries_do() {
	[ -e "$RD/queue.before" ] || queue_held | put "$RD/queue.before"
	await "$1" deliveries_end || report cut "$(deliveries | wc -l)"
}
# What comes into the queue meanwhile is put on hold with the rest.
deliveries_end() {
	postsuper -h ALL >/dev/null 2>&1
	[ -z "$(deliveries)" ]
}
end_deliveries_verify() { :; }
end_deliveries_undo() {
	[ -e "$RD/queue.before" ] || return 0
	queue_copies | sort >"$OD/copies"
	queue_held | comm -13 "$RD/queue.before" - | comm -13 "$OD/copies" - | postsuper -H - >/dev/null 2>&1
	rm -f "$RD/queue.before"
	# To the queue manager the messages had vanished: it is told that their ways are open.
	postqueue -f >/dev/null 2>&1 || :
}
