# shellcheck shell=sh
# lower_fence: clients reach the host again.
lower_fence_probe() { ! fence_up; }
lower_fence_do() { fence_lower; }
lower_fence_verify() { ! fence_up; }
lower_fence_undo() { :; }
