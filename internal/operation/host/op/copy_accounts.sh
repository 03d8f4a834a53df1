# shellcheck shell=sh
# copy_accounts NAME FROM TO: accounts of the source that are missing here are added, with their groups and passwords; ours are as the source has them. Whoever
# was here before stays as he is. All that collides is told in one error, and nothing is changed then.
copy_accounts_probe() { false; }
copy_accounts_holds() {
	_faults=$(accounts_faults "$1")
	[ -n "$_faults" ] || return 0
	printf '%s\n' "$_faults" >"$OD/faults"
	while IFS= read -r _fault; do drift "$_fault"; done <"$OD/faults"
	return 1
}

copy_accounts_do() {
	RECORD=$J/accounts/$1
	has vipw || die "vipw is not on this host: it is what changes accounts under lock (package passwd or shadow-utils)"
	[ -e "$(accounts_file shadow)" ] || die "this host keeps no shadow passwords"
	pull_open
	ACCOUNTS=$(pull "accounts $1") || die "the accounts of the source cannot be read"
	[ "$(printf '%s\n' "$ACCOUNTS" | tail -n 1)" = end ] || die "the accounts of the source came in part only"
	accounts_part passwd >"$OD/passwd"
	accounts_part group >"$OD/group"
	cut -d: -f1,3 "$OD/passwd" | tr : '\n' | accounts_known passwd >"$OD/passwd.here"
	cut -d: -f1,3 "$OD/group" | tr : '\n' | accounts_known group >"$OD/group.here"
	copy_accounts_remember
	accounts_compare "$OD/ours" "$2" "$3"
	[ ! -s "$OD/collisions" ] || die "accounts collide ($(wc -l <"$OD/collisions")), and none was changed:
$(cat "$OD/collisions")"
	copy_accounts_note
	if ! copy_accounts_edit; then
		# What an earlier apply brought stands; only this one's goes.
		copy_accounts_back "$OD/new.ids" "$OD/groups.ids" "$OD/members" "$OD/changed.was" || say "and not all of it could be taken back"
		copy_accounts_unnote
		die "accounts cannot be added: all is as it was before"
	fi
	copy_accounts_record "$@"
	report users "$(wc -l <"$OD/new")"
	report groups "$(wc -l <"$OD/groups")"
	report accounts "$(wc -l <"$OD/passwd")"
}
# copy_accounts_edit: one file after the other; a login works with the last of them.
copy_accounts_edit() {
	copy_accounts_groups &&
		sed 's/^/=/' "$OD/new" "$OD/changed" | copy_accounts_change passwd &&
		copy_accounts_passwords | copy_accounts_change shadow
}
# copy_accounts_change FILE: nothing to change takes no lock.
copy_accounts_change() {
	IFS= read -r _change || return 0
	{
		printf '%s\n' "$_change"
		cat
	} | accounts_edit "$1"
}

# copy_accounts_remember: what was recorded before; $OD/ours: who came with us, in this run or an earlier one.
copy_accounts_remember() {
	mkdir -p "$RECORD"
	if [ ! -d "$B/record" ]; then
		rm -rf "$B/record.new"
		cp -R "$RECORD" "$B/record.new"
		mv "$B/record.new" "$B/record"
	fi
	cat "$RECORD/ours" "$B/users" 2>/dev/null | sort -u >"$OD/ours"
}
# copy_accounts_note: what undo takes back is on the disk before anything is changed.
copy_accounts_note() {
	rm -rf "$OD/noted"
	mkdir "$OD/noted"
	for _list in users groups members changed; do
		[ ! -e "$B/$_list" ] || cp "$B/$_list" "$OD/noted/"
	done
	cut -d: -f1,3 "$OD/new" >"$OD/new.ids"
	cut -d: -f1,3 "$OD/groups" >"$OD/groups.ids"
	awk -F: 'part == 1 { new[$1] = 1; next } $1 in new' part=1 "$OD/changed" part=2 "$(accounts_file passwd)" >"$OD/changed.was"
	copy_accounts_add "$B/users" <"$OD/new.ids"
	copy_accounts_add "$B/groups" <"$OD/groups.ids"
	copy_accounts_add "$B/members" <"$OD/members"
	: >>"$B/changed"
	awk -F: 'part == 1 { had[$1] = 1; next } !($1 in had)' part=1 "$B/changed" part=2 "$OD/changed.was" >"$OD/changed.first"
	copy_accounts_add "$B/changed" <"$OD/changed.first"
}
copy_accounts_unnote() {
	for _list in users groups members changed; do
		rm -f "$B/$_list"
		[ ! -e "$OD/noted/$_list" ] || cp "$OD/noted/$_list" "$B/"
	done
}
# copy_accounts_record NAME FROM TO: what is here now, for looks; who came with us; and who is this host's own, so that he stays here on a way back.
copy_accounts_record() {
	copy_accounts_add "$RECORD/ours" <"$OD/new.ids"
	put "$RECORD/users" <"$OD/passwd"
	awk -F: -v OFS=: 'part == 1 { gid[$1] = $3; next } { print $1, "x", ($1 in gid ? gid[$1] : $3), "" }' \
		part=1 "$OD/group.here" part=2 "$OD/group" >"$OD/groups.brought"
	put "$RECORD/groups" <"$OD/groups.brought"
	awk -F: -v from="$2" -v to="$3" 'part == 1 { source[$1] = 1; next } $3 ~ /^[0-9]+$/ && $3 + 0 >= from + 0 && $3 + 0 <= to + 0 && !($1 in source) { print $1 }' \
		part=1 "$OD/passwd" part=2 "$(accounts_file passwd)" | put "$RECORD/own"
}
copy_accounts_add() {
	{ cat "$1" 2>/dev/null || :; cat; } | sort -u >"$OD/sum"
	put "$1" <"$OD/sum"
}

