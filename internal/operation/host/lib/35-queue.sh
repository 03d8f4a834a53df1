# shellcheck shell=sh
# Postfix's queue: what was accepted and not delivered yet. Held messages do not run.

queue_dir() { postconf -h queue_directory; }
# queue_held: ids on hold, sorted.
queue_held() { find "$(queue_dir)/hold" -type f -printf '%f\n' | sort; }
queue_waiting() { (cd "$(queue_dir)" && find incoming active deferred maildrop -type f 2>/dev/null | wc -l); }
queue_empty() { [ "$(queue_waiting)" = 0 ]; }
# deliveries: processes that have a message's file open: those that deliver it, until they have written down that they did. A file that is put on hold
# while it is delivered stays open under its new name.
deliveries() {
	_queue=$(queue_dir)
	find /proc/[0-9]*/fd -maxdepth 1 \( -lname "$_queue/active/*" -o -lname "$_queue/hold/*" \) -printf '%h\n' 2>/dev/null | cut -d/ -f3 | sort -u
}
# Copies of messages that another side has taken over: they never run here again.
queue_copies() { cat "$J/queue-copies" 2>/dev/null || :; }
