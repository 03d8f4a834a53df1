package operation_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// queues are two hosts with mail queues, old and new, below a folder. Postfix is what of it sweeps see: names carry the inode, what is not on hold is
// delivered by the side whose Postfix runs. Everything that changes something counts: at the STOPth, the process is killed before it.
const queues = `
step() {
	_n=$(($(cat "$ROOT/steps" 2>/dev/null || echo 0) + 1))
	echo "$_n" >"$ROOT/steps"
	if [ "$_n" = "${STOP:-0}" ]; then kill -9 $$; exit 137; fi
}
flush() { :; }
flush_below() { :; }
put() {
	step
	cat >"$1.new.$$"
	command mv "$1.new.$$" "$1"
}
mv() { step; command mv "$@"; }
rm() { step; command rm "$@"; }
queue_dir() { echo "$ROOT/$ME/q"; }
other() { if [ "$ME" = old ]; then echo new; else echo old; fi; }
pull_open() { :; }
pull() {
	(
		J=$ROOT/$(other)/j
		use_run "$RUN"
		[ -e "$RD/gate" ] || : >"$RD/gate"
		SSH_ORIGINAL_COMMAND="$*" cmd_gate "$RUN"
	)
}
rsync() {
	step
	_args=
	for _a in "$@"; do
		case $_a in
		source::queue/) _a=$ROOT/$(other)/q/hold/ ;;
		source::maildrop/) _a=$ROOT/$(other)/j/runs/$RUN/maildrop/ ;;
		-e | */ssh) continue ;;
		esac
		_args="$_args '$_a'"
	done
	eval "command rsync $_args"
	_m=$(($(cat "$ROOT/transfers" 2>/dev/null || echo 0) + 1))
	echo "$_m" >"$ROOT/transfers"
	[ "${HALF:-0}" != "$_m" ] || { kill -9 $$; exit 137; }
}
postqueue() { :; }
postsuper() {
	step
	_q=$(queue_dir)
	case "$1 ${2:-}" in
	"-h ALL") find "$_q/active" "$_q/deferred" -type f -exec mv {} "$_q/hold/" \; ;;
	"-H -") while read -r _i; do [ ! -e "$_q/hold/$_i" ] || command mv "$_q/hold/$_i" "$_q/deferred/$_i"; done ;;
	"-d -") while read -r _i; do command rm -f "$_q/hold/$_i"; done ;;
	"-s ") for _f in "$_q"/hold/*; do
		[ -e "$_f" ] || continue
		_w=$(echo "${_f##*/}" | cut -c1-5)$(printf %X "$(stat -c %i "$_f")")
		[ "${_f##*/}" = "$_w" ] || command mv "$_f" "$_q/hold/$_w"
	done ;;
	esac
}
on() { ME=$1 J=$ROOT/$1/j; }
# mail HOST FOLDER MICROSECONDS TEXT
mail() {
	printf '%s\n' "$4" >"$ROOT/$1/q/new"
	command mv "$ROOT/$1/q/new" "$ROOT/$1/q/$2/$3$(printf %X "$(stat -c %i "$ROOT/$1/q/new")")"
}
# delivers HOST: its Postfix runs for a while.
delivers() {
	find "$ROOT/$1/q/active" "$ROOT/$1/q/deferred" "$ROOT/$1/q/maildrop" -type f -exec cat {} + -exec rm {} + >>"$ROOT/$1/delivered"
}
op() {
	on "$1"
	_kind=$2 _role=$3
	use_run "$R"
	use_op "$2.$3"
	command rm -rf "$OD"
	mkdir -p "$OD" "$B"
	: >"$OD/result"
	"${_kind}_probe" "$(other)" || { "${_kind}_do" "$(other)"; "${_kind}_verify" "$(other)"; }
	[ -z "${SERVES:-}" ] || delivers "$SERVES"
}
undo() {
	on "$1"
	use_run "$R"
	use_op "$2.$3"
	mkdir -p "$OD" "$B"
	"$2_undo" "$(other)"
	command rm -rf "$B"
}
# settled PASSIVE SERVING: nothing of the queue is drift.
settled() {
	on "$1"; R=bm.standing; use_run $R; use_op look; mkdir -p "$OD"; : >"$OD/result"
	hold_queue_holds || return 1
	on "$2"; use_run $R; use_op look; mkdir -p "$OD"; : >"$OD/result"
	release_queue_holds "$1"
}
# sweep RUN PASSIVE SERVING, as it is compiled.
sweep() {
	R=$1
	op "$2" hold_queue passive; op "$3" copy_queue serving; op "$2" retire_queue passive; op "$3" release_queue serving
	case $R in *.finalize) op "$3" discard_copies serving; op "$2" discard_copies passive ;; esac
}
# move RUN FROM TO
move() {
	R=$1
	op "$2" hold_queue source; op "$3" copy_queue target
	SERVES=$3
	op "$3" release_queue target; op "$2" retire_queue source
}
# told: where each message is: delivered, or on hold and no copy of one that is elsewhere.
told() {
	for _h in old new; do
		sed "s/^/$_h delivered: /" "$ROOT/$_h/delivered" 2>/dev/null || :
		for _f in "$ROOT/$_h"/q/hold/* "$ROOT/$_h"/q/terraform-provider-mail/*/*/*; do
			[ -e "$_f" ] || continue
			grep -qsFx "${_f##*/}" "$ROOT/$_h/j/queue-copies" || sed "s/^/$_h holds: /" "$_f"
		done
		find "$ROOT/$_h"/q/maildrop "$ROOT/$_h"/q/active "$ROOT/$_h"/q/deferred "$ROOT/$_h"/j/runs/bm.[mf]*/maildrop -type f -exec sed "s/^/$_h left: /" {} + 2>/dev/null || :
	done | sort
}
`

