# shellcheck shell=sh
# Accounts of the system: users with their groups and passwords, from one host's files to another's. What stands in shadow is nowhere but in pipes and in
# shadow itself: not on a command line, not in a file of ours.
# What is told between the hosts are lines "passwd …", "group …", "shadow …" (each as in its file, with an x for the password), and "end".
# Below journal_dir lies for each declaration accounts/<name>: users and groups as they were when they had been brought (lines of passwd and group), and
# ours (lines "name:uid"): who was not here before; own: names in the range that only this host has, which a way back does not carry to the other one.

# accounts_file NAME: passwd, group, shadow or gshadow.
accounts_file() { printf '/etc/%s\n' "$1"; }

# --- on the source -------------------------------------------------------------------------------------------------

# gate_accounts NAME: those that are lent by this name. In gate.accounts: lines "name range from to" and "name stays pattern".
gate_accounts() {
	_range=$(sed -n "s/^$1 range //p" "$RD/gate.accounts" 2>/dev/null) || :
	[ -n "$_range" ] || {
		say "accounts $1 are not lent"
		exit "$EXIT_REFUSED"
	}
	_shadow=$(accounts_file shadow)
	[ -e "$_shadow" ] || _shadow=/dev/null
	accounts_lent "$1" "${_range% *}" "${_range#* }" | awk -F: -v OFS=: '
		part == 1 {
			if ($2 != "x") print "shadow " $1, ($2 == "" ? "" : $2), "", "", "", "", "", "", ""
			else want[$1] = 1
			$2 = "x"
			user[$1] = 1; primary[$4] = 1
			print "passwd " $0
			next
		}
		part == 2 {
			if ($3 !~ /^[0-9]+$/) next
			n = split($4, m, ","); list = ""
			for (i = 1; i <= n; i++) if (m[i] in user) list = list (list == "" ? "" : ",") m[i]
			if (list != "" || $3 in primary) print "group " $1, "x", $3, list
			next
		}
		$1 in want { print "shadow " $0; delete want[$1] }
		END { for (name in want) print "shadow " name, "!", "", "", "", "", "", "", ""; print "end" }
	' part=1 - part=2 "$(accounts_file group)" part=3 "$_shadow"
}
# accounts_lent NAME FROM TO: lines of passwd.
accounts_lent() {
	_stays=$(sed -n "s/^$1 stays //p" "$RD/gate.accounts")
	awk -F: -v from="$2" -v to="$3" '$1 ~ /^[^+#-]/ && $3 ~ /^[0-9]+$/ && $3 + 0 >= from + 0 && $3 + 0 <= to + 0' "$(accounts_file passwd)" |
		while IFS= read -r _line; do
			! accounts_stay "${_line%%:*}" "$_stays" || continue
			! grep -Fxqs -e "${_line%%:*}" "$J/accounts/$1/own" || continue
			printf '%s\n' "$_line"
		done
}
# accounts_stay NAME PATTERNS: it is one of those that stay behind.
accounts_stay() {
	while IFS= read -r _pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $1 in $_pattern) return 0 ;; esac
	done <<-END
		$2
	END
	return 1
}

# --- on the target -------------------------------------------------------------------------------------------------

# accounts_part KIND: lines of one kind out of what the source told.
accounts_part() { printf '%s\n' "$ACCOUNTS" | sed -n "s/^$1 //p"; }

# accounts_known DATABASE: what is known here, in the file or elsewhere, of the names and numbers on standard input.
accounts_known() {
	{
		cat "$(accounts_file "$1")"
		tr '\n' '\0' | xargs -0 -r getent "$1" 2>/dev/null || :
	} | awk -F: '$3 ~ /^[0-9]+$/ && !seen[$1 ":" $3]++'
}

