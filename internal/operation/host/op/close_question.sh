# shellcheck shell=sh
# close_question: on the target. The source's question is answered; its key opens nothing any more.
close_question_probe() { ! keys_marked "$(question_mark)"; }
close_question_do() { exclusive access question_strip; }
close_question_verify() { close_question_probe; }