// queued runs lines with two hosts below dir; old does not serve and has mail: deferred, in delivery, handed in, and held by its administrator.
func queued(t *testing.T, dir, lines string) answer {
	t.Helper()
	return functions(t, filepath.Join(dir, "none"), "ROOT="+words(dir)+queues+`if [ ! -d "$ROOT/old" ]; then
	for h in old new; do mkdir -p "$ROOT/$h/j/runs" "$ROOT/$h/q/incoming" "$ROOT/$h/q/active" "$ROOT/$h/q/deferred" "$ROOT/$h/q/hold" "$ROOT/$h/q/maildrop"; done
	mail old deferred 0A001 waits; mail old active 0A002 "was in delivery"; mail old maildrop 0A003 "handed in"
	mail old hold 0A004 "held by somebody"; mail new hold 0A005 "held on new"
fi
set -eu
`+lines+"\n")
}

// sweptOnce is where the mail is after whatever sweeps there were.
const sweptOnce = `new delivered: handed in
new delivered: waits
new delivered: was in delivery
new holds: held by somebody
new holds: held on new
`

// stops calls check for a run of lines that is killed at each of its steps, and, with half, also right after each transfer.
func stops(t *testing.T, before, lines string, check func(t *testing.T, dir string)) {
	t.Helper()
	for _, variable := range []string{"STOP", "HALF"} {
		for at := 1; ; at++ {
			dir := filepath.Join(t.TempDir(), "hosts")
			got := queued(t, dir, before+"\ncommand rm -f \"$ROOT/steps\" \"$ROOT/transfers\"; "+variable+"="+fmt.Sprint(at)+"\n"+lines)
			if got.exit != 0 && got.exit != -1 {
				t.Fatalf("%s %d: %+v", variable, at, got)
			}
			if !t.Run(fmt.Sprintf("%s_%d", variable, at), func(t *testing.T) { check(t, dir) }) {
				return
			}
			if got.exit == 0 {
				if variable == "STOP" && at < 5 {
					t.Fatalf("only %d steps", at)
				}
				break
			}
		}
	}
}

// A sweep that is killed at any step, taken back or not, with the passive side's Postfix started meanwhile or not, is made up for by the next one of any
// run: each message is delivered once, and what somebody has put on hold is on hold once.
func TestSweepStopped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, first, meanwhile, again string }{
		{"mend_again", "sweep bm.mend old new", "", "sweep bm.mend old new"},
		{"mend_then_finalize", "sweep bm.mend old new", "", "sweep bm.finalize old new"},
		{"finalize_undone", "sweep bm.finalize old new", "R=bm.finalize; undo old hold_queue passive", "sweep bm.finalize old new"},
		{"finalize_undone_then_mend", "sweep bm.finalize old new", "R=bm.finalize; undo old hold_queue passive", "sweep bm.mend old new"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stops(t, "SERVES=new", test.first, func(t *testing.T, dir string) {
				t.Helper()
				got := queued(t, dir, "SERVES=new; delivers new; "+test.meanwhile+"\n"+
					"if settled old new && told | grep -q -e left -e 'holds: [^h]'; then echo 'nobody is told'; fi\n"+
					test.again+"; settled old new; told")
				if diff := cmp.Diff(sweptOnce, got.out); got.exit != 0 || diff != "" {
					t.Errorf("exit %d, (-want +got):\n%s\n%s", got.exit, diff, got.err)
				}
			})
		})
	}
}

