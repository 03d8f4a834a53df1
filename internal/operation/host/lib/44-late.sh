# shellcheck shell=sh
# Messages that a side took in mailboxes of its own, on their way to the other side's. They are read and added by IMAP, which the product's own server
# program speaks on standard input and output: no password is needed, no user's filter runs, and flags and dates come along.
# STORE_SESSION and STORE_LOCATE are quoted commands.

# --- where they were taken -----------------------------------------------------------------------------------------

# folders_of LIST: "count folder" for each folder of the NUL-separated files, in lines.
folders_of() { sed -z 's,/[^/]*$,,' "$1" | sort -z | uniq -zc | tr '\n\0' '?\n' | sed 's/^ *//'; }

# store_locate FOLDER DIR: DIR/user and DIR/box (a line for each part of the name; none: INBOX), as IMAP writes them between quotes.
# Fails where the folder is nobody's, or not for mail.
store_locate() {
	[ -n "$STORE_LOCATE" ] || return 1
	(cd / && eval "$STORE_LOCATE \"\$1\"") </dev/null >"$2/located" 2>/dev/null || return 1
	sed -n 's/^ *"userid": "\(.*\)",\{0,1\}$/\1/p' "$2/located" >"$2/user"
	sed -n '/^ *"boxes": \[$/,/^ *\]/s/^ *"\(.*\)",\{0,1\}$/\1/p' "$2/located" >"$2/box"
	[ -s "$2/user" ] && ! grep -q '^#' "$2/box"
}
# store_title DIR: for people.
store_title() { printf '%s %s' "$(cat "$1/user")" "$(if [ -s "$1/box" ]; then tr '\n' '/' <"$1/box" | sed 's,/$,,'; else echo INBOX; fi)"; }

# store_talk USER: IMAP commands on standard input, answers on standard output. A server that knows who it is for refuses the login, which does no harm.
store_talk() {
	{
		printf 'login LOGIN "%s" "-"\r\n' "$1"
		cat
		printf 'logout LOGOUT\r\n'
	} | (cd / && eval "$STORE_SESSION")
}

# store_name DIR: the mailbox as its user calls it, ready for quotes. DIR/space: the prefix of names and what parts them, in two lines.
store_name() {
	printf 'names NAMESPACE\r\n' | store_talk "$(cat "$1/user")" | sed -n 's/^\* NAMESPACE (("\([^"]*\)" "\([^"]*\)").*/\1\n\2/p' >"$1/space"
	[ -s "$1/space" ] || return 1
	[ -s "$1/box" ] || { echo INBOX; return 0; }
	BY=$(sed -n 2p "$1/space") awk -v first="$(sed -n 1p "$1/space")" '{ name = name (NR > 1 ? ENVIRON["BY"] : "") $0 } END { print first name }' "$1/box"
}

# store_seen NAME USER UID: what the mailbox says of its messages from UID on, in lines "uid|date|flags".
store_seen() {
	printf 'open EXAMINE "%s"\r\nlook UID FETCH %s:* (FLAGS INTERNALDATE)\r\n' "$1" "$3" | store_talk "$2" | tr -d '\r' |
		sed -n 's/^\* [0-9]* FETCH //p' | awk '{ flags = date = uid = ""
			if (match($0, /UID [0-9]+/)) uid = substr($0, RSTART + 4, RLENGTH - 4)
			if (match($0, /FLAGS \([^)]*\)/)) flags = substr($0, RSTART + 7, RLENGTH - 8)
			if (match($0, /INTERNALDATE "[^"]*"/)) date = substr($0, RSTART + 14, RLENGTH - 15)
			gsub(/\\Recent ?/, "", flags); sub(/ $/, "", flags); print uid "|" date "|" flags }'
}

