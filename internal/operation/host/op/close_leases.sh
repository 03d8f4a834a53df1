# shellcheck shell=sh
# close_leases CUTOVER: no key that an earlier run of the cutover let in opens anything any more; those of a move that waits for its end stay.
leases_left() {
	KEPT=" $RUN $(look_moves "$1" | sed -n 's/^armed=\([^ ]*\).*/\1/p' | tr '\n' ' ')" OF=$1. awk '
		{ run = $NF }
		sub(/^terraform-provider-mail(-question)?:/, "", run) && index(run, ENVIRON["OF"]) == 1 && !index(ENVIRON["KEPT"], " " run " ") { print $NF }
	' "$(access_file)" 2>/dev/null
}
leases_strip() {
	leases_left "$1" | while IFS= read -r _mark; do keys_strip "$_mark"; done
}
close_leases_probe() { [ -z "$(leases_left "$1")" ]; }
close_leases_do() { exclusive access leases_strip "$1"; }
close_leases_verify() { close_leases_probe "$1"; }
