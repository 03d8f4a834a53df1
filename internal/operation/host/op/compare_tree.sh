# shellcheck shell=sh
# compare_tree MODULE TO OPTION...: nothing differs between the source's tree and the target's; counts go into the ledger. Without --delete the target may
# have more.
compare_tree_probe() { false; }
compare_tree_do() {
	_module=$1 _to=${2%/}/
	shift 2
	pull_open
	if [ -e "$RD/scanned.$_module" ]; then
		tree_rules "$@" >"$OD/rules"
		_more=yes
		case " $* " in *" --delete"*) _more=no ;; esac
		changed_compare "$_module" "$_to" "$OD/rules" "$_more"
		return 0
	fi
	rsync -n --modify-window=-1 --stats --itemize-changes -e "$RD/ssh" "$@" "source::$_module/" "$_to" >"$OD/stats" || die "comparing $_to: rsync ended with code $?"
	_left=$(grep -E '^([<>ch.*][fdLDS*]|\*deleting)' "$OD/stats" | grep -vc '^\.d' || :)
	[ "$_left" = 0 ] || die "$_left entries of $_to differ from the source: $(grep -E '^([<>ch*])' "$OD/stats" | head -n 5 | tr '\n' ' ')"
	mkdir -p "$J/still"
	find "$_to" -type d -printf '/%P//d %D %i\0' >"$(tree_still "$_to").folders"
	report entries "$(sync_stat 'Number of files' <"$OD/stats")"
	report bytes "$(sync_stat 'Total file size' <"$OD/stats")"
}
compare_tree_verify() { :; }
