# shellcheck shell=sh
# close_channel: the connection to the source ends.
close_channel_probe() { [ ! -e "$RD/ssh" ]; }
close_channel_do() { pull_close; }
close_channel_verify() { [ ! -e "$RD/ssh" ]; }
