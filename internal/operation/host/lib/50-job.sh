# shellcheck shell=sh
# Jobs: commands that run on this host in a session of their own and outlive whoever started them. Below jobs/<name>:
#   boot, token, started       written before it starts: in which boot, how its processes are told from others, when (RFC 3339)
#   pid, out                   of the one that waits for it, which leads its session; what it printed
#   ended, rc                  when and how it ended; without them it runs, or was ended with its host
#   asked                      it was told to end, as all processes are when their host goes down

JOB_MARK=TERRAFORM_PROVIDER_MAIL_JOB
# job_dir NAME
job_dir() { printf '%s/jobs/%s' "$J" "$1"; }

# job_state NAME: none, starting, running, done, failed (with an exit code), rebooted, lost (ended by force).
job_state() {
	JD=$(job_dir "$1")
	_boot=$(cat "$JD/boot" 2>/dev/null) || _boot=
	if [ -z "$_boot" ]; then
		echo none
	elif job_ended; then
		job_verdict
	elif [ "$_boot" != "$(boot_id)" ]; then
		echo rebooted
	elif job_leads; then
		echo running
	elif job_ended; then # between the two looks
		job_verdict
	elif [ -e "$JD/pid" ]; then
		echo lost
	else
		echo starting
	fi
}
job_ended() { [ -s "$JD/rc" ]; }
job_verdict() {
	if [ "$(cat "$JD/rc")" = 0 ]; then
		echo "done"
	elif [ -e "$JD/asked" ] && [ "$_boot" != "$(boot_id)" ]; then
		echo rebooted
	else
		echo failed
	fi
}
# job_leads: the process that the job began with lives; a number alone may be another one's by now.
job_leads() {
	[ -e "$JD/pid" ] && tr '\0' '\n' 2>/dev/null <"/proc/$(cat "$JD/pid")/environ" | grep -Fqx "$JOB_MARK=$(cat "$JD/token")"
} 2>/dev/null
# job_processes: all that are the job's, those too that have left its session.
job_processes() {
	grep -lszFx "$JOB_MARK=$(cat "$JD/token")" /proc/[0-9]*/environ 2>/dev/null | sed 's,/proc/\([0-9]*\)/.*,\1,'
}
job_gone() { [ -z "$(job_processes)" ]; }

# job_begin NAME ARGV...: what an earlier try left goes; then it starts.
job_begin() {
	JD=$(job_dir "$1")
	rm -rf "$JD.new"
	mkdir -p "$JD.new"
	printf '%s.%s.%s\n' "$(boot_id)" "$(uptime_now)" "$$" >"$JD.new/token"
	date -u +%Y-%m-%dT%H:%M:%SZ >"$JD.new/started"
	boot_id >"$JD.new/boot"
	: >"$JD.new/out"
	flush "$JD.new"/*
	rm -rf "$JD"
	mv "$JD.new" "$JD"
	flush "$J/jobs"
	env "$JOB_MARK=$(cat "$JD/token")" setsid sh "$SELF" job "$@" </dev/null >/dev/null 2>&1 &
	await 10 job_begun "$1" || die "the job did not start"
}
job_begun() { [ "$(job_state "$1")" != starting ]; }

# cmd_job NAME ARGV...: the job itself: waits for the command and writes down how it ended. It ends only when the command has, whoever sends it a signal.
cmd_job() {
	JD=$(job_dir "$1")
	shift
	trap ': >"$JD/asked"' TERM INT HUP
	printf '%s\n' "$$" | put "$JD/pid"
	_rc=0
	# A shell of its own: no name of the command means one of our functions. What it makes is no secret of ours.
	sh -c 'cd / && umask 022 && exec "$@"' sh "$@" </dev/null >>"$JD/out" 2>&1 || _rc=$?
	date -u +%Y-%m-%dT%H:%M:%SZ | put "$JD/ended"
	printf '%s\n' "$_rc" | put "$JD/rc"
}

# job_stop NAME: asks all of it to end, and ends by force what has not after 30 s.
job_stop() {
	JD=$(job_dir "$1")
	if [ ! -e "$JD/token" ] || [ "$(cat "$JD/boot")" != "$(boot_id)" ]; then return 0; fi
	job_signal TERM
	await "${JOB_PATIENCE:-30}" job_gone && return 0
	say "job $1 does not end by itself: it is ended by force"
	job_signal KILL
	await 10 job_gone || die "job $1 cannot be ended: processes $(job_processes | paste -sd' ' -) remain"
}
job_signal() {
	! job_leads || kill "-$1" "-$(cat "$JD/pid")" 2>/dev/null || :
	for _p in $(job_processes); do kill "-$1" "$_p" 2>/dev/null || :; done
}

# job_words NAME STATE: how it stands, for people.
job_words() {
	_job_last=$(tail -c 2000 "$(job_dir "$1")/out" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | tr -cd '[:print:]' | cut -c 1-300)
	[ -z "$_job_last" ] || _job_last="; the last it said: $_job_last"
	case $2 in
	failed) printf 'the job ended with exit code %s%s' "$(cat "$(job_dir "$1")/rc")" "$_job_last" ;;
	rebooted) printf 'the job failed: host was rebooted while it ran%s' "$_job_last" ;;
	lost) printf 'the job was ended by force and left no exit code%s' "$_job_last" ;;
	none) printf 'the host has no record of the job' ;;
	*) printf 'the job is %s' "$2" ;;
	esac
}
