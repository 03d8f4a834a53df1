# shellcheck shell=sh
# Running operations: probe, do, verify, record; and back.

epoch_now() {
	_epoch=0
	{ read -r _epoch <"$J/epoch"; } 2>/dev/null || :
	echo "$_epoch"
}

# check_epoch: nothing is begun for a controller that another one has succeeded.
check_epoch() {
	_now=$(epoch_now)
	[ "$EPOCH" = "$_now" ] && return 0
	say "epoch $EPOCH is over: this host is at $_now"
	exit "$EXIT_SUPERSEDED"
}

# cmd_run RUN EPOCH OP...: runs operations one after the other, each detached from this session, and waits for them.
# Standard input, if an operation asks for it, goes to the first. Ends at the first failure. With DETACH=1 nothing is waited for: EXIT_RUNNING says that it runs.
cmd_run() {
	use_run "$1"
	EPOCH=$2
	shift 2
	for _op in "$@"; do
		use_op "$_op"
		check_epoch
		if ! op_alive && ! { [ "${RESUME:-0}" = 1 ] && [ -e "$OD/rc" ]; }; then
			[ ! -d "$OD" ] || rm -rf "$OD"
			mkdir -p "$OD"
			if [ "${STDIN:-0}" = 1 ]; then
				# A here-document: what comes in must not show in a process list, and a background job has no standard input of its own.
				_in=$(cat)
				setsid sh "$SELF" exec "$RUN" "$EPOCH" "$OP" >"$OD/out" 2>"$OD/err" <<-END &
					$_in
				END
			else
				setsid sh "$SELF" exec "$RUN" "$EPOCH" "$OP" </dev/null >"$OD/out" 2>"$OD/err" &
			fi
			if [ "${DETACH:-0}" = 1 ]; then await 10 test -e "$OD/pid" || :; else wait $! || :; fi
		fi
		[ "${DETACH:-0}" = 0 ] || op_ended || return "$EXIT_RUNNING"
		op_await || return $?
	done
}

# op_alive: the operation runs, from this session or an earlier one.
op_alive() { [ -e "$OD/pid" ] && [ ! -e "$OD/rc" ] && pid_of "$OD/pid" && [ -d "/proc/$PID" ]; }
# pid_of FILE: sets PID to the process that it names ("PID BOOT"). Fails after a boot, when the number is another process's. It starts none itself: it is
# asked all the time.
pid_of() {
	{ read -r PID _boot <"$1" && read -r _this </proc/sys/kernel/random/boot_id; } 2>/dev/null || return 1
	[ "$_boot" = "$_this" ]
}
op_ended() { [ -e "$OD/rc" ] || ! op_alive; }

# op_await: waits for the operation, prints "<op> <code> <seconds>" and its measurements, returns its code.
op_await() {
	until op_ended; do pause; done
	if [ ! -e "$OD/rc" ]; then
		printf 'op %s %s 0\n' "$OP" 1
		say "$OP ended without a result: the host or the process was ended"
		return 1
	fi
	_took=0
	read -r _rc <"$OD/rc"
	[ ! -e "$OD/seconds" ] || read -r _took <"$OD/seconds"
	printf 'op %s %s %s\n' "$OP" "$_rc" "$_took"
	[ ! -s "$OD/result" ] || cat "$OD/result"
	case $_rc in
	0 | "$EXIT_SKIPPED") return 0 ;;
	esac
	tail -c 16000 "$OD/err" >&2
	return "$_rc"
}

# cmd_wait RUN OP: re-attaches to an operation after a dropped connection.
cmd_wait() {
	use_run "$1"
	use_op "$2"
	op_await
}

# cmd_exec RUN EPOCH OP: the operation itself, in a session of its own. Every end goes through exec_end.
cmd_exec() {
	set -eu
	use_run "$1"
	EPOCH=$2
	use_op "$3"
	echo "$$ $(boot_id)" >"$OD/pid"
	T0=$(uptime_now)
	PHASE=probe
	trap 'exec_end $?' EXIT
	trap 'exit 143' TERM INT HUP
	# shellcheck source=/dev/null
	. "$RD/ops"
	with_op "$OP" exec_op
}

