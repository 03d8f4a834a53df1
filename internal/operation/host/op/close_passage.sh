# shellcheck shell=sh
# close_passage: connections of this login leave as any other.
close_passage_probe() { ! passage_stands; }
close_passage_do() { passage_stop; }
close_passage_verify() { ! passage_stands; }
