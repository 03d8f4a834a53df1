# shellcheck shell=sh
# make_question: on the source. A key pair for the one question that its timer may ask the target. Standard input says how the target is reached.
make_question_probe() { false; }
make_question_do() {
	pull_read
	rm -f "$RD/ask.key" "$RD/ask.key.pub"
	ssh-keygen -q -t ed25519 -N '' -C "$RUN" -f "$RD/ask.key" </dev/null
	printf 'target %s\n' "$PULL_HOSTKEY" | put "$RD/ask.known"
	printf '%s' "$PULL_ADDRESSES" | xargs -n 1 | put "$RD/ask.address"
	printf '%s\n' "$PULL_PORT" | put "$RD/ask.port"
	printf '%s\n' "$PULL_USER" | put "$RD/ask.user"
	report question "$(cut -d' ' -f1,2 "$RD/ask.key.pub")"
}
make_question_verify() { [ -s "$RD/ask.key.pub" ]; }
make_question_undo() { rm -f "$RD/ask.key" "$RD/ask.key.pub"; }
