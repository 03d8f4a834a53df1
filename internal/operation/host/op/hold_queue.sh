# shellcheck shell=sh
# hold_queue: what is left in the queue is put on hold, so that only one side ever delivers it. The mail service is stopped.
# queue.moved names what another side may take over; queue.kept what the administrator had put on hold before.
hold_queue_probe() { false; }
# What a sweep that was not finished left is not settled either.
hold_queue_holds() {
	_left=$(queue_owed | wc -l)
	[ "$_left" = 0 ] || drift "$_left messages are on hold in the mail queue, of which a sweep that was not finished took none along for good: they are swept"
	_files=$(queue_left | while IFS= read -r _dir; do find "$_dir" -type f; done | wc -l)
	[ "$_files" = 0 ] || drift "$_files messages that were handed in and not queued are left by a sweep that was not finished: they are swept"
	queue_empty && [ "$_left$_files" = 00 ]
}
hold_queue_do() {
	mkdir -p "$RD/maildrop"
	queue_hold_all
	find "$(queue_dir)/maildrop" -type f -exec mv {} "$RD/maildrop/" \;
	queue_left | while IFS= read -r _dir; do
		[ "$_dir" = "$RD/maildrop" ] || find "$_dir" -type f -exec mv {} "$RD/maildrop/" \;
	done
	flush_below "$RD"
	queue_owed | put "$RD/queue.moved"
	queue_held | comm -13 "$RD/queue.moved" - | comm -13 "$OD/copies" - | put "$RD/queue.kept"
	report messages "$(($(wc -l <"$RD/queue.moved") + $(find "$RD/maildrop" -type f | wc -l)))"
}
hold_queue_verify() { [ -e "$RD/queue.moved" ]; }
hold_queue_undo() {
	queue_let_go
	[ ! -d "$RD/maildrop" ] || find "$RD/maildrop" -type f -exec mv {} "$(queue_dir)/maildrop/" \;
	rm -f "$RD/queue.moved" "$RD/queue.kept"
}
