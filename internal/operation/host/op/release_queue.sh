# shellcheck shell=sh
# release_queue FROM: the messages that were taken along run here from now on.
release_queue_probe() { [ ! -e "$RD/queue.taken" ]; }
# Nothing waits for a sweep, or a commit, that was not finished.
release_queue_holds() {
	_waits=$(queue_pending "$1" | wc -l)
	[ "$_waits" = 0 ] && return 0
	drift "$_waits messages that were taken along are not released: they are"
	return 1
}
release_queue_do() {
	queue_taken "$1"
	queue_ids "$1" moved >"$OD/ids"
	[ ! -s "$OD/ids" ] || postsuper -H - <"$OD/ids" >/dev/null 2>&1
	[ ! -d "$IN/maildrop" ] || find "$IN/maildrop" -type f -exec mv {} "$(queue_dir)/maildrop/" \;
	flush_below "$(queue_dir)"
	[ ! -e "$T/taken" ] || sed -E 's/^(moved|dropped) (.*)/released \2 \1/; s/^kept (.*)/released \1 moved/' "$T/taken" | put "$T/taken"
	queue_clear
	mv "$RD/queue.taken" "$RD/queue.released"
	postqueue -f 2>/dev/null || :
}
release_queue_verify() { [ ! -e "$RD/queue.taken" ]; }