copy_accounts_groups() {
	{
		sed 's/^/=/' "$OD/groups"
		sed 's/^/+/' "$OD/members"
	} | copy_accounts_change group || return 1
	{
		sed 's/^\([^:]*\):.*/=\1:!::/' "$OD/groups"
		sed 's/^/+/' "$OD/members"
	} | copy_accounts_change gshadow
}

# copy_accounts_passwords: lines of shadow to set, for accounts that are new or have none, and for ours whose password the source has changed since: of two
# the one that was changed last counts.
copy_accounts_passwords() {
	accounts_part shadow | awk -F: '
		part == 1 { new[$1] = 1; next }
		part == 2 { ours[$1] = 1; next }
		part == 3 { here[$1] = $2; changed[$1] = $3; next }
		($1 in new) || (($1 in ours) && !($1 in here)) || (($1 in ours) && here[$1] != $2 && $3 + 0 >= changed[$1] + 0) { print "=" $0 }
	' part=1 "$OD/new.ids" part=2 "$OD/ours" part=3 "$(accounts_file shadow)" part=4 -
}
copy_accounts_verify() {
	_faults=$(accounts_faults "$1")
	[ -z "$_faults" ] || die "$_faults"
}

copy_accounts_undo() {
	[ -d "$B/record" ] || return 0
	for _list in users groups members changed; do : >>"$B/$_list"; done
	copy_accounts_back "$B/users" "$B/groups" "$B/members" "$B/changed"
	rm -rf "$J/accounts/$1"
	if [ -e "$B/record/users" ]; then
		cp -R "$B/record" "$J/accounts/$1"
	fi
}
# copy_accounts_back USERS GROUPS MEMBERS CHANGED: what came goes, if it is still what came ("name:number"); a group that somebody has for his first one stays.
# Members are "group:user", changed ones the lines of passwd as they were. What others changed is left.
copy_accounts_back() {
	_passwd=$(accounts_file passwd) _group=$(accounts_file group) _shadow=$(accounts_file shadow)
	awk -F: 'part == 1 { uid[$1] = $2; next } ($1 in uid) && uid[$1] == $3 { print $1 }' part=1 "$1" part=2 "$_passwd" >"$OD/leaving"
	awk -F: 'part == 1 { gone[$1] = 1; next } part == 2 { if (!($1 in gone)) used[$4] = 1; next } part == 3 { gid[$1] = $2; next }
		($1 in gid) && gid[$1] == $3 && !($3 in used) { print "-" $1 }' part=1 "$OD/leaving" part=2 "$_passwd" part=3 "$2" part=4 "$_group" >"$OD/memberships"
	awk -F: 'part == 1 { came[$1, $2] = 1; next } { n = split($4, m, ","); for (i = 1; i <= n; i++) if (($1, m[i]) in came) print "~" $1 ":" m[i] }' \
		part=1 "$3" part=2 "$_group" >>"$OD/memberships"
	sed 's/^/!/' "$OD/leaving" >>"$OD/memberships"
	awk -F: 'part == 1 { gone[$1] = 1; next } $1 in gone { print "-" $1 }' part=1 "$OD/leaving" part=2 "$_shadow" >"$OD/leaving.shadow"
	{
		sed 's/^/-/' "$OD/leaving"
		awk -F: 'part == 1 { gone[$1] = 1; next } part == 2 { uid[$1] = $3; line[$1] = $0; next }
			!($1 in gone) && uid[$1] == $3 && line[$1] != $0 { print "=" $0 }' part=1 "$OD/leaving" part=2 "$_passwd" part=3 "$4"
	} >"$OD/leaving.passwd"
	copy_accounts_change shadow <"$OD/leaving.shadow" && copy_accounts_change passwd <"$OD/leaving.passwd" &&
		copy_accounts_change group <"$OD/memberships" && copy_accounts_change gshadow <"$OD/memberships"
}