# store_gather FOLDER DIR NAMES VISIBLE: copies the messages (file names, one a line) with what the mailbox says of them, as lines of DIR/messages:
# "number key sum size|date|flags". VISIBLE yes: only those that their user sees.
store_gather() {
	_name=$(store_name "$2") || return 1
	_first=$(sed 's/[^0-9].*//' "$3" | sort -n | head -n 1)
	store_seen "$_name" "$(cat "$2/user")" "${_first:-1}" >"$2/seen"
	: >"$2/messages"
	while IFS= read -r _file; do
		_uid=${_file%%[!0-9]*}
		_of=$(sed -n "s/^$_uid|//p" "$2/seen")
		if [ -z "$_of" ]; then
			[ "$4" != yes ] || continue
			_of="$(date -u -r "$1/$_file" '+%d-%b-%Y %H:%M:%S +0000')|"
		fi
		cp -- "$1/$_file" "$2/$_uid" || return 1
		_sum=$(sha256sum <"$2/$_uid" | cut -d' ' -f1)
		printf '%s %s %s %s|%s\n' "$_uid" "$(printf '%s %s' "$1/$_file" "$_sum" | sha256sum | cut -c1-40)" "$_sum" "$(stat -c %s "$2/$_uid")" "$_of" >>"$2/messages"
	done <"$3"
}

# --- where they go -------------------------------------------------------------------------------------------------

# store_state NAME USER: "UIDVALIDITY UIDNEXT" of a mailbox; it is made where it is missing.
store_state() {
	_answer=$(printf 'have STATUS "%s" (UIDVALIDITY UIDNEXT)\r\nmake CREATE "%s"\r\nstate STATUS "%s" (UIDVALIDITY UIDNEXT)\r\n' "$1" "$1" "$1" | store_talk "$2" | tr -d '\r')
	case $_answer in
	*"
state OK"*) ;;
	*) return 1 ;;
	esac
	printf '%s\n' "$_answer" | sed -n 's/^\* STATUS .*(\([^)]*\))$/\1/p' | tail -n 1 |
		awk '{ for (i = 1; i < NF; i += 2) v[$i] = $(i + 1); print v["UIDVALIDITY"], v["UIDNEXT"] }'
}

# store_has NAME USER UID SUM SIZE: a message with this content came at UID or later.
store_has() {
	printf 'open EXAMINE "%s"\r\nfind UID SEARCH UID %s:* LARGER %s SMALLER %s\r\n' "$1" "$3" "$(($5 - 1))" "$(($5 + 1))" | store_talk "$2" |
		tr -d '\r' | sed -n 's/^\* SEARCH //p' | tr ' ' '\n' >"$OD/candidates"
	while IFS= read -r _candidate; do
		[ "${_candidate:-0}" -ge "$3" ] || continue
		_content=$(printf 'open EXAMINE "%s"\r\nread UID FETCH %s BODY.PEEK[]\r\n' "$1" "$_candidate" | store_talk "$2" |
			sed "1,/BODY\[\] {$5}/d" | head -c "$5" | sha256sum | cut -d' ' -f1)
		[ "$_content" != "$4" ] || return 0
	done <"$OD/candidates"
	return 1
}

# store_admin DIR: the mailbox as Cyrus' own tools call it.
store_admin() {
	_owner=$(cat "$1/user")
	case $_owner in
	*@*) _domain=@${_owner##*@} ;;
	*) _domain= ;;
	esac
	printf 'user\n%s\n' "${_owner%"$_domain"}" | cat - "$1/box" | BY=$(sed -n 2p "$1/space") awk -v last="$_domain" '{ name = name (NR > 1 ? ENVIRON["BY"] : "") $0 } END { print name last }'
}

