# shellcheck shell=sh
# prune_backups NAME DIRECTORY KEEP: the newest KEEP sets stay, and so does the last one that was proved.
prune_backups_old() { backup_sets "$2" "$1" | head -n "-$3" | while IFS= read -r _set; do [ "$2/$_set" = "$(backup_last "$1")" ] || printf '%s\n' "$_set"; done; }
prune_backups_probe() { [ -z "$(prune_backups_old "$@")" ]; }
prune_backups_do() {
	prune_backups_old "$@" >"$OD/old"
	while IFS= read -r _set; do
		say "removing $2/$_set"
		backup_remove "$2/$_set"
	done <"$OD/old"
	report removed "$(wc -l <"$OD/old")"
}
prune_backups_verify() { prune_backups_probe "$@"; }
