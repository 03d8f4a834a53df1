# shellcheck shell=sh
# close_access: the leased key of this run opens nothing any more.
close_access_probe() { ! access_is_open && [ ! -e "$RD/gate" ]; }
close_access_do() { open_access_undo; }
close_access_verify() { ! access_is_open; }
