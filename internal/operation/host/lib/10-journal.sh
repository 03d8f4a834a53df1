# shellcheck shell=sh
# The journal: append-only, one JSON object a line, on the disk before anything else happens.

# journal EVENT OP [FIELDS]: FIELDS is ready-made JSON that begins with a comma.
journal() {
	journal_mend || return 1
	printf '{"v":1,"at":"%s","up":%s,"epoch":%s,"run":"%s","op":"%s","event":"%s"%s}\n' \
		"$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uptime_now)" "${EPOCH:-0}" "$RUN" "$2" "$1" "${3:-}" >>"$RD/journal" || return 1
	flush "$RD/journal"
}

# A torn last line (power cut while writing, full disk) is closed, so that the next record begins a line of its own. It may end in zero bytes.
journal_mend() {
	[ -s "$RD/journal" ] || return 0
	case $(tail -c 1 "$RD/journal"; echo .) in
	'
.') ;;
	*) printf '\n' >>"$RD/journal" ;;
	esac
}

# journal_known: refuses a journal that a newer version has written on: what it means by its records is not known here.
journal_known() {
	[ -e "$RD/journal" ] || return 0
	_newer=$(grep -aE '^\{"v":[0-9]+,' "$RD/journal" | grep -avE -m 1 '^\{"v":1,' | sed 's/^{"v":\([^,]*\),.*/\1/')
	[ -z "$_newer" ] || {
		say "the journal of run $RUN was written by a newer version of the provider (format $_newer, this one knows 1): use that version. Nothing was changed"
		exit "$EXIT_REFUSED"
	}
}

# journal_open_ops: ids of operations that were begun and not undone since, newest first.
journal_open_ops() {
	[ -e "$RD/journal" ] || return 0
	sed -E -n 's/^\{"v":1,.*"op":"([^"]*)","event":"(begin|undone)".*\}$/\2 \1/p' "$RD/journal" |
		awk '{ n++; if ($1 == "begin") { if (!($2 in at)) { at[$2] = n } } else { delete at[$2] } }
			END { for (id in at) print at[id], id }' | sort -rn | sed 's/^[0-9]* //'
}

# result_json: the operation's measurements as JSON fields.
result_json() {
	[ -s "$OD/result" ] || return 0
	printf ',"result":{'
	json_lines <"$OD/result" | awk '{
		at = index($0, "=")
		if (!at) at = length($0) + 1
		printf "%s\"%s\":\"%s\"", (NR > 1 ? "," : ""), substr($0, 1, at - 1), substr($0, at + 1) }'
	printf '}'
}
