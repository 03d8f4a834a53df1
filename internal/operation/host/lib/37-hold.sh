# shellcheck shell=sh
# The lock of a host (who changes it now), and what it says of itself.

HEARTBEAT_SECONDS=60

lock_beat() { printf '%s %s\n' "$(boot_id)" "$(uptime_seconds)" | put "$J/lock/beat"; }
# lock_age: seconds since the holder's last sign of life; a boot in between makes it old.
lock_age() {
	[ -s "$J/lock/beat" ] || { echo 999999; return 0; }
	read -r _boot _up <"$J/lock/beat"
	if [ "$_boot" = "$(boot_id)" ]; then echo $(($(uptime_seconds) - _up)); else echo 999999; fi
}
lock_tell() { say "locked by $(cat "$J/lock/owner") for $(tr '\n' ' ' <"$J/lock/runs")since $(cat "$J/lock/since"), last seen $(lock_age) s ago; it $(cat "$J/lock/why" 2>/dev/null || echo "did not say why")"; }

# cmd_lock OWNER RUN WHY: prints the epoch. The same owner may lock for several runs. A stale lock is taken over by the run that left it; while it is not
# stale yet, the age of its last sign of life is printed: who asks again sees whether the holder lives.
cmd_lock() {
	mkdir -p "$J/runs" "$J/hold"
	exclusive lock lock_take "$1" "$2" "${3:-does not say why}"
}
lock_take() {
	if [ -d "$J/lock" ]; then
		if [ "$(cat "$J/lock/owner")" = "$1" ]; then
			lock_join "$2"
			return 0
		fi
		if ! grep -Fxq -e "$2" "$J/lock/runs"; then
			lock_tell
			exit "$EXIT_LOCKED"
		fi
		_age=$(lock_age)
		if [ "$_age" -le "$HEARTBEAT_SECONDS" ]; then
			lock_tell
			echo "$_age"
			exit "$EXIT_LOCKED_OWN"
		fi
		say "took over the stale lock: $(lock_tell 2>&1)"
		lock_break
	fi
	mkdir "$J/lock"
	printf '%s\n' "$1" | put "$J/lock/owner"
	date -u +%Y-%m-%dT%H:%M:%SZ | put "$J/lock/since"
	EPOCH=$(($(epoch_now) + 1))
	printf '%s\n' "$EPOCH" | put "$J/epoch"
	printf '%s\n' "$3" | put "$J/lock/why"
	: >"$J/lock/runs"
	lock_join "$2"
}
lock_join() {
	grep -Fxq -e "$1" "$J/lock/runs" || printf '%s\n' "$1" >>"$J/lock/runs"
	lock_beat
	epoch_now
}
# lock_break: the old owner's detached work is ended before anybody else begins.
lock_break() {
	printf '%s\n' "$(($(epoch_now) + 1))" | put "$J/epoch"
	while IFS= read -r _run; do
		use_run "$_run"
		end_detached
	done <"$J/lock/runs"
	rm -rf "$J/lock"
}

# cmd_break: a person ends the lock. A cutover's runs all go by its name in the lock, and are RUN.NUMBER and the like themselves: what they still do ends, too.
cmd_break() { exclusive lock lock_end; }
lock_end() {
	[ -d "$J/lock" ] || return 0
	_names=$(cat "$J/lock/runs")
	lock_break
	printf '%s\n' "$_names" | while IFS= read -r _name; do
		for _dir in "$J/runs/$_name".*; do
			use_run "${_dir##*/}"
			end_detached
		done
	done
}

# cmd_release CUTOVER: a person ends the hold of a cutover that nobody declares any more.
cmd_release() { exclusive lock lock_release "$1"; }
lock_release() {
	[ -d "$J/hold/$1" ] || die "cutover $1 holds nothing here"
	[ ! -d "$J/lock" ] || { lock_tell; exit "$EXIT_LOCKED"; }
	! (look_moves "$1") | grep -q '^armed=' || die "a move of cutover $1 is not finished here: take it back or go on with it first"
	hold_gone "$1"
	flush "$J/hold"
}