# exec_op KIND TOUCHES ARGS...: called by the operations file. No condition around do and verify: it would switch "set -e" off in them.
exec_op() {
	KIND=$1
	_held=0
	HOLDER=$(held "$2") || _held=$?
	case $_held in
	0)
		say "held by cutover $HOLDER"
		exit "$EXIT_HELD"
		;;
	1) ;;
	*) exit 1 ;;
	esac
	shift 2
	mkdir -p "$B"
	if "${KIND}_probe" "$@"; then exit "$EXIT_SKIPPED"; fi
	check_epoch
	journal begin "$OP" ",\"kind\":\"$KIND\""
	PHASE='do'
	"${KIND}_do" "$@"
	PHASE=verify
	"${KIND}_verify" "$@"
	PHASE=end
}

# exec_end CODE: records how the operation ended.
exec_end() {
	_rc=$1
	trap - EXIT TERM INT HUP
	set +eu
	[ "$PHASE" != verify ] || say "$KIND was done, but its effect does not hold"
	_seconds=$(seconds_since "$T0")
	echo "$_seconds" >"$OD/seconds"
	case $_rc in
	0) _event=end _error= ;;
	"$EXIT_SKIPPED") _event=skip _error= ;;
	*) _event=fail _error=",\"phase\":\"$PHASE\",\"error\":\"$(tail -c 600 "$OD/err" | json_text)\"" ;;
	esac
	journal "$_event" "$OP" ",\"rc\":$_rc,\"seconds\":$_seconds$(result_json)$_error" || _rc=1
	echo "$_rc" >"$OD/rc.new"
	mv "$OD/rc.new" "$OD/rc"
	exit "$_rc"
}

# sheet_of OP: the newest of the run's lists of operations that knows it.
sheet_of() {
	for _sheet in "$RD/ops" $(find "$RD" -maxdepth 1 -name 'ops.[0-9]*' -printf '%f %p\n' | sort -t . -k 2 -rn | cut -d' ' -f2); do
		awk -v op="$1" 'index($0, "\t" op ")") == 1 { found = 1 } END { exit !found }' "$_sheet" || continue
		printf '%s\n' "$_sheet"
		return 0
	done
	printf '%s\n' "$RD/ops"
}

# cmd_undo RUN EPOCH OP: takes one operation back.
cmd_undo() {
	set -eu
	use_run "$1"
	EPOCH=$2
	use_op "$3"
	mkdir -p "$OD" "$B"
	trap 'undo_end $?' EXIT
	trap 'exit 143' TERM INT HUP
	# shellcheck source=/dev/null
	. "$(sheet_of "$OP")"
	journal undoing "$OP" || say "the journal cannot be written: undone all the same"
	with_op "$OP" undo_op
}
undo_op() {
	_fn=$1_undo
	shift 2
	! has "$_fn" || "$_fn" "$@"
}
undo_end() {
	_rc=$1
	trap - EXIT TERM INT HUP
	set +eu
	if [ "$_rc" = 0 ]; then
		rm -rf "$B"
		journal undone "$OP"
	else
		journal undo-failed "$OP" ",\"rc\":$_rc,\"error\":\"$(tail -c 600 "$OD/err" | json_text)\""
	fi
	exit "$_rc"
}

# leave_op KIND TOUCHES ARGS...: what it did stays, and whoever goes by what is there is told so.
leave_op() {
	_fn=$1_left
	shift 2
	! has "$_fn" || "$_fn" "$@"
}

