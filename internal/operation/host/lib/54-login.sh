# shellcheck shell=sh
# Logins that one host may make on another for a time: a restricted key, what sshd must allow for it, and what ends both when the time has passed, without
# anybody's doing and over reboots. Below access/<name>:
#   until, declared            when it ends (seconds since 1970), and on which terms it was opened
#   command, paths             what the key may do
#   line, run                  its line in authorized_keys, and the run that knows where that is
#   made                       what was not there before: "file" and "folder" of authorized_keys
#   sshd                       what was written for sshd: "piece FILE" (of its own) or "block FILE" (at its head)

login_dir() { printf '%s/access/%s' "$J" "$1"; }
login_mark() { printf 'terraform-provider-mail-access:%s' "$1"; }
# login_over NAME: its time has passed.
login_over() { [ "$(wall_seconds)" -ge "$(cat "$(login_dir "$1")/until")" ]; }
# login_as_told NAME TERMS: it was opened on these terms.
login_as_told() { [ -e "$(login_dir "$1")/until" ] && [ "$(cat "$(login_dir "$1")/declared")" = "$2" ]; }
login_moment() { date -u -d "@$(cat "$(login_dir "$1")/until")" +%Y-%m-%dT%H:%M:%SZ; }

# login_line_stands NAME: its line is in authorized_keys, and no other with its mark.
login_line_stands() {
	[ "$(MARK=" $(login_mark "$1")" awk '{ n = length(ENVIRON["MARK"]) } substr($0, length($0) - n + 1) == ENVIRON["MARK"]' "$(access_file)" 2>/dev/null)" = "$(cat "$(login_dir "$1")/line" 2>/dev/null)" ]
}

# login_add NAME KEY FROM: lets the key in.
login_add() {
	LD=$(login_dir "$1")
	keys_strip "$(login_mark "$1")"
	rm -f "$RD/access"
	_f=$(access_file)
	printf '%s\n' "$_f" | put "$RD/access"
	_dir=$(dirname "$_f")
	if [ ! -d "$_dir" ]; then
		echo folder >>"$LD/made"
		mkdir -m 700 "$_dir"
		chown "$(login_user):" "$_dir"
	fi
	if [ ! -e "$_f" ]; then
		echo file >>"$LD/made"
		: >"$_f"
		chown "$(login_user):" "$_f"
	fi
	[ -z "$(tail -c 1 "$_f")" ] || echo >>"$_f"
	_command=$(cat "$LD/command")
	if [ "$_command" = rsync ]; then
		_sudo=
		[ -z "${SUDO_USER:-}" ] || _sudo='sudo -n --preserve-env=SSH_ORIGINAL_COMMAND '
		_command="${_sudo}sh $SELF rsync $1"
	fi
	printf 'restrict,from="%s",expiry-time="%s",command="%s" %s %s\n' "$3" "$(date -d "@$(cat "$LD/until")" +%Y%m%d%H%M%S)" \
		"$(printf '%s' "$_command" | sed 's/"/\\"/g')" "$2" "$(login_mark "$1")" | put "$LD/line"
	cat "$LD/line" >>"$_f"
	flush "$_f"
}
login_strip() {
	keys_strip "$(login_mark "$1")"
	LD=$(login_dir "$1")
	_f=$(access_file)
	if grep -qx file "$LD/made" 2>/dev/null && [ -e "$_f" ] && [ ! -s "$_f" ]; then rm -f "$_f"; fi
	if grep -qx folder "$LD/made" 2>/dev/null; then rmdir "$(dirname "$_f")" 2>/dev/null || :; fi
}

# --- what sshd allows ------------------------------------------------------------------------------------------------

SSHD_CONFIG=/etc/ssh/sshd_config
# sshd_root ADDRESS: its PermitRootLogin for a login of root from there, by today's word.
sshd_root() {
	sshd -T -C "user=root,host=$1,addr=$1,laddr=127.0.0.1,lport=22" 2>/dev/null | sed -n 's/^permitrootlogin //p' | sed 's/^without-password$/prohibit-password/'
}
# sshd_valid: before it has been started for the first time after a boot, it misses this folder.
sshd_valid() {
	[ -d /run/sshd ] || mkdir -m 755 /run/sshd
	sshd -t
}
# sshd_reload: a server that is started for each connection reads its configuration each time. Our own unit comes before sshd's: while it runs, sshd's
# reload waits for its end, so it must not wait for the reload (LOGIN_NO_BLOCK).
sshd_reload() {
	if systemd; then
		for _unit in ssh.service sshd.service; do
			! systemctl is-active --quiet "$_unit" || { systemctl reload ${LOGIN_NO_BLOCK:+--no-block} "$_unit" && return 0; }
		done
		systemctl is-active --quiet ssh.socket sshd.socket || ! pgrep -x sshd >/dev/null
	else
		_sshd=$(cat /run/sshd.pid /var/run/sshd.pid 2>/dev/null | head -n 1)
		[ -z "$_sshd" ] || kill -HUP "$_sshd"
	fi
}

