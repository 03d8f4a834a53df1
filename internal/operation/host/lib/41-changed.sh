# shellcheck shell=sh
# A tree that was copied while the source served is brought up to date by what changed since, without a look at every file on both sides.
#
# A mark is made before a hot pass: the time (five seconds earlier: a clock that is set by more than two voids the mark), after which everything that was
# written is on the disk, so that a
# later change shows in ctime; and every folder with its inode. It counts from the end of that pass on. Changed since are entries with a later ctime. A
# changed folder is looked at as a whole, for what is gone; one that was not at its place before, by its inode, too: what was moved in with it has kept
# its ctime. A boot, or a clock that was set, voids the mark. Afterwards both sides' lists of the whole tree must be equal: see compare_tree.
#
# What a tree leaves out is told to the source in lines (see tree_rules). Entries are listed as "/PATH//TYPE ...", NUL at the end: no path holds "//".
EXIT_VOID=79

# clock_offset: the wall clock against the uptime; only setting the clock changes it.
clock_offset() { echo $(($(wall_seconds) - $(uptime_seconds))); }
# clock_kept OFFSET: nobody has set the clock since it had this offset.
clock_kept() {
	_drift=$(($(clock_offset) - $1))
	[ "$_drift" -le 2 ] && [ "$_drift" -ge -2 ]
}

# --- on both sides -------------------------------------------------------------------------------------------------

# skip_pattern PATTERN: rsync's exclude pattern as an extended regular expression over an entry. Fails for what is none: "+ ", "- " and "!" are rules.
skip_pattern() {
	case $1 in '' | / | '!' | '+ '* | '- '* | *"
"*) return 1 ;; esac
	PATTERN=$1 awk 'BEGIN {
		p = ENVIRON["PATTERN"]
		escapes = p ~ /[*?[]/
		folder = sub(/\/(\*\*\*)?$/, "", p)
		head = sub(/^\//, "", p) ? "^/" : p ~ /^\*\*/ ? "" : "/"
		for (i = 1; i <= length(p); i++) {
			c = substr(p, i, 1)
			begins = i == 1 ? head != "" : substr(p, i - 1, 1) == "/" # no element is empty
			if (c == "*" && substr(p, i + 1, 1) == "*") { r = r (begins ? "[^/].*" : ".*"); while (substr(p, i + 1, 1) == "*") i++ }
			else if (c == "*") r = r (begins && (i == length(p) || substr(p, i + 1, 1) == "/") ? "[^/]+" : "[^/]*")
			else if (c == "?") r = r "[^/]"
			else if (c == "[" && (end = index(substr(p, i + 2), "]"))) {
				set = substr(p, i + 1, end)
				sub(/^!/, "^", set)
				r = r "[" set "]"
				i += end + 1
			}
			else {
				if (c == "\\" && escapes) c = substr(p, ++i, 1)
				r = r (c ~ /[+.(){}|$*?^\\[]/ ? "\\" c : c)
			}
		}
		print head r (folder ? "/([^/]|/d)" : "/")
	}'
}

# tree_rules OPTION...: what rsync's options leave out of a tree, as lines "xdev", "skip EXPRESSION". Fails where that cannot be said.
tree_rules() {
	for _rule in "$@"; do
		case $_rule in
		-x) echo xdev ;;
		--exclude=*)
			_skip=$(skip_pattern "${_rule#--exclude=}") || return 1
			printf 'skip %s\n' "$_skip"
			;;
		esac
	done
}

# tree_skip RULES: a filter of entries.
tree_skip() {
	if grep -q '^skip ' "$1"; then
		sed -n 's/^skip //p' "$1" >"$1.skip"
		grep -zavE -f "$1.skip" || [ $? = 1 ]
	else
		cat
	fi
}

# tree_find FOLDER RULES FIND-EXPRESSION...: find in the folder, not across file systems where the rules say so.
tree_find() {
	_folder=$1
	_xdev=
	! grep -qx xdev "$2" || _xdev=-xdev
	shift 2
	cd "$_folder" && find . $_xdev -ignore_readdir_race "$@"
}

