# shellcheck shell=sh
# start_job NAME WAIT ARGV...: the command runs, or has run and ended well; with WAIT "yes" it has ended well. It is started again only where it failed.
start_job_good() { case $2$(job_state "$1") in yesdone | nodone | norunning) return 0 ;; *) return 1 ;; esac; }
start_job_probe() { start_job_good "$@"; }
# start_job_holds: with what people and the provider want to know of it. A job that still runs is no drift, whoever waits for it.
start_job_holds() {
	_job=$(job_state "$1")
	JD=$(job_dir "$1")
	report state "$_job"
	for _f in started ended rc; do
		[ ! -s "$JD/$_f" ] || report "$_f" "$(cat "$JD/$_f")"
	done
	[ ! -e "$JD/out" ] || report file "$JD/out"
	[ ! -s "$JD/out" ] || report output "$(tail -c 16384 "$JD/out" | base64 -w 0)"
	case $_job in "done" | running) return 0 ;; esac
	report drift.0 "$(job_words "$1" "$_job")"
	return 1
}
start_job_do() {
	_name=$1 _wait=$2
	[ "$(job_state "$_name")" != starting ] || await 10 job_begun "$_name" || :
	case $(job_state "$_name") in
	running | "done") ;;
	*)
		# What a try that was ended by force has left running would run beside the new one.
		job_stop "$_name"
		shift 2
		job_begin "$_name" "$@"
		;;
	esac
	[ "$_wait" = yes ] || return 0
	while :; do
		_job=$(job_state "$_name")
		case $_job in
		running) sleep 0.2 ;;
		"done") return 0 ;;
		*) die "$(job_words "$_name" "$_job")" ;;
		esac
	done
}
# Without waiting, a job that ends at once with an error is as well started as any; the next look finds it.
start_job_verify() { [ "$2" = no ] || start_job_good "$@"; }
start_job_undo() {
	job_stop "$1"
	rm -rf "$J/jobs/$1" "$J/jobs/$1.new"
	rmdir "$J/jobs" 2>/dev/null || :
}
