# shellcheck shell=sh
# The way from the target to the source: one connection by a key that the controller lends through agent forwarding, on the source
# restricted to a gate that knows a few read-only commands, and expiring there.

# --- on the source -------------------------------------------------------------------------------------------------

# login_user: who came in by SSH; sudo's caller where sudo made it root.
login_user() { printf '%s\n' "${SUDO_USER:-$(id -un)}"; }
# access_file: where this run lets keys in. It is written down with the first key: a timer that takes it back has no login.
access_file() { cat "$RD/access" 2>/dev/null || printf '%s/.ssh/authorized_keys\n' "$(getent passwd "$(login_user)" | cut -d: -f6)"; }
access_mark() { printf 'terraform-provider-mail:%s' "$RUN"; }
access_is_open() { keys_marked "$(access_mark)"; }

# keys_marked MARK: a line of authorized_keys ends in the mark. A run's name may begin with another one's, so all of it counts.
keys_marked() {
	MARK=" $1" awk '{ n = length(ENVIRON["MARK"]) } substr($0, length($0) - n + 1) == ENVIRON["MARK"] { found = 1 } END { exit !found }' "$(access_file)" 2>/dev/null
}
# keys_strip MARK: authorized_keys without the lines that end in the mark; mode and owner stay.
keys_strip() {
	_f=$(access_file)
	[ -e "$_f" ] || return 0
	cp -p "$_f" "$_f.tpm"
	MARK=" $1" awk '{ n = length(ENVIRON["MARK"]) } substr($0, length($0) - n + 1) != ENVIRON["MARK"]' "$_f" >"$_f.tpm" || {
		rm -f "$_f.tpm"
		die "cannot write $_f.tpm"
	}
	flush "$_f.tpm"
	mv "$_f.tpm" "$_f"
}

# keys_grant MARK KEY FROM SECONDS COMMAND...: KEY may run our COMMAND, as root, from these addresses, until it expires; an older one of the mark ends.
keys_grant() {
	keys_strip "$1"
	rm -f "$RD/access"
	_f=$(access_file)
	printf '%s\n' "$_f" | put "$RD/access"
	_dir=$(dirname "$_f")
	if [ ! -d "$_dir" ]; then
		mkdir -m 700 "$_dir"
		chown "$(login_user):" "$_dir"
	fi
	if [ ! -e "$_f" ]; then
		: >"$_f"
		chown "$(login_user):" "$_f"
	fi
	[ -z "$(tail -c 1 "$_f")" ] || echo >>"$_f"
	_sudo=
	[ -z "${SUDO_USER:-}" ] || _sudo='sudo -n --preserve-env=SSH_ORIGINAL_COMMAND '
	_granted=$1 _key=$2 _from=$3 _until=$(date -d "+$4 seconds" +%Y%m%d%H%M%S)
	shift 4
	printf 'restrict,from="%s",expiry-time="%s",command="%ssh %s %s" %s %s\n' "$_from" "$_until" "$_sudo" "$SELF" "$*" "$_key" "$_granted" >>"$_f"
	flush "$_f"
}

access_strip() { keys_strip "$(access_mark)"; }
# access_add KEY FROM SECONDS
access_add() { keys_grant "$(access_mark)" "$1" "$2" "$3" gate "$RUN"; }

# gate_conf: rsync's daemon serves the trees read-only, and nothing else.
gate_conf() {
	printf 'use chroot = no\nread only = yes\nlist = no\nuid = 0\ngid = 0\nmunge symlinks = no\nreverse lookup = no\nlog file = /dev/null\n'
	printf '%s\n' "$1" | while IFS=' ' read -r _module _path; do
		case $_path in @run/*) _path=$RD/${_path#@run/} ;; esac
		[ -z "$_module" ] || printf '[%s]\npath = %s\n' "$_module" "$_path"
	done
}

# cmd_gate RUN: what the leased key may do here; the command that was asked for is in SSH_ORIGINAL_COMMAND.
cmd_gate() {
	set -eu
	use_run "$1"
	[ -e "$RD/gate" ] || { say "access is closed"; exit "$EXIT_REFUSED"; }
	_ask=${SSH_ORIGINAL_COMMAND:-}
	case $_ask in
	"rsync --server --daemon .") exec rsync --server --daemon "--config=$RD/rsyncd.conf" . ;;
	"true") exit 0 ;;
	"files") gate_files ;;
	"accounts "*) gate_accounts "$(printf %s "${_ask#accounts }" | tr -cd 'A-Za-z0-9._-')" ;;
	"db "*)
		_ask=${_ask#db }
		_verb=${_ask%% *}
		_db=${_ask#* }
		grep -Fxq -e "$_db" "$RD/gate.databases" || { say "database $_db is not lent"; exit "$EXIT_REFUSED"; }
		pg_gate "$_verb" "$_db"
		;;
	"tree "*) gate_tree "${_ask#tree }" ;;
	"mark "* | "marked "* | "changed "* | "list "*)
		_verb=${_ask%% *} _ask=${_ask#* }
		gate_tree "$_ask"
		case $_verb in
		mark) gate_mark "$_ask" ;;
		marked) gate_marked "$_ask" ;;
		changed) gate_changed "$_ask" ;;
		list) gate_list "$_ask" ;;
		esac
		;;
	"queue kept" | "queue moved") cat "$RD/queue.${_ask#queue }" ;;
	"queue copies") queue_copies ;;
	"queue dropped") cat "$J/queue-dropped" 2>/dev/null || : ;;
	*)
		say "refused: $_ask"
		exit "$EXIT_REFUSED"
		;;
	esac
}

# gate_files: the files that the globs of this run name, NUL-separated, without the leading slash. A name without a wildcard must be there.
gate_files() {
	_missing=0
	set +f
	while IFS= read -r _glob; do
		[ -n "$_glob" ] || continue
		_found=0
		case $_glob in
		*/\*\*) _below=${_glob%/\*\*} ;;
		*) _below= ;;
		esac
		IFS=
		# shellcheck disable=SC2086 # the glob is meant to be expanded
		set -- ${_below:-$_glob}
		unset IFS
		for _p in "$@"; do
			[ -e "$_p" ] || [ -L "$_p" ] || continue
			if [ -n "$_below" ]; then
				find "$_p" -mindepth 1 -printf '%p\0' | sed -z 's,^/,,'
				_found=1
			elif [ ! -d "$_p" ] || [ -L "$_p" ]; then
				printf '%s\0' "${_p#/}"
				_found=1
			fi
		done
		case $_found$_glob in
		0*[*?[]*) ;;
		0*)
			say "not on the source: $_glob"
			_missing=1
			;;
		esac
	done <"$RD/gate.files"
	return "$_missing"
}

