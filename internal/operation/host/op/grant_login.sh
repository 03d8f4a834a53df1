# shellcheck shell=sh
# grant_login NAME SECONDS COMMAND PATHS SETTING: the other host's key may log in here for so long, to run COMMAND ("rsync": below PATHS, a line each), and
# sshd lets root in as SETTING says (empty: as it does). Standard input: lines "question …" (the public key), "from …" (addresses).
grant_login_terms() { printf '%s\n' "$2" "$3" "$4" "$5"; }
grant_login_told() {
	[ -e "$OD/told" ] || cat >"$OD/told"
	LOGIN_KEY=$(sed -n 's/^question //p' "$OD/told") LOGIN_FROM=$(sed -n 's/^from //p' "$OD/told")
	if [ -z "$LOGIN_KEY" ] || [ -z "$LOGIN_FROM" ]; then die "no key to let in"; fi
}
grant_login_probe() {
	grant_login_told
	login_as_told "$1" "$(grant_login_terms "$@")" && grep -Fq " $LOGIN_KEY " "$(login_dir "$1")/line" && grep -Fq "from=\"$LOGIN_FROM\"" "$(login_dir "$1")/line" || return 1
	[ -z "$(grant_login_wrong "$@")" ] || return 1
	grant_login_tell "$1"
}
grant_login_tell() {
	report until "$(login_moment "$1")"
	if login_over "$1"; then report state expired; else report state open; fi
}
# grant_login_wrong: what is not as it should be, a line each.
grant_login_wrong() {
	if ! login_as_told "$1" "$(grant_login_terms "$@")"; then
		echo "the access is not open as declared"
	elif login_over "$1"; then
		! keys_marked "$(login_mark "$1")" || echo "still open though it expired at $(login_moment "$1"): the key is in $(access_file)"
		! login_sshd_left "$1" || echo "still open though it expired at $(login_moment "$1"): sshd's PermitRootLogin is not what it was"
	else
		login_line_stands "$1" || echo "the line of the key in $(access_file) is gone, or not what was written"
		_from=$(sed 's/.*from="\([^",]*\).*/\1/' "$(login_dir "$1")/line" 2>/dev/null)
		[ -z "$5" ] || sshd_lets "$5" "$_from" || echo "sshd says PermitRootLogin $(sshd_root "$_from") for root from $_from, not $5"
		login_watched "$1" || echo "nothing on the host would end the access at $(login_moment "$1")"
	fi
}
grant_login_holds() {
	if [ -e "$(login_dir "$1")/until" ]; then grant_login_tell "$1"; else report state closed; fi
	_n=0
	grant_login_wrong "$@" >"$OD/wrong"
	while IFS= read -r _line; do
		report "drift.$_n" "$_line"
		_n=$((_n + 1))
	done <"$OD/wrong"
	[ "$_n" = 0 ]
}
grant_login_do() {
	grant_login_told
	LD=$(login_dir "$1")
	_terms=$(grant_login_terms "$@")
	_until=$(($(wall_seconds) + $2))
	if login_as_told "$1" "$_terms"; then
		# What was opened ends when it was to end; what is left of one that is over goes.
		_until=$(cat "$LD/until")
		if login_over "$1"; then
			exclusive access login_close "$1"
			grant_login_tell "$1"
			return 0
		fi
	elif [ -e "$LD/until" ]; then
		exclusive access login_close "$1"
	fi
	mkdir -p "$LD"
	printf '%s\n' "$RUN" | put "$LD/run"
	printf '%s\n' "$3" | put "$LD/command"
	printf '%s\n' "$4" | put "$LD/paths"
	printf '%s\n' "$_terms" | put "$LD/declared"
	printf '%s\n' "$_until" | put "$LD/until"
	# What ends it is there before anything is open.
	login_watch "$1"
	[ -z "$5" ] || exclusive access login_open_sshd "$1" "$5" "${LOGIN_FROM%%,*}"
	exclusive access login_add "$1" "$LOGIN_KEY" "$LOGIN_FROM"
	grant_login_tell "$1"
}
grant_login_verify() { [ -z "$(grant_login_wrong "$@")" ]; }
grant_login_undo() {
	exclusive access login_close "$1"
	rm -rf "$(login_dir "$1")"
	rmdir "$J/access" 2>/dev/null || :
	rm -f "$RD/access"
}
