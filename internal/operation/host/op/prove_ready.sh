# shellcheck shell=sh
# prove_ready VERSION COMMAND: what installing a version needs is at hand; quoted words for eval.
prove_ready_probe() { product "$2" </dev/null >/dev/null 2>"$OD/ready"; }
prove_ready_holds() {
	prove_ready_probe "$@" || { drift "what installing $1 needs is not at hand: $(tail -n 1 "$OD/ready")"; return 1; }
}
prove_ready_do() { die "what installing $1 needs is not at hand: $(tail -n 3 "$OD/ready")"; }
prove_ready_verify() { :; }
