# shellcheck shell=sh
# hold_queue: what is left in the queue is put on hold, so that only one side ever delivers it. The mail service is stopped.
# queue.moved names what another side may take over; queue.kept what the administrator had put on hold before.
hold_queue_probe() { false; }
hold_queue_holds() { queue_empty; }
hold_queue_do() {
	mkdir -p "$RD/maildrop"
	[ -e "$B/held" ] || { cat "$RD/queue.before" 2>/dev/null || queue_held; } | put "$B/held"
	postsuper -h ALL >/dev/null 2>&1
	find "$(queue_dir)/maildrop" -type f -exec mv {} "$RD/maildrop/" \;
	queue_copies | sort >"$OD/copies"
	queue_held | comm -13 "$B/held" - | comm -13 "$OD/copies" - | put "$RD/queue.moved"
	comm -13 "$OD/copies" "$B/held" | put "$RD/queue.kept"
	report messages "$(($(wc -l <"$RD/queue.moved") + $(find "$RD/maildrop" -type f | wc -l)))"
}
hold_queue_verify() { [ -e "$RD/queue.moved" ]; }
hold_queue_undo() {
	[ ! -s "$RD/queue.moved" ] || postsuper -H - <"$RD/queue.moved" >/dev/null 2>&1
	[ ! -d "$RD/maildrop" ] || find "$RD/maildrop" -type f -exec mv {} "$(queue_dir)/maildrop/" \;
	rm -f "$RD/queue.moved" "$RD/queue.kept"
}
