# shellcheck shell=sh
# retire_queue: the other side delivers what was taken along; the copies here stay on hold and never run.
retire_queue_probe() { [ ! -e "$RD/queue.moved" ]; }
retire_queue_do() {
	cat "$RD/queue.moved" >>"$J/queue-copies"
	flush "$J/queue-copies"
	mv "$RD/queue.moved" "$RD/queue.retired"
	rm -rf "$RD"/before/hold_queue.* "$RD/maildrop"
}
retire_queue_verify() { [ ! -e "$RD/queue.moved" ]; }
