# shellcheck shell=sh
# close_leases CUTOVER: no key that an earlier run of the cutover let in opens anything any more; those of a move that waits for its end stay.
leases_left() {
	_kept=" $RUN $(look_moves "$1" | sed -n 's/^armed=\([^ ]*\).*/\1/p' | tr '\n' ' ')"
	sed -n 's/.* \(terraform-provider-mail\(-question\)\{0,1\}:[^ ]*\)$/\1/p' "$(access_file)" 2>/dev/null | while IFS= read -r _mark; do
		_of=${_mark#*:}
		case $_kept in *" $_of "*) continue ;; esac
		[ "$(run_holder "$_of")" != "$1" ] || printf '%s\n' "$_mark"
	done
}
leases_strip() {
	leases_left "$1" | while IFS= read -r _mark; do keys_strip "$_mark"; done
}
close_leases_probe() { [ -z "$(leases_left "$1")" ]; }
close_leases_do() { exclusive access leases_strip "$1"; }
close_leases_verify() { close_leases_probe "$1"; }
