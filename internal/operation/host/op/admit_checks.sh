# shellcheck shell=sh
# admit_checks: the fence that this host raises next admits checks from the addresses on standard input: "admit A,B".
admit_checks_probe() { false; }
admit_checks_do() {
	_admit=
	while IFS=' ' read -r _k _v; do
		[ "$_k" != admit ] || _admit=$_v
	done
	[ -n "$_admit" ] || die "no address to admit checks from"
	printf '%s\n' "$_admit" | tr , '\n' | put "$B/admitted"
	fence_others | sort -u - "$B/admitted" | put "$RD/admitted"
}
admit_checks_verify() { [ -s "$RD/admitted" ]; }
admit_checks_undo() {
	[ -e "$B/admitted" ] || return 0
	_left=$(fence_others | grep -Fxv -f "$B/admitted" || :)
	if [ -n "$_left" ]; then printf '%s\n' "$_left" | put "$RD/admitted"; else rm -f "$RD/admitted"; fi
}
