# shellcheck shell=sh
# What a run leaves for people and for other controllers: its record (the whole procedure, the declaration, how hosts are reached; no secret), how it
# ended, and what of it was done.

# cmd_record RUN: the record comes on standard input, before anything else of the run.
cmd_record() {
	use_run "$1"
	mkdir -p "$RD"
	journal_known
	put "$RD/record.json" || die "the record of run $1 cannot be written"
	rm -f "$RD/outcome"
	flush "$RD" "$J/runs"
}

# cmd_close RUN EPOCH STATUS: how the run ended, as its controller saw it.
cmd_close() {
	use_run "$1"
	EPOCH=$2
	check_epoch
	printf '%s\n' "$3" | put "$RD/outcome"
}
run_outcome() { cat "$RD/outcome" 2>/dev/null || echo none; }

# run_open: operations of the run that were begun, not undone and not meant to stay; newest first.
run_open() {
	[ -e "$RD/ops" ] || return 0
	(
		KEEP=
		# shellcheck source=/dev/null
		. "$RD/ops"
		for _id in $(journal_open_ops); do
			case " $KEEP " in *" $_id "*) ;; *) echo "$_id" ;; esac
		done
	)
}

# cmd_open RUN
cmd_open() {
	use_run "$1"
	run_open
}

# look_runs: what the host knows of each run that has a record: lines
# "run=<name> <timer> <decision> <outcome> <open operations> <seconds to the deadline> <cut or ->", "-" for what there is not.
look_runs() {
	for _r in "$J"/runs/*; do
		[ -e "$_r/record.json" ] || continue
		use_run "${_r##*/}"
		_left=-
		[ "$(timer_mode)" = "done" ] || _left=$(deadline_left) || _left=-
		_cut=-
		[ ! -e "$RD/cut" ] || _cut='cut'
		printf 'run=%s %s %s %s %s %s %s\n' "$RUN" "$(timer_mode)" "$(decided)" "$(run_outcome)" "$(run_open | wc -l)" "$_left" "$_cut"
	done
}

# look_record RUN
look_record() {
	use_run "$1"
	cat "$RD/record.json"
}

# cmd_done RUN: what of the run is done, as cmd_run told it: "op <id> <code> <seconds>", "age=<seconds since it began>" and its measurements.
cmd_done() {
	use_run "$1"
	[ -e "$RD/journal" ] || return 0
	journal_known
	_now=$(wall_seconds)
	sed -E -n 's/^\{"v":1,"at":"([^"]*)".*"op":"([^"]*)","event":"(begin|end|skip|fail|undoing)".*\}$/\2 \3 \1/p' "$RD/journal" |
		awk '$2 == "begin" { at[$1] = $3; delete ok[$1] } $2 == "end" { ok[$1] = $3 } $2 == "fail" || $2 == "undoing" { delete ok[$1] }
			$2 == "skip" { ok[$1] = $3; if (!($1 in at)) at[$1] = $3 } END { for (id in ok) print id, at[id] }' | sort |
		while read -r _id _at; do
			use_op "$_id"
			printf 'op %s 0 %s\nage=%s\n' "$OP" "$(cat "$OD/seconds" 2>/dev/null || echo 0)" "$((_now - $(date -d "$_at" +%s)))"
			[ ! -s "$OD/result" ] || cat "$OD/result"
		done
}
