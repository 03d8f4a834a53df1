# shellcheck shell=sh
# drop_hold NAME: the cutover governs nothing on this host any more, unless something is left here that nobody has accounted for: that only a person gives up.
drop_hold_probe() {
	if [ ! -e "$J/hold/$1/account/run" ]; then [ ! -e "$J/hold/$1" ]; else report kept "$J/hold/$1"; fi
}
drop_hold_do() { hold_gone "$1"; }
drop_hold_verify() { drop_hold_probe "$1"; }
