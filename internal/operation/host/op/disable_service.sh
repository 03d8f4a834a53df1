# shellcheck shell=sh
# disable_service NAME UNITS: it does not start at boot.
disable_service_probe() { units_disabled "$2"; }
disable_service_do() {
	for _unit in $2; do
		unit_enabled "$_unit" || continue
		remember "unit.$_unit" enabled
		unit_disable "$_unit"
	done
}
disable_service_verify() { units_disabled "$2"; }
disable_service_undo() {
	for _unit in $2; do
		[ ! -e "$B/unit.$_unit" ] || unit_enable "$_unit"
	done
}