# cmd_beat OWNER: a sign of life.
cmd_beat() { [ "$(cat "$J/lock/owner" 2>/dev/null)" = "$1" ] && lock_beat; }

# cmd_unlock OWNER RUN: the run has ended; with the last one the lock goes.
cmd_unlock() { exclusive lock lock_leave "$1" "$2"; }
lock_leave() {
	[ "$(cat "$J/lock/owner" 2>/dev/null)" = "$1" ] || return 0
	grep -Fxv -e "$2" "$J/lock/runs" >"$J/lock/runs.new" || :
	mv "$J/lock/runs.new" "$J/lock/runs"
	[ -s "$J/lock/runs" ] || rm -rf "$J/lock"
}

# cmd_prepare RUN: the run's operations come on standard input. A run that goes by the same name as an earlier one, as each apply of a resource does,
# leaves standing what is open now; what the earlier one's operations were is kept, for the end of all of it.
cmd_prepare() {
	use_run "$1"
	mkdir -p "$RD/state" "$RD/before"
	[ -e "$RD/journal" ] || : >"$RD/journal"
	journal_known
	journal_mend
	journal_open_ops | put "$RD/earlier"
	put "$RD/ops.now"
	if [ -e "$RD/ops" ] && ! cmp -s "$RD/ops" "$RD/ops.now"; then cp "$RD/ops" "$RD/ops.$(wc -l <"$RD/journal")"; fi
	mv "$RD/ops.now" "$RD/ops"
	flush "$RD" "$J/runs"
}

# network_fact: who sets the devices up that have addresses, the first that is found.
network_fact() {
	for _device in $(ip -o addr show scope global 2>/dev/null | awk '!seen[$2]++ { print $2 }'); do
		_owner=$(address_backend "$_device") || continue
		echo "${_owner%% *}"
		return 0
	done
	if systemd && systemctl is-active --quiet systemd-networkd; then echo networkd; elif [ -e "$INTERFACES" ]; then echo ifupdown; else echo unknown; fi
}

# cmd_facts: what the host says of itself, as lines "name=value".
cmd_facts() {
	printf 'hostname=%s\n' "$(uname -n)"
	printf 'machine_id=%s\n' "$(cat /etc/machine-id 2>/dev/null)"
	printf 'os=%s\n' "$(
		# shellcheck source=/dev/null
		. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-}" "${VERSION_ID:-}"
	)"
	printf 'arch=%s\n' "$(uname -m)"
	if systemd; then echo init=systemd; else echo init=sysv; fi
	printf 'network=%s\n' "$(network_fact)"
	printf 'boot_id=%s\n' "$(boot_id)"
	printf 'addresses=%s\n' "$(ip -o addr show scope global 2>/dev/null | awk '{ printf "%s%s", (NR > 1 ? " " : ""), $4 }')"
	printf 'clock=%s\n' "$(date +%s)"
	for _t in rsync nft ssh ss psql pg_dump postfix arping; do
		! has "$_t" || printf 'tool.%s=%s\n' "$_t" "$(command -v "$_t")"
	done
}

# cmd_status: what runs know of themselves, for people and for rescue.
cmd_status() {
	printf 'epoch=%s\n' "$(epoch_now)"
	[ ! -d "$J/lock" ] || printf 'lock=%s\n' "$(lock_tell 2>&1)"
	for _r in "$J"/runs/*; do
		[ -d "$_r" ] || continue
		use_run "${_r##*/}"
		printf 'run=%s timer=%s decision=%s open=%s last=%s\n' "$RUN" "$(timer_mode)" "$(decided)" "$(journal_open_ops | wc -l)" "$(tail -n 1 "$RD/journal" 2>/dev/null)"
	done
	for _h in "$J"/hold/*; do
		[ ! -e "$_h/run" ] || printf 'hold=%s run=%s\n' "$(cat "$_h/name")" "$(cat "$_h/run")"
	done
	look_waits
}
