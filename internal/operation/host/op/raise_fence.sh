# shellcheck shell=sh
# raise_fence MODE PORTS SMTP: clients stay out (new: those who are in may end; all: nobody), mail does not leave.
raise_fence_probe() { fence_stands "$1" "$2" "$3" "$(fence_admitted)"; }
raise_fence_do() {
	[ -e "$RD/fence" ] || remember raised here
	fence_raise "$1" "$2" "$3" "$(fence_admitted)"
}
raise_fence_verify() { fence_up; }
raise_fence_undo() {
	[ "$(recall raised)" = here ] || return 0
	fence_lower
}
