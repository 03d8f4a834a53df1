# shellcheck shell=sh
# discard_copies: messages that the other side has delivered long since are removed from the queue, where they were on hold.
discard_copies_probe() { [ ! -s "$J/queue-copies" ] && [ ! -s "$J/queue-dropped" ]; }
discard_copies_do() {
	[ ! -s "$J/queue-copies" ] || postsuper -d - hold <"$J/queue-copies" >/dev/null 2>&1
	rm -f "$J/queue-copies" "$J/queue-dropped"
	flush "$J"
}
discard_copies_verify() { discard_copies_probe; }
