# shellcheck shell=sh
# drop_hold NAME: the cutover governs nothing on this host any more.
drop_hold_probe() { [ ! -e "$J/hold/$1" ]; }
drop_hold_do() { hold_gone "$1"; }
drop_hold_verify() { [ ! -e "$J/hold/$1" ]; }