# tree_list FOLDER RULES INODES: every entry: files with mode, size and time, links with what they point at, folders by name. The file INODES gets all
# folders with their inodes.
tree_list() {
	(tree_find "$1" "$2" -type f -printf '/%P//f %m %s %T@\0' -o -type d -printf '/%P//d\0' -fprintf "$3" '/%P//d %D %i\0' -o -type l -printf '/%P//l %l\0' -o -printf '/%P//%y\0') |
		tree_skip "$2" | sort -z
}

# --- on the source -------------------------------------------------------------------------------------------------

gate_path() { sed -n "s,^$1 ,,p" "$RD/gate.trees"; }

# gate_mark MODULE: a mark that counts once "marked" has been said. The rules come on standard input.
gate_mark() {
	_path=$(gate_path "$1")
	cat >"$RD/rules.$1"
	_since=$(($(wall_seconds) - 5))
	flush_below "$_path"
	(tree_find "$_path" "$RD/rules.$1" -type d -printf '/%P//d %D %i\0') | sort -z >"$RD/folders.next.$1"
	printf '%s %s %s\n' "$(boot_id)" "$(clock_offset)" "$_since" >"$RD/mark.next.$1"
}
# gate_marked MODULE: the pass that began with the mark has ended well.
gate_marked() {
	mv "$RD/folders.next.$1" "$RD/folders.$1"
	mv "$RD/mark.next.$1" "$RD/mark.$1"
}

# gate_changed MODULE: prints what changed since the mark, NUL-separated, folders with a slash at their end; and what the patterns name that come with the
# rules on standard input, in lines "volatile PATTERN".
gate_changed() {
	_path=$(gate_path "$1")
	cat >"$RD/rules.$1"
	read -r _boot _offset _since <"$RD/mark.$1" || exit "$EXIT_VOID"
	if [ "$_boot" != "$(boot_id)" ] || ! clock_kept "$_offset"; then exit "$EXIT_VOID"; fi
	_list=$RD/list.$1 _names=$RD/changed.$1 _folders=$RD/folders.now.$1 _rules=$RD/rules.$1 _were=$RD/folders.$1
	set -- -false
	while IFS= read -r _pattern; do
		case $_pattern in 'volatile '*) set -- "$@" -o -path ".${_pattern#volatile }" ;; esac
	done <"$_rules"
	: >"$_names"
	(tree_find "$_path" "$_rules" \
		\( -type f -fprintf "$_list" '/%P//f %m %s %T@\0' -o -type d -fprintf "$_list" '/%P//d\0' -fprintf "$_folders" '/%P//d %D %i\0' \
		-o -type l -fprintf "$_list" '/%P//l %l\0' -o -fprintf "$_list" '/%P//%y\0' \) , \
		\( -newerct "@$_since" -o ! -type d \( "$@" \) \) -fprintf "$_names" '/%P//%y %D\0')
	sort -z "$_folders" | comm -z -13 "$_were" - >>"$_names"
	# A folder with a slash is one with all that is in it, with two slashes one that was not at this place; another file system's is named only.
	_device='[0-9]*'
	! grep -qx xdev "$_rules" || _device=$(stat -c %d "$_path")
	tree_skip "$_rules" <"$_names" | sort -zu |
		sed -zE -e 's,^,.,' -e 's,^.///,.//,' -e "\\%//d $_device [0-9]*\$%{ h; s,//d .*,//,; p; g; s, [0-9]*\$,, }" \
			-e "\\%//d $_device\$%{ s,//d .*,/,; p; s,/\$,, }" -e 's,//.*,,' | sort -zu
}

# gate_list MODULE: the source's list of the tree, made when it was looked for what changed.
gate_list() { tree_skip "$RD/rules.$1" <"$RD/list.$1" | sort -z; }

# --- on the target -------------------------------------------------------------------------------------------------

