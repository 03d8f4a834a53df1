# shellcheck shell=sh
# copy_queue: the source's undelivered messages come into this host's queue, on hold here too. The mail service is stopped.
copy_queue_probe() { false; }
copy_queue_do() {
	pull_open
	mkdir -p "$RD/maildrop.taken"
	queue_held >"$OD/own"
	copy_queue_list kept
	queue_held >"$OD/own"
	copy_queue_list moved
	queue_held | comm -13 "$OD/own" - | put "$RD/queue.taken"
	rsync -aH --exclude=/.* -e "$RD/ssh" source::maildrop/ "$RD/maildrop.taken/"
	flush_below "$(queue_dir)"
	report messages "$(($(wc -l <"$RD/queue.taken") + $(find "$RD/maildrop.taken" -type f | wc -l)))"
}
# copy_queue_list WHICH: file names of the queue carry the inode; postsuper -s puts the names of copies right.
copy_queue_list() {
	pull "queue $1" >"$OD/$1"
	[ -s "$OD/$1" ] || return 0
	rsync -aH --files-from="$OD/$1" -e "$RD/ssh" source::queue/ "$(queue_dir)/hold/"
	postsuper -s >/dev/null 2>&1
	queue_held | comm -13 "$OD/own" - >>"$OD/copied"
	cp "$OD/copied" "$B/copied"
	[ "$(queue_held | comm -13 "$OD/own" - | wc -l)" -ge "$(wc -l <"$OD/$1")" ] || die "fewer messages arrived than the source holds"
}
copy_queue_verify() { [ -e "$RD/queue.taken" ]; }
copy_queue_undo() {
	rm -rf "$RD/maildrop.taken"
	[ ! -e "$B/copied" ] || while IFS= read -r _id; do rm -f "$(queue_dir)/hold/$_id"; done <"$B/copied"
	rm -f "$RD/queue.taken"
}
