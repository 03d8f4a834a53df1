# shellcheck shell=sh
# The end of a login (see 54-login.sh), and what the key may do until then.

login_unit() { printf 'terraform-provider-mail-access-%s' "$1"; }
# login_watch NAME: something on this host ends it in time, and after a boot at once where the time has passed meanwhile.
login_watch() {
	_unit=$(login_unit "$1")
	if systemd; then
		put "$UNIT_DIR/$_unit.service" <<-END
			[Unit]
			Description=Ends an access of a mail move when its time has passed
			Before=ssh.service sshd.service

			[Service]
			Type=oneshot
			ExecStart=/bin/sh $SELF expire $1

			[Install]
			WantedBy=multi-user.target
		END
		put "$UNIT_DIR/$_unit.timer" <<-END
			[Unit]
			Description=Ends an access of a mail move when its time has passed

			[Timer]
			OnCalendar=$(date -u -d "@$(cat "$(login_dir "$1")/until")" '+%Y-%m-%d %H:%M:%S') UTC
			AccuracySec=1s

			[Install]
			WantedBy=timers.target
		END
		chmod 644 "$UNIT_DIR/$_unit.service" "$UNIT_DIR/$_unit.timer"
		systemctl daemon-reload
		systemctl -q enable "$_unit.service" "$_unit.timer" >&2
		systemctl restart "$_unit.timer"
	elif has crontab && [ -d /etc/cron.d ]; then
		printf '* * * * * root /bin/sh %s expire %s\n' "$SELF" "$1" | put "/etc/cron.d/$_unit"
		chmod 644 "/etc/cron.d/$_unit"
	else
		die "this host has neither systemd nor cron: nothing would end the access in time"
	fi
}
login_watched() {
	_unit=$(login_unit "$1")
	if systemd; then systemctl is-active --quiet "$_unit.timer" && [ -e "$UNIT_DIR/multi-user.target.wants/$_unit.service" ]; else [ -e "/etc/cron.d/$_unit" ]; fi
}
login_unwatch() {
	_unit=$(login_unit "$1")
	rm -f "/etc/cron.d/$_unit"
	[ -e "$UNIT_DIR/$_unit.timer" ] || [ -e "$UNIT_DIR/$_unit.service" ] || return 0
	systemctl stop ${LOGIN_NO_BLOCK:+--no-block} "$_unit.timer" 2>/dev/null || :
	rm -f "$UNIT_DIR/multi-user.target.wants/$_unit.service" "$UNIT_DIR/timers.target.wants/$_unit.timer" "$UNIT_DIR/$_unit.service" "$UNIT_DIR/$_unit.timer"
	systemctl daemon-reload
}

# login_close NAME: the key opens nothing any more, sshd is what it was. What watched goes last: what has failed is tried again after a boot.
login_close() {
	login_strip "$1"
	login_close_sshd "$1"
	login_unwatch "$1"
}
login_left() { keys_marked "$(login_mark "$1")" || login_sshd_left "$1" || [ -e "$UNIT_DIR/$(login_unit "$1").timer" ] || [ -e "/etc/cron.d/$(login_unit "$1")" ]; }

# cmd_expire NAME: called by what watches.
cmd_expire() {
	set -eu
	[ -e "$(login_dir "$1")/until" ] || return 0
	login_over "$1" || return 0
	use_run "$(cat "$(login_dir "$1")/run")"
	EPOCH=$(epoch_now)
	LOGIN_NO_BLOCK=yes
	exclusive access login_close "$1"
	journal expired "" ",\"access\":\"$1\"" || :
}

# cmd_rsync NAME: what the key may do: rsync's other side, below the declared paths. The command that was asked for is in SSH_ORIGINAL_COMMAND.
cmd_rsync() {
	set -euf
	LD=$(login_dir "$1")
	if [ ! -e "$LD/until" ] || login_over "$1"; then login_refuse "access is over"; fi
	_ask=${SSH_ORIGINAL_COMMAND:-}
	case $_ask in
	*[!A-Za-z0-9_./=,:@%+\ -]*) login_refuse "$_ask" ;;
	'rsync --server '*) ;;
	*) login_refuse "$_ask" ;;
	esac
	# shellcheck disable=SC2086 # words, of letters that mean nothing to the shell
	set -- $_ask
	shift 2
	ARGS=
	[ "${1:-}" != --sender ] || { ARGS=--sender && shift; }
	while [ "${1:-.}" != . ]; do
		login_option "$1" || login_refuse "$1"
		ARGS="$ARGS $1"
		shift
	done
	[ "$#" -ge 2 ] || login_refuse "$_ask"
	shift
	_n=$#
	while [ "$_n" -gt 0 ]; do
		_real=$(login_below "$1") || login_refuse "$1 is not below what is lent"
		shift
		set -- "$@" "$_real"
		_n=$((_n - 1))
	done
	# shellcheck disable=SC2086 # as above
	exec rsync --server $ARGS . "$@"
}
login_refuse() {
	say "refused: $1"
	exit "$EXIT_REFUSED"
}
# login_option WORD: an option that stays below the paths: none that follows links, reads lists of names, or names another folder.
login_option() {
	case $1 in
	--delete | --delete-before | --delete-during | --delete-delay | --delete-after | --delete-excluded | --force | --ignore-errors | --max-delete=* | --prune-empty-dirs) ;;
	--numeric-ids | --existing | --ignore-existing | --ignore-times | --size-only | --modify-window=* | --checksum-choice=* | --checksum-seed=*) ;;
	--partial | --inplace | --append | --append-verify | --sparse | --whole-file | --no-whole-file | --preallocate | --fuzzy | --delay-updates) ;;
	--no-i-r | --no-inc-recursive | --inc-recursive | --no-implied-dirs | --implied-dirs | --no-relative | --dirs | --list-only | --safe-links | --omit-link-times | --super) ;;
	--timeout=* | --bwlimit=* | --max-size=* | --min-size=* | --block-size=* | --compress-level=* | --compress-choice=* | --new-compress | --old-compress) ;;
	--log-format=* | --out-format=* | --info=* | --debug=* | --stats | --itemize-changes | --usermap=* | --groupmap=* | --iconv=*) ;;
	--*) return 1 ;;
	-[A-Za-z]*)
		case ${1%%e*} in *[!A-Za-z0-9-]* | *[sKLk]*) return 1 ;; esac
		;;
	*) return 1 ;;
	esac
}
# login_below PATH: the path without links, where that is below one of the declared paths.
login_below() {
	case $1 in /*) ;; *) return 1 ;; esac
	case $1/ in */../*) return 1 ;; esac
	_real=$(readlink -m -- "$1")
	while IFS= read -r _lent; do
		[ -n "$_lent" ] || continue
		_lent=$(readlink -m -- "$_lent")
		case $_real/ in
		"${_lent%/}"/*)
			case $1 in */) printf '%s/\n' "$_real" ;; *) printf '%s\n' "$_real" ;; esac
			return 0
			;;
		esac
	done <"$LD/paths"
	return 1
}
