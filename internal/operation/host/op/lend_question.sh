# shellcheck shell=sh
# lend_question SECONDS: on the target. The source may ask, by a key of its own, whether the move was committed, and nothing else.
# Standard input: lines "question …" (the source's public key), "from …".
lend_question_probe() { false; }
lend_question_do() {
	_key='' _from=''
	while IFS=' ' read -r _k _v; do
		case $_k in
		question) _key=$_v ;;
		from) _from=$_v ;;
		esac
	done
	if [ -z "$_key" ] || [ -z "$_from" ]; then die "no key to let in"; fi
	exclusive access question_add "$_key" "$_from" "$1"
}
question_mark() { printf 'terraform-provider-mail-question:%s' "$RUN"; }
question_add() { keys_grant "$(question_mark)" "$1" "$2" "$3" decide "$RUN"; }
question_strip() { keys_strip "$(question_mark)"; }
lend_question_verify() { keys_marked "$(question_mark)"; }
lend_question_undo() { exclusive access question_strip; }
