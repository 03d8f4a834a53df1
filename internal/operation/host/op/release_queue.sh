# shellcheck shell=sh
# release_queue: the messages that were taken along run here from now on.
release_queue_probe() { [ ! -e "$RD/queue.taken" ]; }
release_queue_do() {
	[ ! -s "$RD/queue.taken" ] || postsuper -H - <"$RD/queue.taken" >/dev/null 2>&1
	find "$RD/maildrop.taken" -type f -exec mv {} "$(queue_dir)/maildrop/" \;
	mv "$RD/queue.taken" "$RD/queue.released"
	postqueue -f 2>/dev/null || :
}
release_queue_verify() { [ ! -e "$RD/queue.taken" ]; }