# accounts_compare OURS FROM TO: of $OD/passwd and $OD/group (the source's) and $OD/passwd.here and $OD/group.here: collisions, new (lines of passwd),
# changed (lines of passwd, of ours), groups (new ones, lines of group), members (lines "group:user" that are missing).
# A group counts as the account's own where it is a first group or in the range; of others only the name matters.
accounts_compare() {
	for _list in collisions new changed groups members; do : >"$OD/$_list"; done
	WORK=$OD awk -F: -v from="$2" -v to="$3" '
		function tell(text) { print text >(dir "/collisions") }
		function own(g) { return (gid[g] in first) || (gid[g] + 0 >= from + 0 && gid[g] + 0 <= to + 0) }
		BEGIN { dir = ENVIRON["WORK"] }
		part == 1 { ours[$1] = $2; next }
		part == 2 { order[++n] = $1; line[$1] = $0; uid[$1] = $3; pgid[$1] = $4; called[$3, $1] = 1; first[$4] = 1; next }
		part == 3 { gorder[++m] = $1; gid[$1] = $3; list[$1] = $4; gcalled[$3, $1] = 1; gname[$3] = $1; next }
		part == 4 { huid[$1] = $3; hline[$1] = $0; hnames[$3] = hnames[$3] (hnames[$3] == "" ? "" : ":") $1; next }
		part == 5 { hgid[$1] = $3; hgname[$3] = hgname[$3] (hgname[$3] == "" ? "" : ":") $1; k = split($4, w, ","); for (i = 1; i <= k; i++) member[$1, w[i]] = 1 }
		END {
			for (i = 1; i <= n; i++) {
				u = order[i]
				if (u in huid) {
					if (huid[u] != uid[u]) tell("user " u " has UID " uid[u] " on the source and UID " huid[u] " on the target")
					else if (ours[u] == uid[u]) {
						mine[u] = 1
						split(hline[u], h, ":"); split(line[u], l, ":")
						if (h[4] != l[4] || h[5] != l[5] || h[6] != l[6] || h[7] != l[7]) print line[u] >(dir "/changed")
					}
					continue
				}
				k = split(hnames[uid[u]], w, ":"); bad = 0
				for (j = 1; j <= k; j++) if (!((uid[u], w[j]) in called)) { tell("UID " uid[u] " is user " u " on the source and user " w[j] " on the target"); bad = 1 }
				if (!(pgid[u] in gname) && hgname[pgid[u]] != "") {
					tell("GID " pgid[u] ", the first group of user " u ", is no group on the source and group " hgname[pgid[u]] " on the target")
				}
				if (!bad) { mine[u] = 1; print line[u] >(dir "/new") }
			}
			for (i = 1; i <= m; i++) {
				g = gorder[i]
				if (g in hgid) {
					if (hgid[g] != gid[g] && own(g)) tell("group " g " has GID " gid[g] " on the source and GID " hgid[g] " on the target")
				} else {
					k = split(hgname[gid[g]], w, ":"); bad = 0
					for (j = 1; j <= k; j++) if (!((gid[g], w[j]) in gcalled)) { tell("GID " gid[g] " is group " g " on the source and group " w[j] " on the target"); bad = 1 }
					if (!bad) print g ":x:" gid[g] ":" >(dir "/groups")
				}
				k = split(list[g], w, ",")
				for (j = 1; j <= k; j++) if ((w[j] in mine) && !((g, w[j]) in member)) print g ":" w[j] >(dir "/members")
			}
		}' part=1 "$1" part=2 "$OD/passwd" part=3 "$OD/group" part=4 "$OD/passwd.here" part=5 "$OD/group.here"
}