// What the passive side delivered by itself after a sweep was taken back is not delivered again by the other one.
func TestSweepStoppedAndDeliveredThere(t *testing.T) {
	t.Parallel()
	stops(t, "SERVES=new", "R=bm.finalize; op old hold_queue passive; op new copy_queue serving", func(t *testing.T, dir string) {
		t.Helper()
		got := queued(t, dir, "R=bm.finalize; undo old hold_queue passive; delivers old; SERVES=new; sweep bm.mend old new; settled old new; told")
		want := strings.NewReplacer("new delivered", "old delivered").Replace(sweptOnce)
		if diff := cmp.Diff(lines(want), lines(got.out)); got.exit != 0 || diff != "" {
			t.Errorf("exit %d, (-want +got):\n%s\n%s", got.exit, diff, got.err)
		}
	})
}

func lines(text string) map[string]int {
	all := map[string]int{}
	for line := range strings.Lines(text) {
		all[line]++
	}
	return all
}

// After a sweep that was killed the way back begins: it sweeps first, or lets the side that is to serve run again what it holds.
func TestBackOutAfterStoppedSweep(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]string{
		"carried": "SERVES=new; sweep bm.7 old new; SERVES=; move bm.7 new old; delivers old",
		"none":    "R=bm.7; op old free_queue target; delivers old",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := "sweep bm.mend old new"
			if name == "none" {
				first = "R=bm.mend; op old hold_queue passive"
			}
			stops(t, "SERVES=new", first, func(t *testing.T, dir string) {
				t.Helper()
				got := queued(t, dir, "SERVES=new; delivers new; "+back+"; told")
				var delivered []string
				for line := range strings.Lines(got.out) {
					if _, what, ok := strings.Cut(line, " delivered: "); ok {
						delivered = append(delivered, strings.TrimSpace(what))
					}
				}
				seen := lines(strings.Join(delivered, "\n") + "\n")
				if diff := cmp.Diff(map[string]int{"waits\n": 1, "was in delivery\n": 1, "handed in\n": 1}, seen); got.exit != 0 || diff != "" || strings.Count(got.out, "held by somebody") != 1 {
					t.Errorf("exit %d, (-want +got):\n%s\n%s\n%s", got.exit, diff, got.out, got.err)
				}
			})
		})
	}
}

// A move that is killed while it copies the queue and gone on with, or taken back, leaves each message where it belongs, once.
func TestQueueOfMoveStopped(t *testing.T) {
	t.Parallel()
	const before = "R=bm.1; op old hold_queue source"
	for _, test := range []struct{ name, then, want string }{
		{"resumed", "R=bm.1; op new copy_queue target; SERVES=new; op new release_queue target; op old retire_queue source; settled old new; told", sweptOnce},
		{
			"taken_back", "R=bm.1; undo new copy_queue target; undo old hold_queue source; delivers old; told",
			"new holds: held on new\nold delivered: handed in\nold delivered: waits\nold delivered: was in delivery\nold holds: held by somebody\n",
		},
		{"taken_back_and_again", "R=bm.1; undo new copy_queue target; undo old hold_queue source; move bm.2 old new; settled old new; told", sweptOnce},
		{"resumed_and_taken_back", "R=bm.1; op new copy_queue target; undo new copy_queue target; undo old hold_queue source; move bm.2 old new; told", sweptOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stops(t, before, "op new copy_queue target", func(t *testing.T, dir string) {
				t.Helper()
				got := queued(t, dir, test.then)
				if diff := cmp.Diff(lines(test.want), lines(got.out)); got.exit != 0 || diff != "" {
					t.Errorf("exit %d, (-want +got):\n%s\n%s", got.exit, diff, got.err)
				}
			})
		})
	}
}

// A committed move of which nobody has retired the source's copies is swept without a second copy; what is on hold does not multiply over moves there and
// back, and finalizing leaves no copy on either side.
func TestQueueAfterMoves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, lines string }{
		{"not_retired", "R=bm.1; op old hold_queue source; op new copy_queue target; SERVES=new; op new release_queue target; ! settled old new; sweep bm.mend old new; settled old new"},
		{"swept_twice", "move bm.1 old new; settled old new; sweep bm.mend old new; sweep bm.mend old new"},
		{"there_and_back", "move bm.1 old new; SERVES=; sweep bm.2 old new; move bm.2 new old; SERVES=; move bm.3 old new; sweep bm.finalize old new; ! find \"$ROOT\"/old/q/hold -type f | grep ."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := queued(t, t.TempDir(), test.lines+"; told; find \"$ROOT/new/q/hold\" -type f | wc -l")
			if diff := cmp.Diff(lines(sweptOnce+"2\n"), lines(got.out)); got.exit != 0 || diff != "" {
				t.Errorf("exit %d, (-want +got):\n%s\n%s", got.exit, diff, got.err)
			}
		})
	}
}
