# shellcheck shell=sh
# free_queue: what a sweep that was not finished left on hold here runs again with this host's own queue; the other side does not serve for long any more.
free_queue_probe() { [ ! -s "$J/queue-ours" ] && [ -z "$(queue_left | while IFS= read -r _dir; do find "$_dir" -type f; done)" ]; }
free_queue_do() {
	queue_let_go
	queue_left | while IFS= read -r _dir; do find "$_dir" -type f -exec mv {} "$(queue_dir)/maildrop/" \;; done
	flush_below "$(queue_dir)"
}
free_queue_verify() { free_queue_probe; }