# changed_pull MODULE RULES VOLATILE: what changed on the source since the mark.
changed_pull() {
	{
		cat "$2"
		printf '%s\n' "$3" | sed -n 's/^./volatile &/p'
	} | pull "changed $1"
}

# changed_pass MODULE TO MODE LIMIT VOLATILE OPTION...: a pass over what changed; $OD/rules says what the tree leaves out. Fails, having changed nothing,
# where there is no mark that counts.
changed_pass() {
	_m=$1 _t=$2 _md=$3 _l=$4 _v=$5
	shift 5
	if [ ! -e "$OD/rules" ] || [ ! -e "$RD/hot.$_m" ]; then return 1; fi
	changed_pull "$_m" "$OD/rules" "$_v" >"$OD/changed" || return 1
	# While the source serves, what was found may be gone by now.
	[ "$_md" = cold ] || set -- --ignore-missing-args "$@"
	# Folders with all that is in them; then files, by their content: what was written twice within a second shows in no other way.
	grep -za '/$' "$OD/changed" >"$OD/changed.folders" || :
	grep -zav '/$' "$OD/changed" >"$OD/changed.files" || :
	: >"$OD/stats"
	if [ -s "$OD/changed.folders" ]; then
		deletions_fit "$_m" "$_t" "$_md" "$_l" "$(cat "$RD/hot.$_m")" "$@" "--files-from=$OD/changed.folders" --from0
		tree_rsync "$_m" "$_t" "$_md" "$@" "--files-from=$OD/changed.folders" --from0 >>"$OD/stats"
	fi
	if [ -s "$OD/changed.files" ]; then
		tree_rsync "$_m" "$_t" "$_md" "$@" --checksum "--files-from=$OD/changed.files" --from0 >>"$OD/stats"
	fi
}
# changed_report: what the passes of $OD/stats took, all together.
changed_report() {
	awk -F ': ' '
		{ value = $2; sub(/ .*/, "", value); gsub(/,/, "", value); sum[$1] += value }
		END { printf "%.0f\n%.0f\n%.0f\n", sum["Number of regular files transferred"], sum["Total transferred file size"], sum["Number of deleted files"] }
	' "$OD/stats" >"$OD/sums"
	{ read -r _files && read -r _bytes && read -r _deleted; } <"$OD/sums"
	report files "$_files"
	report bytes "$_bytes"
	report deleted "$_deleted"
}

# changed_compare MODULE TO RULES MORE: both sides' lists are equal; with MORE = yes, but for what only this side has.
changed_compare() {
	pull "list $1" >"$OD/source.list" &
	_pulled=$!
	mkdir -p "$J/still"
	tree_list "$2" "$3" "$(tree_still "$2").folders" >"$OD/target.list"
	wait "$_pulled" || die "the source's list of $2 did not come"
	[ "$4" = no ] || list_known "$OD/source.list" "$OD/target.list"
	cmp -s "$OD/source.list" "$OD/target.list" ||
		die "$2 differs from the source: $(list_differences "$OD/source.list" "$OD/target.list" | head -n 5 | tr '\n' ' ')"
	report entries "$(tr -cd '\0' <"$OD/target.list" | wc -c)"
	report bytes "$(tr '\n\0' ' \n' <"$OD/target.list" | sed -n 's,.*//f [0-9]* \([0-9]*\) .*,\1,p' | awk '{ n += $1 } END { printf "%.0f", n }')"
}
# list_known A B: B keeps those whose name A has too.
list_known() {
	tr '\n\0' '\001\n' <"$1" >"$1.lines"
	tr '\n\0' '\001\n' <"$2" | awk -F// 'side == 1 { known[$1] = 1; next } $1 in known' side=1 "$1.lines" side=2 - | tr '\001\n' '\n\0' >"$2.known"
	mv "$2.known" "$2"
}
# list_differences A B: "< only in A", "> only in B", a line each.
list_differences() {
	comm -z -23 "$1" "$2" | tr '\n\0' ' \n' | sed 's/^/< /'
	comm -z -13 "$1" "$2" | tr '\n\0' ' \n' | sed 's/^/> /'
}
