# shellcheck shell=sh
# prove_mountable DEVICE PATH TYPE OPTIONS: nothing is in the way.
prove_mountable_probe() { [ -z "$(mount_obstacles "$@")" ]; }
prove_mountable_holds() {
	MOUNT_PLANNED=yes
	mount_obstacles "$@" >"$OD/obstacles"
	while IFS= read -r _line; do drift "$_line"; done <"$OD/obstacles"
	[ ! -s "$OD/obstacles" ]
}
prove_mountable_do() { die "$(mount_obstacles "$@")"; }
prove_mountable_verify() { :; }
