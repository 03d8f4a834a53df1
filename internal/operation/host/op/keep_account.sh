# shellcheck shell=sh
# keep_account CUTOVER PATTERNS TREES PASSING DATABASES: this side has stopped serving, and not all that came while it served goes back. What came is
# written down, and the cutover keeps governing it until somebody has removed the hold. The mark of the last move is still the one that counts.
keep_account_probe() { [ "$(cat "$J/hold/$1/account/run" 2>/dev/null)" = "$RUN" ]; }
keep_account_do() {
	_account=$J/hold/$1/account
	rm -rf "$_account"
	mkdir -p "$_account"
	{
		[ -z "$2" ] || echo "$(messages_new "$1" "$2" | tr -dc '\000' | wc -c) messages came into mailboxes"
		[ -z "$2" ] || echo "$(messages_gone "$1" "$2" | tr -dc '\000' | wc -c) messages were removed"
		[ ! -s "$RD/queue.moved" ] || echo "$(wc -l <"$RD/queue.moved") messages wait in the queue, on hold"
		[ -z "$5" ] || rows_changed "$1"
		files_changed "$1" "$3" "$4" | head -n 100
	} >"$_account/lines"
	# From now on it waits for a person.
	[ ! -e "$RD/queue.moved" ] || queue_ours_drop <"$RD/queue.moved"
	report account "$(head -n 12 "$_account/lines" | tr '\n' ';' | sed 's/;$//; s/;/; /g')"
	printf '%s\n' "$RUN" | put "$_account/run"
	flush "$_account/lines"
}
keep_account_verify() { keep_account_probe "$1"; }
keep_account_undo() { rm -rf "$J/hold/$1/account"; }