# end_detached: ends what still runs of this run. Of what has ended without a result the file "ended" says since when at the latest: the power was lost before
# this boot.
end_detached() {
	for _p in "$RD"/state/*/pid; do
		[ -e "$_p" ] || continue
		[ ! -e "${_p%pid}rc" ] || continue
		_latest=now
		if ! pid_of "$_p"; then
			_latest=@$(($(wall_seconds) - $(uptime_seconds)))
		elif [ "$PID" = "$$" ]; then
			continue
		elif ! process_gone "$PID"; then
			kill -TERM "-$PID" 2>/dev/null || :
			await 5 process_gone "$PID" || kill -KILL "-$PID" 2>/dev/null || :
		fi
		[ -e "${_p%pid}rc" ] || [ -e "${_p%pid}ended" ] || touch -d "$_latest" "${_p%pid}ended" || :
	done
}
process_gone() { [ ! -d "/proc/$1" ]; }

# cmd_revert RUN EPOCH [OP...]: takes back every open operation of the run, newest first; OPs are left as they are, and so are those that are kept.
# Prints "undone <op>" or "failed <op>"; fails if any failed, after having tried them all. What the host's own timer has taken back is not done twice.
cmd_revert() {
	use_run "$1"
	EPOCH=$2
	shift 2
	if [ "$EPOCH" != "$(epoch_now)" ] && timer_was_first; then
		sed -n 's/^{"v":1,.*"op":"\([^"]*\)","event":"undone".*/undone \1/p' "$RD/journal"
		return 0
	fi
	check_epoch
	[ -e "$RD/ops" ] || return 0
	journal_known
	journal_mend || say "the journal cannot be written: taken back all the same"
	if [ -e "$RD/timer" ] && [ "$(decide revert)" = commit ]; then
		say "the move is committed: it is not taken back but backed out"
		exit "$EXIT_REFUSED"
	fi
	end_detached
	# shellcheck source=/dev/null
	. "$RD/ops"
	_failed=0
	[ "${ALL:-0}" = 1 ] || EARLIER=$(tr '\n' ' ' 2>/dev/null <"$RD/earlier") || EARLIER=
	for _id in $(journal_open_ops); do
		[ -z "${ONLY:-}" ] || [ "$_id" = "$ONLY" ] || continue
		case " $KEEP " in
		*" $_id "*)
			use_op "$_id"
			(with_op "$_id" leave_op) >&2 || {
				echo "failed $_id"
				_failed=1
			}
			continue
			;;
		esac
		case " $* ${EARLIER:-} " in *" $_id "*) continue ;; esac
		use_op "$_id"
		mkdir -p "$OD"
		if sh "$SELF" undo "$RUN" "$EPOCH" "$_id" </dev/null >"$OD/out" 2>"$OD/err"; then
			echo "undone $_id"
		else
			echo "failed $_id"
			tail -c 600 "$OD/err" >&2
			_failed=1
		fi
	done
	return "$_failed"
}

# cmd_retract RUN EPOCH: takes back what every run of this name did and left standing.
cmd_retract() {
	ALL=1
	cmd_revert "$@"
}

# open_of RUN: the operations of a run that are not taken back, a line each.
open_of() {
	use_run "$1"
	journal_open_ops
}

# cmd_recede RUN EPOCH OP: takes one operation back, whichever run of this name did it.
cmd_recede() {
	ALL=1 ONLY=$3
	cmd_revert "$1" "$2"
}

# probe_all RUN: which operations of the sheet hold? Changes nothing. Prints "op <id> <code> 0" and measurements.
probe_all() {
	use_run "$1"
	_tmp=$(mktemp -d)
	trap 'rm -rf "$_tmp"' EXIT
	for _id in $OPS; do
		use_op "$_id"
		OD=$_tmp
		: >"$_tmp/result"
		_rc=0
		with_op "$_id" probe_one 2>"$_tmp/err" >&2 || _rc=$?
		printf 'op %s %s 0\n' "$_id" "$_rc"
		cat "$_tmp/result"
	done
}
probe_one() {
	_kind=$1
	_held=0
	_holder=$(held "$2") || _held=$?
	case $_held in
	0)
		report holder "$_holder"
		return "$EXIT_HELD"
		;;
	1) ;;
	*) return 2 ;;
	esac
	shift 2
	if has "${_kind}_holds"; then "${_kind}_holds" "$@"; else "${_kind}_probe" "$@"; fi
}
