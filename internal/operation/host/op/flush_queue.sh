# shellcheck shell=sh
# flush_queue SECONDS: what can be delivered locally is delivered before the mail service stops.
flush_queue_probe() { queue_empty; }
flush_queue_do() {
	postqueue -f
	await "$1" queue_empty || report left "$(queue_waiting)"
}
flush_queue_verify() { :; }
