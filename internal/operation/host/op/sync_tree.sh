# shellcheck shell=sh
# sync_tree MODULE TO MODE WITHIN LIMIT OVERWRITE VOLATILE OPTION...: the target's tree becomes the source's.
# MODE: hot (the source serves; files may vanish), converge (the same, over what changed since the hot pass: again until a pass takes no more than WITHIN
# seconds or passes stop getting shorter), cold (nothing serves). LIMIT: percent of the target's entries that may be deleted.
# OVERWRITE: yes or no. VOLATILE: patterns, one a line, that are compared by content in passes over what changed and in a cold pass.
tree_mark() { printf '%s/trees/%s' "$J" "$(printf %s "$1" | tr / _)"; }
tree_ours() { [ "$(cat "$(tree_mark "$1")" 2>/dev/null)" = "$1" ]; }
tree_count() { find "$1" -mindepth 1 2>/dev/null | wc -l; }

# trees_in_use PATHS: prints a process that has one of them (one a line) open, and which.
trees_in_use() {
	_seen=$(find /proc/[0-9]*/fd /proc/[0-9]*/cwd -type l -printf '%p %l\n' 2>/dev/null | TREES=$1 awk '
		BEGIN { n = split(ENVIRON["TREES"], tree, "\n") }
		{ path = substr($0, index($0, " ") + 1) "/"
			for (i = 1; i <= n; i++) if (tree[i] != "" && index(path, tree[i]) == 1) { print; exit } }')
	[ -n "$_seen" ] || return 1
	_pid=${_seen#/proc/}
	_pid=${_pid%%/*}
	printf 'process %s (%s): %s' "$_pid" "$(tr '\0' ' ' <"/proc/$_pid/cmdline" 2>/dev/null)" "${_seen#* }"
}

sync_tree_probe() { false; }
sync_tree_holds() { tree_ours "$2" && [ -d "$2" ]; }

sync_tree_do() {
	_module=$1 _to=${2%/}/ _mode=$3 _within=$4 _limit=$5 _overwrite=$6 _volatile=$7
	shift 7
	pull_open
	rm -f "$RD/scanned.$_module"
	if [ -d "$_to" ]; then
		if _user=$(trees_in_use "$(cd "$_to" && pwd -P)/"); then die "target tree $_to is in use by $_user"; fi
		if ! tree_ours "$_to" && [ "$_overwrite" != yes ] && [ -n "$(ls -A "$_to")" ]; then
			die "target tree $_to is not empty ($(tree_count "$_to") entries, newest $(find "$_to" -printf '%TY-%Tm-%Td %TH:%TM\n' | sort | tail -n 1)) and not ours; overwrite = true would replace it"
		fi
	else
		mkdir -p "$_to"
	fi
	tree_options "$@"
	eval "set -- $TREE_OPTIONS"
	case $_mode in
	hot) sync_tree_whole "$@" ;;
	converge) sync_tree_converge "$@" ;;
	cold)
		rm -f "$(tree_still "$_to")"
		if tree_ours "$_to" && changed_pass "$_module" "$_to" cold "$_limit" "$_volatile" "$@"; then
			changed_report
			: >"$RD/scanned.$_module"
		else
			sync_tree_whole "$@"
		fi
		mkdir -p "$J/still"
		printf '%s %s\n' "$(clock_offset)" "$(date +%s.%N)" | put "$(tree_still "$_to")"
		;;
	esac
	[ ! -d "$B/image" ] || flush_below "$B/image"
	flush_below "$_to"
	report at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}
sync_tree_verify() { [ -d "$2" ]; }

# tree_still TO: when the tree became what the frozen source holds; what is later there is the target's own.
tree_still() { printf '%s/still/%s' "$J" "$(printf %s "$1" | tr / _)"; }

# tree_options OPTION...: sets TREE_OPTIONS, quoted, and writes $OD/rules where what is left out can be told to the source.
# One list made beforehand: while the source serves, files with a second link for a moment (what a delivery stages) vanish, and a pass over
# lists made on the way can then wait for ever for one that never comes. And one that stands still is given up.
tree_options() {
	tree_rules "$@" >"$OD/rules" || rm -f "$OD/rules"
	TREE_OPTIONS=
	for _option in --timeout=600 --no-inc-recursive --modify-window=-1 --stats --out-format= "$@"; do
		case $_option in *\'*) _option=$(printf %s "$_option" | sed "s/'/'\\\\''/g") ;; esac
		TREE_OPTIONS="$TREE_OPTIONS '$_option'"
	done
}

# sync_tree_whole OPTION...: a pass over all of the tree.
sync_tree_whole() {
	if [ "$_mode" = cold ]; then
		pull "tree $_module"
	else
		rm -f "$RD/hot.$_module"
		sync_tree_mark
	fi
	if ! tree_ours "$_to"; then
		# Lost otherwise: what the target held before it was ours.
		mkdir -p "$B/image"
		set -- "$@" --backup "--backup-dir=$B/image"
	else
		deletions_fit "$_module" "$_to" "$_mode" "$_limit" "$(tree_count "$_to")" "$@"
	fi
	tree_rsync "$_module" "$_to" "$_mode" "$@" >"$OD/stats"
	changed_report
	report total "$(sync_stat 'Number of files' <"$OD/stats")"
	if [ "$_mode" = cold ] && [ -n "$_volatile" ]; then
		printf '%s\n' "$_volatile" >"$OD/volatile"
		tree_rsync "$_module" "$_to" "$_mode" "$@" --checksum "--include-from=$OD/volatile" --include=*/ --exclude=* >"$OD/stats"
	fi
	mkdir -p "$J/trees"
	printf '%s\n' "$_to" | put "$(tree_mark "$_to")"
	[ "$_mode" = cold ] || sync_tree_marked
}
# sync_tree_mark: from now on changes count; they do once the pass has ended.
sync_tree_mark() {
	if [ -e "$OD/rules" ]; then pull "mark $_module" <"$OD/rules"; else pull "tree $_module"; fi
}
sync_tree_marked() {
	[ -e "$OD/rules" ] || return 0
	pull "marked $_module" </dev/null
	tree_count "$_to" | put "$RD/hot.$_module"
}

# sync_tree_converge OPTION...: at most five passes. What the last one took is what the cold one will take.
sync_tree_converge() {
	_passes=0 _last=
	while [ "$_passes" -lt 5 ]; do
		_begun=$(uptime_now)
		sync_tree_mark
		changed_pass "$_module" "$_to" hot "$_limit" "$_volatile" "$@" || break
		sync_tree_marked
		_passes=$((_passes + 1))
		_took=$(seconds_since "$_begun")
		converge_goes_on "$_took" "$_within" "$_last" || break
		_last=$_took
	done
	if [ "$_passes" = 0 ]; then
		say "what changed since the hot pass cannot be told: all of $_to is looked at again"
		_mode=hot
		sync_tree_whole "$@"
		return 0
	fi
	changed_report
	report passes "$_passes"
	report cold_seconds "$_took"
}
# converge_goes_on TOOK WITHIN LAST: a pass took too long still, and was at least a fifth shorter than the one before.
converge_goes_on() { awk -v t="$1" -v w="$2" -v l="$3" 'BEGIN { exit !(t > w && (l == "" || t < 0.8 * l)) }'; }

# DELETIONS_ALWAYS: so few deletions are never too many, unless none is allowed: small trees would trip over each of them.
DELETIONS_ALWAYS=9

# deletions_fit MODULE TO MODE LIMIT HAVE OPTION...: counts, before the first one, what a pass with these options would delete of HAVE entries.
deletions_fit() {
	_m=$1 _t=$2 _md=$3 _l=$4 _have=$5
	shift 5
	case " $* " in *" --delete"*) ;; *) return 0 ;; esac
	# Counted also where something could not be read: the pass itself, a moment later, may read it and delete.
	tree_rsync "$_m" "$_t" "$_md" "$@" -n --ignore-errors '--out-format=%i %n' >"$OD/would"
	_gone=$(grep -c '^[*]deleting ' "$OD/would" || :)
	if [ "$_gone" -le "$DELETIONS_ALWAYS" ] && { [ "$_l" -gt 0 ] || [ "$_gone" = 0 ]; }; then return 0; fi
	[ "$((_gone * 100))" -le "$((_have * _l))" ] ||
		die "$_gone of $_have entries of $_t would be deleted, more than delete_limit_percent ($_l) allows; nothing was. Among them: $(
			sed -n 's/^[*]deleting *//p' "$OD/would" | head -n 5 | tr '\n' ' '
		)"
}

