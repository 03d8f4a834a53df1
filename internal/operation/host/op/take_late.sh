# shellcheck shell=sh
# take_late CUTOVER SESSION RENEW PLACES: the messages that were laid out on the other side are added to the same mailboxes here, each once, with flags
# and dates. RENEW: each of these mailboxes gets a new UIDVALIDITY first. PLACES: lines "root there<TAB>root here".
take_late_probe() { false; }
take_late_do() {
	STORE_SESSION=$2 STORE_RENEW=$3
	pull_open
	rm -rf "$RD/late.in"
	mkdir -p "$RD/late.in" "$J/late/$1"
	rsync -r --exclude='/.*' -e "$RD/ssh" source::late/ "$RD/late.in/"
	: >>"$J/late/$1/log"
	: >"$OD/refused"
	: >"$OD/swept"
	for _box in "$RD/late.in"/*; do
		[ -e "$_box/messages" ] || continue
		if [ -n "$3" ]; then store_renew "$_box" "$(take_late_here "$_box" "$4")" "$J/late/$1" || die "no new UIDVALIDITY for $(store_title "$_box")"; fi
		store_add "$_box" "$J/late/$1" >>"$OD/refused"
		printf '%s: %s; ' "$(store_title "$_box")" "$(wc -l <"$_box/messages")" >>"$OD/swept"
	done
	[ ! -s "$OD/refused" ] || die "not all messages could be added; nothing is lost, they stay where they are: $(head -n 10 "$OD/refused" | tr '\n' ';')"
	report messages "$(cat "$RD"/late.in/*/messages 2>/dev/null | wc -l)"
	[ ! -s "$OD/swept" ] || report mailboxes "$(sed 's/; $//' "$OD/swept")"
	rm -rf "$RD/late.in"
}
take_late_verify() { [ ! -e "$RD/late.in" ]; }

# take_late_here DIR PLACES: the mailbox's folder on this host.
take_late_here() {
	FOLDER=$(cat "$1/folder") awk -F'\t' 'index(ENVIRON["FOLDER"], $1 "/") == 1 { print $2 substr(ENVIRON["FOLDER"], length($1) + 1); exit }' <<-END
		$2
	END
}
