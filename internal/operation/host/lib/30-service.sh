# shellcheck shell=sh
# Services: by their own commands where they have some, else by the host's service manager (systemd or SysV).
# A service is five arguments: NAME UNITS START STOP STATUS; commands are quoted words for eval, empty where there is none.

# product COMMAND: quoted words for eval, as a product expects to be called: what it makes is no secret of ours.
product() { (cd / && umask 022 && eval "$1"); }

systemd() { [ -d /run/systemd/system ]; }

service_start() {
	if [ -n "$3" ]; then product "$3"; elif systemd; then systemctl start "$1"; else service "$1" start; fi </dev/null >&2
}
# The parts are named too: systemctl waits for what it is told to stop, and Postfix's own unit on Debian is but a name for postfix@-, which still runs then.
service_stop() {
	# shellcheck disable=SC2046 # a list of units
	if [ -n "$4" ]; then product "$4"; elif systemd; then systemctl stop "$1" $(service_parts "$1"); else service "$1" stop; fi </dev/null >&2
}
service_runs() {
	if [ -n "$5" ]; then product "$5"; elif systemd; then systemctl is-active --quiet "$1"; else service "$1" status; fi </dev/null >/dev/null 2>&1
}
# service_parts UNIT...: the units that stop with these.
# shellcheck disable=SC2048,SC2086 # lists of units
service_parts() { systemctl show --property ConsistsOf --value $* 2>/dev/null | tr '\n' ' '; }
# service_partly: any unit of the service runs, or is not yet at its end; its own status command may say "mixed" in a way we do not know.
service_partly() {
	service_runs "$@" && return 0
	systemd || return 1
	# shellcheck disable=SC2046,SC2086 # lists of units
	systemctl show --property ActiveState --value $2 $(service_parts "$2") 2>/dev/null | grep -qvE '^(inactive|failed|)$'
}

# unit_id UNIT: the unit itself where that is another name of it (openbsd-inetd is one of inetd's): systemctl finds every such name "enabled", and disables none.
unit_id() { systemctl show --property Id --value "$1"; }
unit_enabled() {
	if systemd; then
		_state=$(systemctl is-enabled "$1" 2>/dev/null) && { [ "$_state" != alias ] || systemctl is-enabled --quiet "$(unit_id "$1")" 2>/dev/null; }
	else
		ls /etc/rc[2-5].d/S[0-9][0-9]"$1" >/dev/null 2>&1
	fi
}
# unit_boots VERB UNIT: enable or disable. Of a unit with a file of its own the links are all there is to change: not the SysV links beside it, which
# systemd never looks at then, and no reload, which changes nothing before the next boot. Together they take seconds a unit.
unit_boots() {
	case $(systemctl show --property FragmentPath --value "$2") in
	'' | /run/systemd/generator*) systemctl "$1" --quiet "$2" ;;
	*) SYSTEMCTL_SKIP_SYSV=1 systemctl "$1" --quiet --no-reload "$(unit_id "$2")" ;;
	esac >&2
}
unit_enable() {
	if systemd; then unit_boots enable "$1"; else update-rc.d "$1" defaults && update-rc.d "$1" enable; fi >&2
}
unit_disable() {
	if systemd; then unit_boots disable "$1"; else update-rc.d "$1" disable; fi >&2
}
units_enabled() { for _u in $1; do unit_enabled "$_u" || return 1; done; }
units_disabled() { for _u in $1; do ! unit_enabled "$_u" || return 1; done; }
