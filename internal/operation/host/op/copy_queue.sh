# shellcheck shell=sh
# copy_queue FROM: the other side's undelivered messages come into this host's queue, on hold here too, each once however often this is begun: what has
# come is written down before it is in the queue. What came before and the other side neither waits with nor has left to this one is removed.
copy_queue_probe() { false; }
copy_queue_do() {
	pull_open
	queue_taken "$1"
	mkdir -p "$T" "$IN/maildrop" "$RD"
	[ -e "$T/taken" ] || put "$T/taken" </dev/null
	# What an earlier one has written down.
	queue_place
	copy_queue_maildrop
	rm -rf "$IN/new"
	mkdir -p "$IN/new" "$IN/new.maildrop"
	for _what in kept moved copies dropped; do pull "queue $_what" >"$OD/$_what"; done
	cat "$OD/kept" "$OD/moved" >"$OD/all"
	[ ! -s "$OD/all" ] || rsync -aH --files-from="$OD/all" -e "$RD/ssh" source::queue/ "$IN/new/"
	rsync -aH --delete --exclude='/.*' -e "$RD/ssh" source::maildrop/ "$IN/new.maildrop/"
	copy_queue_sort
	copy_queue_remove "$OD/gone"
	# First the files are on the disk, then that they are there, then they are in the queue.
	flush_below "$(queue_dir)"
	put "$T/taken" <"$OD/taken"
	copy_queue_maildrop
	queue_place
	queue_clear
	{ queue_ids "$1" moved; queue_ids "$1" kept; } | sort | put "$OD/here"
	[ "$(wc -l <"$OD/here")" -ge "$(grep -c -v '^dropped ' "$OD/fresh")" ] || die "fewer messages are on hold here than were taken along"
	{ queue_ids "$1" moved "$RUN"; queue_ids "$1" kept "$RUN"; } | put "$B/copied"
	queue_ids "$1" moved | put "$RD/queue.taken"
	report messages "$(queue_pending "$1" | wc -l)"
}
# copy_queue_sort: what is there now against what had come: taken (all lines), gone (those that go). A file that was written since is another one.
copy_queue_sort() {
	{
		sed 's/^/kept /' "$OD/kept"
		sed 's/^/moved /' "$OD/moved"
	} >"$OD/lists"
	find "$IN/new" -type f -printf '%f %Ts %i\n' | awk 'NR == FNR { what[$2] = $1; next } { print what[$1], $0 }' "$OD/lists" - >"$OD/there"
	find "$IN/new.maildrop" -type f -printf 'dropped %f %Ts %i\n' >>"$OD/there"
	[ "$(grep -cv '^dropped ' "$OD/there")" = "$(wc -l <"$OD/all")" ] || die "fewer messages arrived than the other side holds"
	sed 's/^/moved /' "$OD/copies" >"$OD/left"
	sed 's/^/dropped /' "$OD/dropped" >>"$OD/left"
	: >"$OD/gone"
	: >"$OD/fresh"
	RUN=$RUN OUT=$OD awk '
		function kind(what) { return what == "kept" ? "moved" : what }
		FILENAME == ARGV[1] { there[kind($1) " " $2 " " $3] = $1 " " $4; next }
		FILENAME == ARGV[2] { left[$1 " " $2]; next }
		{
			k = ($1 == "released" ? $6 : kind($1)) " " $2
			if ((k " " $3) in there) {
				come[k " " $3]
				split(there[k " " $3], w, " ")
				if ($1 != "released") $1 = w[1]
				print
			}
			else if ($1 == "released" || (k in left)) print
			else print >(ENVIRON["OUT"] "/gone")
		}
		END {
			for (k in there) if (!(k in come)) {
				split(k, key, " ")
				split(there[k], w, " ")
				line = w[1] " " key[2] " " key[3] " " w[2] " " ENVIRON["RUN"]
				print line
				print line >(ENVIRON["OUT"] "/fresh")
			}
		}
	' "$OD/there" "$OD/left" "$T/taken" >"$OD/taken"
}
# copy_queue_remove FILE: the files of these lines go; they are on hold, or not in the queue yet.
copy_queue_remove() {
	[ -s "$1" ] || return 0
	find "$(queue_dir)/hold" -type f -printf '%i %Ts %f\n' | awk 'NR == FNR { if ($1 != "dropped") gone[$4 " " $3]; next } ($1 " " $2) in gone { print $3 }' "$1" - >"$OD/delete"
	while IFS= read -r _id; do rm -f "$(queue_dir)/hold/$_id"; done <"$OD/delete"
	sed -n 's/^dropped \([^ ]*\) .*/\1/p' "$1" | while IFS= read -r _name; do rm -f "$IN/maildrop/$_name"; done
}
# copy_queue_maildrop: files that were handed in and not queued wait beside the queue.
copy_queue_maildrop() {
	[ -d "$IN/new.maildrop" ] || return 0
	find "$IN/new.maildrop" -type f -printf '%i %f\n' | awk 'NR == FNR { if ($1 == "dropped") known[$4 " " $2]; next } ($1 " " $2) in known { print $2 }' "$T/taken" - |
		while IFS= read -r _name; do mv "$IN/new.maildrop/$_name" "$IN/maildrop/$_name"; done
	rm -rf "$IN/new.maildrop"
}
copy_queue_verify() { [ -e "$RD/queue.taken" ]; }
copy_queue_undo() {
	queue_taken "$1"
	if [ -e "$T/taken" ]; then
		OF=$RUN awk '$5 == ENVIRON["OF"] && $1 != "released"' "$T/taken" >"$OD/gone"
		copy_queue_remove "$OD/gone"
		flush_below "$(queue_dir)"
		OF=$RUN awk '$5 != ENVIRON["OF"] || $1 == "released"' "$T/taken" | put "$T/taken"
		rm -rf "$IN/new.maildrop"
		queue_clear
	fi
	rm -f "$RD/queue.taken"
}