# gate_tree MODULE: refuses a source that is empty or not mounted.
gate_tree() {
	case $1 in *[!A-Za-z0-9._-]* | '')
		say "tree $1 is not lent"
		exit "$EXIT_REFUSED"
		;;
	esac
	_path=$(gate_path "$1")
	[ -n "$_path" ] || { say "tree $1 is not lent"; exit "$EXIT_REFUSED"; }
	tree_present "$_path"
}
# tree_present PATH: a folder with something in it, mounted if fstab says so.
tree_present() {
	[ -d "$1" ] || die "source path $1 is not a folder"
	while read -r _dev _mnt _; do
		case $_dev in '#'* | '') continue ;; esac
		[ "${_mnt%/}" = "${1%/}" ] || continue
		mountpoint -q "$1" || die "source path $1 is a mount point of fstab and not mounted"
	done </etc/fstab
	[ -n "$(ls -A "$1")" ] || die "source path $1 is empty"
}

# image_restore FROM TO: the files of a before-image go back, whatever size and time say. Folders on the way are left as they are: those of the image are ours.
image_restore() {
	(cd "$1" && find . ! -type d -printf '%P\0') | rsync -aHAX --ignore-times --files-from=- --from0 --no-implied-dirs "$1/" "$2"
}

# --- on the target -------------------------------------------------------------------------------------------------

# pull_read: standard input says how the source is reached: lines "address …" (the first one now; others where it may be found later), "port …", "user …", "hostkey …", "secret …".
pull_read() {
	PULL_ADDRESS='' PULL_ADDRESSES='' PULL_PORT=22 PULL_USER=root PULL_HOSTKEY='' PULL_SECRET=''
	while IFS=' ' read -r _k _v; do
		case $_k in
		address)
			PULL_ADDRESS=${PULL_ADDRESS:-$_v}
			PULL_ADDRESSES="$PULL_ADDRESSES $_v"
			;;
		port) PULL_PORT=$_v ;;
		user) PULL_USER=$_v ;;
		hostkey) PULL_HOSTKEY=$_v ;;
		secret) PULL_SECRET=$_v ;;
		esac
	done
}
pull_socket() { printf '/run/terraform-provider-mail-%s' "$(printf %s "$RUN" | cksum | cut -d' ' -f1)"; }

# pull_open: the connection stands; one for all operations of the run.
pull_open() {
	pull_read
	[ -n "$PULL_ADDRESS" ] || die "the source's address is not known"
	# Without waiting for one another, where it stands already.
	pull_stands || exclusive "channel.$RUN" pull_connect
}
pull_stands() { [ -e "$RD/ssh" ] && "$RD/ssh" -O check source >/dev/null 2>&1; }
pull_connect() {
	if pull_stands; then return 0; fi
	printf 'source %s\n' "$PULL_HOSTKEY" | put "$RD/known"
	# Whole at once: other operations of the run execute it.
	put "$RD/ssh.next" <<-END
		#!/bin/sh
		exec ssh -F none -T -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile='$RD/known' -o GlobalKnownHostsFile=none \
			-o HostKeyAlias=source -o HostName='$PULL_ADDRESS' -o Port='$PULL_PORT' -o User='$PULL_USER' -o LogLevel=ERROR -o ConnectTimeout=10 \
			-o PreferredAuthentications=publickey -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
			-o ControlMaster=auto -o ControlPath='$(pull_socket)' -o ControlPersist=600 "\$@"
	END
	chmod 700 "$RD/ssh.next"
	mv "$RD/ssh.next" "$RD/ssh"
	"$RD/ssh" source true </dev/null >/dev/null 2>"$OD/ssh.err" ||
		die "the source cannot be reached from this host by SSH at $PULL_ADDRESS port $PULL_PORT ($(head -c 300 "$OD/ssh.err" | tr '\n\r' '  ')); with transport = \"relay\" the data goes through the machine that runs Terraform"
}
pull_close() {
	[ ! -e "$RD/ssh" ] || "$RD/ssh" -O exit source >/dev/null 2>&1 || :
	rm -f "$RD/ssh" "$RD/known"
}
# pull COMMAND: one of the gate's commands.
pull() { "$RD/ssh" source "$1"; }
