# shellcheck shell=sh
# retire_queue: the other side delivers what was taken along, and keeps what was on hold; the copies here stay on hold and never run.
retire_queue_probe() { [ ! -e "$RD/queue.moved" ]; }
retire_queue_do() {
	cat "$RD/queue.moved" "$RD/queue.kept" >>"$J/queue-copies"
	[ ! -d "$RD/maildrop" ] || find "$RD/maildrop" -type f -printf '%f\n' >>"$J/queue-dropped"
	for _list in "$J/queue-copies" "$J/queue-dropped"; do [ ! -e "$_list" ] || flush "$_list"; done
	retire_queue_forget
	queue_ours_drop <"$RD/queue.moved"
	mv "$RD/queue.moved" "$RD/queue.retired"
	rm -rf "$RD"/before/hold_queue.* "$RD/maildrop"
}
# retire_queue_forget: what had come here and has gone again may come once more.
retire_queue_forget() {
	sort -u "$J/queue-copies" >"$OD/copies"
	find "$(queue_dir)/hold" -type f -printf '%f %i %Ts\n' | sort -k 1,1 | join "$OD/copies" - >"$OD/went"
	for _t in "$J"/queue-taken/*; do
		[ -s "$_t/taken" ] || continue
		awk 'FILENAME == ARGV[1] { went[$2 " " $3]; next } !(($4 " " $3) in went)' "$OD/went" "$_t/taken" | put "$_t/taken"
	done
}
retire_queue_verify() { [ ! -e "$RD/queue.moved" ]; }
