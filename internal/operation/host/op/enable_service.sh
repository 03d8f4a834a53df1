# shellcheck shell=sh
# enable_service NAME UNITS: it starts at boot.
enable_service_probe() { units_enabled "$2"; }
enable_service_do() {
	for _unit in $2; do
		! unit_enabled "$_unit" || continue
		remember "unit.$_unit" disabled
		unit_enable "$_unit"
	done
}
enable_service_verify() { units_enabled "$2"; }
enable_service_undo() {
	for _unit in $2; do
		[ ! -e "$B/unit.$_unit" ] || unit_disable "$_unit"
	done
}
