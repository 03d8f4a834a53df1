# shellcheck shell=sh
# edit_file PATH HOW OWNER MODE RELOAD TEXT...: a file is as declared. HOW: content (TEXT is all of it), lines (each TEXT is one of its lines), replace
# (TEXTs are pairs, from and to). OWNER (user, or user:group) and MODE empty: those that it has. RELOAD: a service that is told; may be empty.
# A change that the service does not take is taken back at once: an earlier apply's work stands, and only this one's goes.
edit_file_pending() { printf '%s/reload.%s' "$RD" "$OP"; }

edit_file_probe() { [ ! -e "$(edit_file_pending)" ] && [ -z "$(edit_faults "$@")" ]; }
edit_file_holds() {
	_faults=$(edit_faults "$@")
	[ ! -e "$(edit_file_pending)" ] || _faults="$5 has not read $1 yet
$_faults"
	[ -n "$_faults" ] || return 0
	printf '%s\n' "$_faults" >"$OD/faults"
	while IFS= read -r _fault; do [ -z "$_fault" ] || drift "$_fault"; done <"$OD/faults"
	return 1
}

edit_file_do() {
	_path=$1 _how=$2 _owner=$3 _mode=$4 _reload=$5
	shift 5
	_file=$(readlink -f -- "$_path") || die "the folder of $_path is not there"
	[ -d "$(dirname -- "$_file")" ] || die "the folder of $_path is not there"
	_there=no
	if [ -e "$_file" ]; then
		_there=yes
		[ -f "$_file" ] || die "$_path is no file"
		[ "$(stat -c %h "$_file")" = 1 ] || die "$_path has $(stat -c %h "$_file") names (hard links): writing it anew would part them"
	elif [ "$_how" = replace ]; then
		die "$_path is not there: nothing can be replaced in it"
	fi
	edit_file_knows "$_reload" || die "there is no service $_reload to reload"
	_base=$(edit_base "$_file")
	edit_make "$_path" "$_how" "$_base" "$OD/wanted" "$@"
	edit_file_remember
	rm -f "$OD/was"
	[ "$_there" = no ] || cp --preserve=all -- "$_file" "$OD/was"
	[ -z "$_reload" ] || : >"$(edit_file_pending)"
	edit_file_lay "$_file" "$OD/wanted" "$_owner" "$_mode"
	if ! edit_file_tell "$_reload"; then
		edit_file_return "$_file" "$OD/was"
		! edit_file_tell "$_reload" || rm -f "$(edit_file_pending)"
		die "$_reload did not take the change of $_path, which is as it was before"
	fi
	rm -f "$(edit_file_pending)"
	edit_file_note
}
edit_file_verify() {
	_faults=$(edit_faults "$@")
	[ -z "$_faults" ] || die "$_faults"
}

# edit_file_remember: the before-image; the first one counts. Its path comes last: without one nothing has been changed.
edit_file_remember() {
	if [ -e "$B/path" ]; then
		[ "$(recall path)" = "$_file" ] || die "$_path is $_file now and was $(recall path) when it was first changed: destroy the resource, which puts that back, and declare it anew"
	elif [ "$_there" = yes ]; then
		cp --preserve=all -- "$_file" "$B/image.new"
		flush "$B/image.new"
		mv "$B/image.new" "$B/image"
	fi
	[ "$_base" = "$B/base" ] || put "$B/base" <"$_base"
	if [ "$_how" = lines ]; then
		cat "$B/added" "$OD/missing" 2>/dev/null | sort -u >"$OD/added.now"
		put "$B/added" <"$OD/added.now"
	else
		: >"$B/whole"
	fi
	{
		digest_of "$OD/wanted"
		recall wrote | head -n 1
	} >"$OD/wrote"
	put "$B/wrote" <"$OD/wrote"
	remember path "$_file"
}
edit_file_note() { head -n 1 "$OD/wrote" | put "$B/wrote"; }

# edit_file_lay FILE CONTENT OWNER MODE: whole or not at all, with what else belongs to the file: access lists, attributes, context.
edit_file_lay() {
	_new=$(mktemp -- "$(dirname -- "$1")/.$(basename -- "$1").XXXXXX") || die "cannot write beside $1"
	if edit_file_ready "$@" && flush "$_new" && mv -f -- "$_new" "$1"; then
		flush "$(dirname -- "$1")"
		! has restorecon || restorecon "$1" >&2 || :
	else
		rm -f -- "$_new"
		die "$1 cannot be written: it is as it was before"
	fi
}
edit_file_ready() {
	cat "$2" >"$_new" || return 1
	if [ -e "$1" ]; then
		cp --attributes-only --preserve=all -- "$1" "$_new" && touch -c -- "$_new" || return 1
	else
		chmod 0644 -- "$_new" || return 1
	fi
	if [ -n "$3" ]; then
		_kept=$(stat -c %a -- "$_new")
		chown -- "$3" "$_new" && chmod "$_kept" -- "$_new" || return 1
	fi
	[ -z "$4" ] || chmod "$4" -- "$_new"
}
# edit_file_return FILE IMAGE: the file is as the image is, times and all; without one it was not there.
edit_file_return() {
	if [ ! -e "$2" ]; then
		rm -f -- "$1"
	else
		_new=$(mktemp -- "$(dirname -- "$1")/.$(basename -- "$1").XXXXXX") || die "cannot write beside $1"
		if ! { cp --preserve=all -- "$2" "$_new" && flush "$_new" && mv -f -- "$_new" "$1"; }; then
			rm -f -- "$_new"
			die "$1 cannot be put back"
		fi
	fi
	flush "$(dirname -- "$1")"
}

# edit_file_knows SERVICE: there is such a service, or none is asked for.
edit_file_knows() {
	[ -n "$1" ] || return 0
	if systemd; then [ "$(systemctl show --property LoadState --value "$1")" != not-found ]; else [ -e "/etc/init.d/$1" ]; fi
}
# edit_file_tell SERVICE: it reads its configuration again, if it runs; and runs on.
edit_file_tell() {
	[ -n "$1" ] || return 0
	service_runs "$1" '' '' '' '' || return 0
	if systemd; then systemctl reload-or-restart "$1"; else service "$1" force-reload; fi </dev/null >&2 || return 1
	await 10 service_runs "$1" '' '' '' ''
}

edit_file_undo() {
	_file=$(recall path) || return 0
	[ -z "$5" ] || : >"$(edit_file_pending)"
	if [ ! -e "$B/whole" ] && [ -f "$_file" ] && ! edit_file_ours; then
		# Others have written to it since: only the lines that were added go.
		edit_make "$1" lines "$(edit_base "$_file")" "$OD/wanted"
		if [ ! -e "$B/image" ] && [ ! -s "$OD/wanted" ]; then rm -f -- "$_file"; else edit_file_lay "$_file" "$OD/wanted" '' ''; fi
	else
		edit_file_return "$_file" "$B/image"
	fi
	edit_file_tell "$5" || die "$1 is as it was before, and $5 did not take it"
	rm -f "$(edit_file_pending)"
}
# edit_file_ours: what the file holds was made from the before-image alone, or is the before-image.
edit_file_ours() {
	if [ ! -e "$B/image" ]; then
		edit_untouched "$_file" && [ ! -s "$B/base" ]
	else
		cmp -s "$B/image" "$_file" || { edit_untouched "$_file" && cmp -s "$B/image" "$B/base"; }
	fi
}
