# shellcheck shell=sh
# The host-side program. It is laid on a host for the time of a run; POSIX sh, coreutils, sed, awk and rsync are all it needs.
# Everything below journal_dir belongs to it:
#   epoch, lock/           who may change this host
#   hold/<name>            what a cutover governs
#   runs/<run>/            ops (the operations), journal, state/<op>/, before/<op>/, timer, decision
umask 077
LC_ALL=C
export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# Exit codes that the controller tells apart.
EXIT_SKIPPED=10
EXIT_RUNNING=74
EXIT_SUPERSEDED=75
EXIT_HELD=76
EXIT_LOCKED=77
EXIT_REFUSED=78
EXIT_LOCKED_OWN=79

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# report NAME VALUE: a measurement of this operation, for the journal and the controller.
report() { printf '%s=%s\n' "$1" "$2" >>"$OD/result"; }

# remember NAME VALUE: a before-image; the first one counts until it is undone.
remember() {
	[ -e "$B/$1" ] || printf '%s\n' "$2" | put "$B/$1"
}
recall() { cat "$B/$1" 2>/dev/null; }

# flush PATH...: files and folders are on the disk when it returns.
flush() { sync "$@" 2>/dev/null || sync; }
# flush_below FOLDER: all that was written on its file system is on the disk: a power cut takes nothing of it back.
flush_below() { sync -f "$1" 2>/dev/null || sync; }

# put FILE: standard input becomes FILE (a path with a slash), whole or not at all, and is on the disk.
put() {
	cat >"$1.new.$$" || return 1
	flush "$1.new.$$"
	mv "$1.new.$$" "$1" || return 1
	flush "${1%/*}"
}

uptime_now() { read -r _up _ </proc/uptime && echo "$_up"; }
uptime_seconds() { read -r _up _ </proc/uptime && echo "${_up%%.*}"; }
# seconds_since UPTIME: with two places.
seconds_since() {
	read -r _up _ </proc/uptime
	_took=$((${_up%.*} * 100 + 1${_up#*.} - ${1%.*} * 100 - 1${1#*.}))
	printf '%d.%02d\n' $((_took / 100)) $((_took % 100))
}
boot_id() { cat /proc/sys/kernel/random/boot_id; }
wall_seconds() { date +%s; }

# pause: one turn of a waiting loop.
pause() { sleep 0.05; }

# await SECONDS COMMAND...: until the command succeeds; a time-out is a failure.
await() {
	_end=$(($(uptime_seconds) + $1 + 1))
	shift
	until "$@"; do
		[ "$(uptime_seconds)" -lt "$_end" ] || return 1
		pause
	done
}

# exclusive NAME COMMAND...: one process at a time; the kernel lets go when the process ends. What the command leaves running does not hold on to it.
exclusive() {
	_door=$J/door.$1
	shift
	(
		flock -w 30 9 || die "another process holds $_door"
		"$@" 9>&-
	) 9>"$_door"
}

# has NAME: there is such a command or function.
has() { command -v "$1" >/dev/null 2>&1; }

# json_lines: each line of standard input as the inside of a JSON string; json_text: all of it as one.
json_lines() { tr -d '\000-\010\013\014\016-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' -e 's/\r/\\r/g'; }
json_text() { json_lines | awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'; }

# run_dirs RUN: the folders of a run.
use_run() {
	RUN=$1
	RD=$J/runs/$RUN
}
use_op() {
	OP=$1
	OD=$RD/state/$OP
	B=$RD/before/$OP
}

# main SUBCOMMAND ...: $0 is journal_dir/lib/<version>/tpm.
main() {
	SELF=$0
	J=${0%/lib/*}
	_sub=${1:-status}
	[ "$#" = 0 ] || shift
	case $_sub in
	lock | beat | unlock | prepare | run | wait | exec | undo | revert | retract | recede | gate | decide | guard | timer | hasten | finish | moves | record | close | open | done | continue | break | release | facts | status | job | expire | rsync) "cmd_$_sub" "$@" ;;
	*) die "unknown: $_sub" ;;
	esac
}
