# shellcheck shell=sh
# retire_late CUTOVER: what the other side has taken is accounted for; the copies here stay as they are.
retire_late_probe() { [ ! -e "$RD/late" ]; }
retire_late_do() {
	_side=$(marks "$1")
	if [ -s "$RD/late/.new" ]; then sort -zmu "$_side/messages" "$RD/late/.new" | put "$_side/messages"; fi
	rm -rf "$RD/late"
}
retire_late_verify() { [ ! -e "$RD/late" ]; }
