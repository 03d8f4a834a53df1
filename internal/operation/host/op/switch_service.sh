# shellcheck shell=sh
# switch_service DO UNDO PROBE STATE: declared commands that lead clients elsewhere, as quoted words for eval. PROBE exits 0 where the service is with the
# declared target: that is wanted where STATE is "there", and the opposite where it is "back". A probe that could not be made, or hung (from 124 on), tells
# neither. No command may hang longer than the host's timer bears.
switch_is() { # PROBE STATE
	_switch_rc=0
	eval "timeout 30 $1" </dev/null >"$OD/probe" 2>&1 || _switch_rc=$?
	if [ "$_switch_rc" -ge 124 ]; then
		say "$1 could not be run ($_switch_rc): $(head -c 600 "$OD/probe")"
		return 1
	fi
	_switch_at=back
	[ "$_switch_rc" != 0 ] || _switch_at=there
	[ "$_switch_at" = "$2" ]
}
switch_run() { eval "timeout 120 $1" </dev/null >&2; }
switch_other() { if [ "$1" = there ]; then echo back; else echo there; fi; }
switch_service_probe() { switch_is "$3" "$4"; }
switch_service_do() { switch_run "$1"; }
switch_service_verify() { await 30 switch_is "$3" "$4"; }
switch_service_undo() {
	switch_is "$3" "$(switch_other "$4")" || switch_run "$2"
	await 30 switch_is "$3" "$(switch_other "$4")"
}