# accounts_edit FILE: changes it under the locks that the distribution's own tools take, by vipw, which puts the edited file in place of the old one at once.
# On standard input: "=line" (the line of this name becomes, or is added), "-name" (its line goes), "+group:user", "~group:user" (a member comes, goes),
# "!user" (it is no member of any group any more).
accounts_edit() {
	_edited=$(accounts_file "$1")
	[ -e "$_edited" ] || [ "$1" = passwd ] || [ "$1" = group ] || {
		cat >/dev/null
		return 0
	}
	put "$OD/editor" <<-'EDITOR'
		#!/bin/sh
		# Started by vipw with the file to edit; what to change comes on standard input.
		set -eu
		umask 077
		LC_ALL=C
		export LC_ALL
		was=$(stat -c %Y "$1")
		trap 'rm -f "$1.changed"' EXIT
		{ echo '#'; cat; } | awk -F: -v OFS=: '
			function without(list, user,   n, w, i, out) {
				n = split(list, w, ",")
				for (i = 1; i <= n; i++) if (w[i] != user) out = out (out == "" ? "" : ",") w[i]
				return out
			}
			function rest(   i, now) {
				now = $0
				for (i = 1; i <= n; i++) if (name[i] in set) { $0 = set[name[i]]; delete set[name[i]]; members(); print }
				$0 = now
			}
			# members: of groups only does anything ask for it.
			function members(   i, w, k) {
				for (i = 1; i <= m; i++) {
					split(member[i], w, ":")
					if (w[1] != $1) continue
					$4 = without($4, w[2])
					if (how[i] == "+") $4 = $4 ($4 == "" ? "" : ",") w[2]
				}
				for (k in nowhere) if (index("," $4 ",", "," k ",")) $4 = without($4, k)
			}
			NR == FNR {
				verb = substr($0, 1, 1); text = substr($0, 2); key = text; sub(/:.*/, "", key)
				if (verb == "=") { if (!(key in set)) name[++n] = key; set[key] = text }
				else if (verb == "-") gone[key] = 1
				else if (verb == "+" || verb == "~") { member[++m] = text; how[m] = verb }
				else if (verb == "!") nowhere[key] = 1
				next
			}
			# Entries of the old NIS kind end what is looked at: others go before them.
			/^[+]/ { rest() }
			$1 in gone { next }
			$1 in set { $0 = set[$1]; delete set[$1] }
			{ members(); print }
			END { rest() }' - "$1" >"$1.changed"
		cat "$1.changed" >"$1"
		# vipw goes by whole seconds of the time to see whether there was a change.
		[ "$(stat -c %Y "$1")" != "$was" ] || touch -d "@$((was + 1))" "$1"
	EDITOR
	chmod 700 "$OD/editor"
	case $1 in
	passwd) set -- vipw ;;
	shadow) set -- vipw -s ;;
	group) set -- vigr ;;
	gshadow) set -- vigr -s ;;
	esac
	(cd "$OD" && EDITOR=./editor VISUAL=./editor "$@" >/dev/null) || die "$_edited cannot be changed: another program may have locked it"
	flush "$_edited" "$(dirname "$_edited")"
}

# accounts_faults NAME: what is not as it was brought, a sentence each.
accounts_faults() {
	_record=$J/accounts/$1
	if [ ! -e "$_record/users" ]; then
		echo "no accounts have been brought"
		return 0
	fi
	cut -d: -f1 "$_record/users" | accounts_known passwd >"$OD/passwd.here"
	cut -d: -f1 "$_record/groups" | accounts_known group >"$OD/group.here"
	cut -d: -f1 "$(accounts_file shadow)" >"$OD/shadow.here"
	awk -F: '
		function differs(what, i) { if (h[i] != $i) print "account " $1 " has " what " " h[i] " instead of " $i }
		part == 1 { ours[$1] = $2; next }
		part == 2 { here[$1] = $0; next }
		part == 3 { hgid[$1] = $3; next }
		part == 4 { shadow[$1] = 1; next }
		part == 5 && !($1 in here) { print "account " $1 " is gone"; next }
		part == 5 {
			split(here[$1], h, ":")
			differs("UID", 3)
			if (ours[$1] != $3) next
			differs("GID", 4); differs("full name", 5); differs("home", 6); differs("shell", 7)
			if (!($1 in shadow)) print "account " $1 " has no password entry"
			next
		}
		part == 6 && !($1 in hgid) { print "group " $1 " is gone"; next }
		part == 6 && hgid[$1] != $3 { print "group " $1 " has GID " hgid[$1] " instead of " $3 }
	' part=1 "$_record/ours" part=2 "$OD/passwd.here" part=3 "$OD/group.here" part=4 "$OD/shadow.here" part=5 "$_record/users" part=6 "$_record/groups"
}
