# shellcheck shell=sh
# settle_moves CUTOVER: no earlier move waits for its end here. The controller settles them on both sides before it begins anything; this sees to it.
moves_unsettled() { (look_moves "$1") | grep -E '^(armed=|left=.* (revert|never)$)'; }
settle_moves_probe() { ! moves_unsettled "$1" >/dev/null; }
settle_moves_do() { die "an unfinished move is left: $(moves_unsettled "$1" | tr '\n' ' ')"; }
settle_moves_verify() { settle_moves_probe "$1"; }