# sshd_lets SETTING ADDRESS: root may log in from there at least as SETTING says. What is more open already is left alone: it is not for us to shut
# anybody out, least of all ourselves.
sshd_lets() { [ "$(sshd_rank "$(sshd_root "$2")")" -ge "$(sshd_rank "$1")" ]; }
sshd_rank() { case $1 in yes) echo 3 ;; prohibit-password) echo 2 ;; forced-commands-only) echo 1 ;; *) echo 0 ;; esac; }

# login_open_sshd NAME SETTING ADDRESS: in a piece of its own where sshd reads such pieces, else at the head of its configuration: what comes first counts.
login_open_sshd() {
	LD=$(login_dir "$1")
	! sshd_lets "$2" "$3" || return 0
	if grep -Eiq '^[[:space:]]*Include[[:space:]]+"?/etc/ssh/sshd_config\.d/\*\.conf' "$SSHD_CONFIG"; then
		_piece=${SSHD_CONFIG%/*}/sshd_config.d/00-terraform-provider-mail-$1.conf
		echo "piece $_piece" | put "$LD/sshd"
		mkdir -p "${_piece%/*}"
		login_block "$1" "$2" | put "$_piece"
		chmod 644 "$_piece"
		login_try_sshd "$2" "$3" && return 0
		rm -f "$_piece"
	fi
	echo "block $SSHD_CONFIG" | put "$LD/sshd"
	{ login_block "$1" "$2" && cat "$SSHD_CONFIG"; } >"$LD/config"
	login_put_config
	login_try_sshd "$2" "$3" && return 0
	_says=$(sshd_root "$3")
	(login_close_sshd "$1") || :
	die "sshd does not take PermitRootLogin $2 for root from $3 (it says: $_says): a Match block says otherwise, or its configuration is not valid"
}
login_block() { printf '# terraform-provider-mail %s: begin\nPermitRootLogin %s\n# terraform-provider-mail %s: end\n' "$1" "$2" "$1"; }
# login_put_config: what is in the file config becomes sshd's configuration, with the mode and owner of the one before.
login_put_config() {
	cp --preserve=all -- "$SSHD_CONFIG" "$SSHD_CONFIG.tpm"
	cat "$LD/config" >"$SSHD_CONFIG.tpm"
	flush "$SSHD_CONFIG.tpm"
	mv -- "$SSHD_CONFIG.tpm" "$SSHD_CONFIG"
	flush "${SSHD_CONFIG%/*}"
	rm -f "$LD/config"
}
login_try_sshd() { sshd_valid >&2 && [ "$(sshd_root "$2")" = "$1" ] && sshd_reload >&2; }
# login_close_sshd NAME: it says what it said before, byte by byte.
login_close_sshd() {
	LD=$(login_dir "$1")
	[ -e "$LD/sshd" ] || return 0
	read -r _how _file <"$LD/sshd"
	if [ "$_how" = piece ]; then
		rm -f "$_file"
	elif grep -Fqx "# terraform-provider-mail $1: begin" "$SSHD_CONFIG"; then
		NAME=$1 awk '
			$0 == "# terraform-provider-mail " ENVIRON["NAME"] ": begin" { ours = 1 }
			!ours { print }
			$0 == "# terraform-provider-mail " ENVIRON["NAME"] ": end" { ours = 0 }' "$SSHD_CONFIG" >"$LD/config"
		[ -z "$(tail -c 1 "$SSHD_CONFIG")" ] || truncate -s -1 "$LD/config"
		login_put_config
	fi
	sshd_valid >&2 || die "the access is closed, and sshd's configuration is not valid for another reason: it is not loaded anew"
	sshd_reload >&2
	rm -f "$LD/sshd"
}
# login_sshd_left NAME: what was written for sshd is still there.
login_sshd_left() { [ -e "$(login_dir "$1")/sshd" ] || grep -Fqx "# terraform-provider-mail $1: begin" "$SSHD_CONFIG" "${SSHD_CONFIG%/*}"/sshd_config.d/*.conf 2>/dev/null; }
