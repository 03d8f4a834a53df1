# shellcheck shell=sh
# write_fstab DEVICE PATH TYPE OPTIONS: fstab has one line that says so.
write_fstab_probe() {
	[ "$(fstab_lines this "$@" | wc -l)" = 1 ] && [ "$(fstab_lines ours "$@" | wc -l)" = 1 ] && [ -z "$(fstab_lines point "$@")" ]
}
write_fstab_holds() {
	! write_fstab_probe "$@" || return 0
	{ fstab_lines ours "$@" && fstab_lines point "$@"; } >"$OD/lines"
	[ -s "$OD/lines" ] || drift "$FSTAB has no line for $2 any more"
	while IFS=' ' read -r _n _line; do drift "line $_n of $FSTAB is not as declared: $_line"; done <"$OD/lines"
	return 1
}
write_fstab_do() { exclusive fstab write_fstab_change "$@"; }
write_fstab_change() {
	_in_the_way=$(fstab_obstacles "$@")
	[ -z "$_in_the_way" ] || die "$_in_the_way"
	if [ ! -e "$B/fstab" ] && [ ! -e "$B/none" ]; then
		if [ -e "$FSTAB" ]; then put "$B/fstab" <"$FSTAB"; else put "$B/none" </dev/null; fi
	fi
	fstab_with "$@" >"$OD/fstab"
	sha256sum <"$OD/fstab" | put "$B/written"
	table_word "$2" | put "$RD/fstab" # whose line it is
	fstab_put "$OD/fstab"
}
write_fstab_verify() { write_fstab_probe "$@"; }
write_fstab_undo() { [ ! -e "$B/written" ] || exclusive fstab write_fstab_back "$@"; }
write_fstab_back() {
	if [ -e "$FSTAB" ]; then
		if [ "$(sha256sum <"$FSTAB")" != "$(recall written)" ]; then # somebody else has changed it since
			fstab_without "$1" "$2" >"$OD/fstab"
			cmp -s "$OD/fstab" "$FSTAB" || fstab_put "$OD/fstab"
		elif [ -e "$B/none" ]; then
			rm -f -- "$FSTAB"
			fstab_told
		else
			fstab_put "$B/fstab"
		fi
	fi
	rm -f "$RD/fstab"
}
