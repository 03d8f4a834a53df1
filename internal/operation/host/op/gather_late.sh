# shellcheck shell=sh
# gather_late CUTOVER PATTERNS SESSION LOCATE VISIBLE: messages that came into this side's mailboxes since the cut are laid out for the other side.
gather_late_probe() { false; }
gather_late_holds() {
	messages_new "$1" "$2" >"$OD/new"
	[ -s "$OD/new" ] || return 0
	STORE_LOCATE=$4
	folders_of "$OD/new" >"$OD/folders"
	mkdir -p "$OD/box"
	while IFS=' ' read -r _count _folder; do
		if [ -n "$3" ] && store_locate "$_folder" "$OD/box"; then
			drift "$_count new messages here since the cut in $(store_title "$OD/box"): they are swept"
		else
			drift "$_count new files here since the cut in $_folder, which no sweep can take along"
		fi
	done <"$OD/folders"
	return 1
}
gather_late_do() {
	STORE_SESSION=$3 STORE_LOCATE=$4
	rm -rf "$RD/late"
	mkdir -p "$RD/late"
	messages_new "$1" "$2" >"$RD/late/.new"
	folders_of "$RD/late/.new" >"$OD/folders"
	_late=0
	: >"$OD/foreign"
	while IFS=' ' read -r _count _folder; do
		_late=$((_late + 1))
		mkdir "$RD/late/$_late"
		if [ -z "$3" ] || ! store_locate "$_folder" "$RD/late/$_late"; then
			rm -rf "${RD:?}/late/$_late"
			[ "$5" = yes ] || echo "$_count in $_folder" >>"$OD/foreign"
			continue
		fi
		printf '%s\n' "$_folder" >"$RD/late/$_late/folder"
		FOLDER=$_folder awk 'BEGIN { RS = "\n"; n = length(ENVIRON["FOLDER"]) + 1 } substr($0, 1, n) == ENVIRON["FOLDER"] "/" && !index(substr($0, n + 1), "/") { print substr($0, n + 1) }' >"$OD/names" <<-END
			$(tr '\n\0' '?\n' <"$RD/late/.new")
		END
		store_gather "$_folder" "$RD/late/$_late" "$OD/names" "$5" || die "cannot read $_folder"
	done <"$OD/folders"
	[ ! -s "$OD/foreign" ] || die "new files that no sweep can take along: $(tr '\n' ';' <"$OD/foreign") Next: see to them by hand, move them away from there, and plan again"
	report messages "$(cat "$RD"/late/*/messages 2>/dev/null | wc -l)"
}
gather_late_verify() { [ -e "$RD/late/.new" ]; }
gather_late_undo() { rm -rf "$RD/late"; }