# tree_rsync MODULE TO MODE OPTION...: rsync's standard output. While the source serves, files vanish as they are read.
tree_rsync() {
	_m=$1 _t=$2 _md=$3
	shift 3
	_code=0
	rsync -e "$RD/ssh" "$@" "source::$_m/" "$_t" 2>"$OD/rsync.err" || _code=$?
	cat "$OD/rsync.err" >&2
	[ "$_code" = 0 ] || { [ "$_md" != cold ] && rsync_vanished "$_code" "$OD/rsync.err"; } || die "rsync ended with code $_code"
}
# rsync_vanished CODE ERRORS: nothing went wrong but files that were gone (24), some of them only when their access list or attributes were asked for (23).
rsync_vanished() {
	case $1 in
	24) ;;
	23) ! grep -qvE '^(file has vanished: .*|rsync (error|warning): .*|rsync: \[sender\] .*: No such file or directory \(2\)|)$' "$2" ;;
	*) return 1 ;;
	esac
}
sync_stat() { sed -n "s/^$1: \([0-9,]*\).*/\1/p" | tr -d ,; }

# sync_tree_left: the run is given up, and what its passes brought stays.
sync_tree_left() {
	if [ -e "$OD/rc" ]; then _until=$OD/rc; else _until=$OD/ended; fi
	marks_brought "${2%/}/" "$_until"
}
sync_tree_undo() {
	[ -d "$B/image" ] || return 0
	# What came is not removed: the tree stays ours, and the before-image goes back over it.
	image_restore "$B/image" "${2%/}/"
	rm -f "$(tree_mark "${2%/}/")"
}