# store_renew DIR FOLDER LOG: a mailbox of Cyrus gets a new UIDVALIDITY: its index is made anew from its messages, which keep UIDs and dates; flags are
# set again, and what its user had removed goes again. Once for each run; begun again after an interruption it starts from the index that was kept.
store_renew() {
	[ -e "$2/cyrus.index" ] || [ -e "$3/index.$(store_key "$2")" ] || return 0
	_kept=$3/index.$(store_key "$2")
	! grep -Fxq "renewed $(store_key "$2") $RUN" "$3/log" || return 0
	_user=$(cat "$1/user")
	_name=$(store_name "$1") || return 1
	if [ ! -e "$_kept/whole" ]; then
		rm -rf "$_kept"
		mkdir "$_kept"
		cp -p "$2/cyrus.index" "$_kept/"
		store_seen "$_name" "$_user" 1 >"$_kept/seen"
		: >"$_kept/whole"
		flush_below "$_kept"
	fi
	rm -f "$2/cyrus.index"
	set -- "$1" "$2" "$3" "$(store_admin "$1")"
	(cd / && eval "$STORE_RENEW \"\$4\"") </dev/null >&2 || return 1
	cut -d'|' -f1 "$_kept/seen" | sort >"$_kept/uids"
	{
		printf 'open SELECT "%s"\r\n' "$_name"
		awk '{ at = index($0, "|"); uid = substr($0, 1, at - 1); flags = substr($0, at + 1); flags = substr(flags, index(flags, "|") + 1)
				if (flags == "") next
				if (n[flags]++ % 500 == 0 && list[flags] != "") { printf "set UID STORE %s FLAGS.SILENT (%s)\r\n", list[flags], flags; list[flags] = "" }
				list[flags] = list[flags] (list[flags] == "" ? "" : ",") uid }
			END { for (flags in list) printf "set UID STORE %s FLAGS.SILENT (%s)\r\n", list[flags], flags }' "$_kept/seen"
		find "$2" -maxdepth 1 -name '[1-9]*.' -printf '%f\n' | tr -d . | sort | comm -23 - "$_kept/uids" | xargs -rn 500 | tr ' ' ',' |
			awk '{ printf "gone UID STORE %s +FLAGS.SILENT (\\Deleted)\r\ngone UID EXPUNGE %s\r\n", $0, $0 }'
	} | store_talk "$_user" | tr -d '\r' >"$_kept/answers"
	grep -q '^open OK' "$_kept/answers" || return 1
	! grep '^\(set\|gone\) \(NO\|BAD\)' "$_kept/answers" >&2 || return 1
	echo "renewed $(store_key "$2") $RUN" >>"$3/log"
	flush "$3/log"
	rm -rf "$_kept"
}
store_key() { printf %s "$1" | sha256sum | cut -c1-40; }

# store_add DIR LOG: adds what DIR holds, each message once however often this is begun: LOG/log says for each key what was begun, where, and what has
# ended; LOG/sums names the contents that came.
# Prints the answers of what was refused.
store_add() {
	_user=$(cat "$1/user")
	if ! _name=$(store_name "$1") || ! _state=$(store_state "$_name" "$_user"); then
		echo "there is no mailbox $(store_title "$1")"
		return 0
	fi
	: >"$1/script"
	: >"$1/begun"
	while IFS='|' read -r _what _date _flags; do
		# shellcheck disable=SC2086 # four words
		set -- "$1" "$2" $_what
		! grep -q "^end $4\$" "$2/log" || continue
		_began=$(sed -n "s/^begin $4 //p" "$2/log" | tail -n 1)
		if [ -n "$_began" ]; then
			_from=${_began#* }
			[ "${_began% *}" = "${_state% *}" ] || _from=1
			if store_has "$_name" "$_user" "$_from" "$5" "$6"; then
				echo "$5" >>"$2/sums"
				echo "end $4" >>"$2/log"
				continue
			fi
		fi
		echo "begin $4 $_state" >>"$1/begun"
		printf '%s %s %s\n' "$3" "$4" "$5" >>"$1/keys"
		{
			printf 'm%s APPEND "%s" (%s) "%s" {%s+}\r\n' "$3" "$_name" "$_flags" "$_date" "$6"
			cat "$1/$3"
			printf '\r\n'
		} >>"$1/script"
	done <"$1/messages"
	[ -s "$1/script" ] || { flush "$2/log"; return 0; }
	cat "$1/begun" >>"$2/log"
	flush "$2/log"
	store_talk "$_user" <"$1/script" | tr -d '\r' >"$1/answers"
	sed -n 's/^m\([0-9]*\) OK .*/\1/p' "$1/answers" | sort >"$1/added"
	sort "$1/keys" | join "$1/added" - >"$1/ended"
	cut -d' ' -f3 "$1/ended" >>"$2/sums"
	flush "$2/sums"
	sed 's/^[0-9]* \([^ ]*\) .*/end \1/' "$1/ended" >>"$2/log"
	flush "$2/log"
	rm -f "$1/keys"
	grep '^m[0-9]* \(NO\|BAD\) ' "$1/answers" | sed "s/^m[0-9]* /$(printf %s "$(store_title "$1")" | sed 's,[/&\\],\\&,g'): /" | sort -u
	[ "$(grep -c '^m[0-9]* ' "$1/answers")" = "$(wc -l <"$1/begun")" ] || echo "the server did not answer for all messages of $(store_title "$1")"
}
