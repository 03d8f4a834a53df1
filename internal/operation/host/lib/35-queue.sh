# shellcheck shell=sh
# Postfix's queue: what was accepted and not delivered yet. Held messages do not run. What of it is whose is known below journal_dir, whatever run is on:
#   queue-copies             ids of messages that another side has taken over: they never run here again
#   queue-dropped            names of files of maildrop that it has taken over
#   queue-ours               ids that we have put on hold here, and that were neither let go nor taken over; others on hold are somebody's own
#   queue-taken/<host>/taken what came here from that host, a line each: "<what> <id there> <time> <inode here> <run>". What: moved and dropped wait, on
#                            hold, to be released; kept stays on hold, as it was there; released (and which it was) is accounted for. A file on hold
#                            is known by its inode and its time.

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
queue_copies() { cat "$J/queue-copies" 2>/dev/null || :; }

# queue_hold_all: everything is on hold; whose it is was written down before.
queue_hold_all() {
	queue_held >"$OD/before"
	(cd "$(queue_dir)" && find incoming active deferred -type f -printf '%f\n') | queue_ours_add
	postsuper -h ALL >/dev/null 2>&1
	queue_held | comm -13 "$OD/before" - | queue_ours_add # and what came meanwhile
}
queue_ours_add() {
	cat >"$OD/add"
	[ -s "$OD/add" ] || return 0
	{ cat "$J/queue-ours" 2>/dev/null || :; cat "$OD/add"; } | sort -u | put "$J/queue-ours"
}
# queue_ours_drop: the ids of standard input are ours no more.
queue_ours_drop() {
	sort -u >"$OD/drop"
	[ -s "$J/queue-ours" ] || return 0
	sort -u "$J/queue-ours" | comm -23 - "$OD/drop" | put "$J/queue-ours"
	[ -s "$J/queue-ours" ] || rm -f "$J/queue-ours"
}
# queue_owed: ids on hold that are to be delivered: those that we have put there, and those that came along and were not released.
queue_owed() {
	queue_copies | sort >"$OD/copies"
	{
		cat "$J/queue-ours" 2>/dev/null || :
		for _t in "$J"/queue-taken/*; do
			if [ -e "$_t/taken" ]; then queue_ids "${_t##*/}" moved; fi
		done
	} | sort -u | comm -13 "$OD/copies" - >"$OD/ours"
	queue_held | comm -12 "$OD/ours" -
}
# queue_left: folders in which sweeps that were not finished left files of maildrop.
queue_left() {
	for _left in "$J/runs/${RUN%.*}.mend/maildrop" "$J/runs/${RUN%.*}.finalize/maildrop"; do
		[ ! -d "$_left" ] || printf '%s\n' "$_left"
	done
}
# queue_let_go: what we have put on hold here runs again.
queue_let_go() {
	queue_copies | sort >"$OD/copies"
	{ cat "$J/queue-ours" "$RD/queue.moved" 2>/dev/null || :; } | sort -u | comm -13 "$OD/copies" - >"$OD/go"
	[ ! -s "$OD/go" ] || postsuper -H - <"$OD/go" >/dev/null 2>&1
	flush_below "$(queue_dir)"
	queue_ours_drop <"$OD/go"
}

# queue_taken HOST: where it is written down what came from there (T), and where files are until they are in the queue (IN, on its file system).
queue_taken() {
	T=$J/queue-taken/$1
	IN=$(queue_dir)/terraform-provider-mail/$1
}
# queue_files HOST WHAT [RUN]: files on hold that came along: lines "<id there> <id here>".
queue_files() {
	queue_taken "$1"
	[ -s "$T/taken" ] || return 0
	find "$(queue_dir)/hold" -type f -printf '%i %Ts %f\n' | WHAT=$2 OF=${3:-} awk '
		NR == FNR { if ($1 == ENVIRON["WHAT"] && (ENVIRON["OF"] == "" || $5 == ENVIRON["OF"])) was[$4 " " $3] = $2; next }
		($1 " " $2) in was { print was[$1 " " $2], $3 }' "$T/taken" -
}
queue_ids() { queue_files "$@" | cut -d' ' -f2 | sort; }
# queue_pending HOST: lines of what came along from there and was not released.
queue_pending() { grep -E '^(moved|dropped) ' "$J/queue-taken/$1/taken" 2>/dev/null || :; }
# queue_place: what was written down comes into the queue, on hold. File names of the queue carry the inode; postsuper -s puts them right.
queue_place() {
	[ -d "$IN/new" ] || return 0
	find "$IN/new" -type f -printf '%i %f\n' | awk 'NR == FNR { if ($1 == "moved" || $1 == "kept") known[$4 " " $2]; next } ($1 " " $2) in known { print $2 }' "$T/taken" - >"$OD/place"
	while IFS= read -r _id; do
		_as=$_id # a copy from an earlier time may have the very name; the next is put right all the same
		[ ! -e "$(queue_dir)/hold/$_as" ] || _as=$(printf '%s\n' "$_id" | sed 's/^\(.\)./\1B/')
		[ ! -e "$(queue_dir)/hold/$_as" ] || die "there are other messages $_id and $_as on hold here: $_id is not put over them. Next: postsuper -r $_as, and again"
		mv "$IN/new/$_id" "$(queue_dir)/hold/$_as"
	done <"$OD/place"
	postsuper -s >/dev/null 2>&1
	flush_below "$(queue_dir)"
}
# queue_clear: folders that hold nothing any more go.
queue_clear() {
	rm -rf "$IN/new"
	rmdir "$IN/maildrop" "$IN" "$(queue_dir)/terraform-provider-mail" 2>/dev/null || :
}
