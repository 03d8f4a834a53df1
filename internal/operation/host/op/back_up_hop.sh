# shellcheck shell=sh
# back_up_hop NAME DIRECTORY PATHS RECOVERY: a backup before a hop, as take_backup. Where the operation RECOVERY has one already, it stays the one.
back_up_hop_probe() { [ -d "$(cat "$RD/before/$4/set" 2>/dev/null)" ]; }
back_up_hop_do() { take_backup_do "$1" "$2" none "$3" ''; }
back_up_hop_verify() { take_backup_verify "$1"; }
back_up_hop_undo() { take_backup_undo "$1" "$2"; }
