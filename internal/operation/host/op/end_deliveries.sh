# shellcheck shell=sh
# end_deliveries SECONDS: no more deliveries begin, and those under way end while the mail service still runs. One that is cut off between the other
# side's "accepted" and its own note of that would be made again, on whichever host has the queue then.
end_deliveries_probe() { queue_empty; }
end_deliveries_do() {
	await "$1" deliveries_end || report cut "$(deliveries | wc -l)"
}
# What comes into the queue meanwhile is put on hold with the rest.
deliveries_end() {
	queue_hold_all
	[ -z "$(deliveries)" ]
}
end_deliveries_verify() { :; }
end_deliveries_undo() {
	queue_let_go
	# To the queue manager the messages had vanished: it is told that their ways are open.
	postqueue -f >/dev/null 2>&1 || :
}
