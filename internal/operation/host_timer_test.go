package operation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Whoever asks first decides, and everybody reads the same, however close they come.
func TestDecide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := good(t, dir, "decided; decide commit; decide revert; decided"); got != "open\ncommit\ncommit\ncommit\n" {
		t.Errorf("one after the other: %q", got)
	}
	got := good(t, dir, `printf() { sleep 0.0$((i % 3 * 2)); command printf "$@"; } # a decision is slow in the writing
		for i in $(seq 12); do
			use_run "race$i"; mkdir -p "$RD"
			( decide commit >"$RD/a" ) & ( decide revert >"$RD/b" ) &
			wait
			cat "$RD/a" "$RD/b" "$RD/decision" | tr '\n' ' '; echo
		done`)
	rounds := 0
	for line := range strings.Lines(got) {
		rounds++
		if line != "commit commit commit \n" && line != "revert revert revert \n" {
			t.Errorf("round %d: %q", rounds, line)
		}
	}
	if rounds != 12 {
		t.Errorf("%d rounds", rounds)
	}
}

// The source asks about a run that this host may not know.
func TestDecideByQuestion(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if got := m.tpm("", "decide", "never"); got.out != "unknown\n" || got.exit != 0 {
		t.Errorf("an unknown run: %+v", got)
	}
	m.prepare()
	if got := m.tpm("", "decide", "r"); got.out != "revert\n" {
		t.Errorf("the first question: %+v", got)
	}
}

// There is one unit on a host: a move of another cutover may not take it from one that waits.
func TestTimerOfAnotherMove(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unit := file(t, dir, "units/terraform-provider-mail-timer.service", "[Service]\nExecStart=/bin/sh /lib/tpm timer other.7\n")
	lines := "UNIT_DIR=" + words(filepath.Dir(unit)) + "\n"
	for name, test := range map[string]struct{ lines, want string }{
		"waits":   {`mkdir -p "$J/runs/other.7"; echo ask >"$J/runs/other.7/timer"; timer_other`, "other.7\n"},
		"done":    {`mkdir -p "$J/runs/other.7"; echo done >"$J/runs/other.7/timer"; timer_other || echo free`, "free\n"},
		"our own": {`use_run other.7; mkdir -p "$RD"; echo revert >"$RD/timer"; timer_other || echo free`, "free\n"},
		"removed": {`rm -rf "$J/runs/other.7"; timer_other || echo free`, "free\n"},
	} {
		if got := good(t, dir, lines+test.lines); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines    string
		from, to int
	}{
		"just set":                  {`deadline_set 60; deadline_left`, 58, 60},
		"over":                      {`deadline_set -5; deadline_left`, -6, -5},
		"another boot":              {`echo "other-boot 5 $(($(wall_seconds) + 40)) 100" >"$RD/deadline"; deadline_left`, 38, 40},
		"another boot, twice asked": {`echo "other-boot 5 $(($(wall_seconds) + 40)) 100" >"$RD/deadline"; deadline_left >/dev/null; deadline_left`, 38, 40},
		"another boot, long over":   {`echo "other-boot 5 $(($(wall_seconds) - 1000)) 100" >"$RD/deadline"; deadline_left`, 0, 0},
		"clock set back":            {`echo "other-boot 5 $(($(wall_seconds) + 9000)) 100" >"$RD/deadline"; deadline_left`, 99, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var left int
			got := good(t, t.TempDir(), test.lines)
			if _, err := fmt.Sscan(got, &left); err != nil || left < test.from || left > test.to {
				t.Errorf("%q left, want %d to %d", got, test.from, test.to)
			}
		})
	}
	if got := functions(t, t.TempDir(), `deadline_left && echo "no deadline is a deadline"`); got.out != "" {
		t.Errorf("no deadline: %+v", got)
	}
}

// The commit needs an armed timer, time, and that nobody has decided otherwise.
func TestCutMark(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ lines, refused string }{
		"in time":        {"deadline_set 60; timer_set revert", ""},
		"not armed":      {"deadline_set 60", "the timer of this host is not armed: it has taken the move back"},
		"disarmed":       {"deadline_set 60; timer_set done", "the timer of this host is not armed: it has taken the move back"},
		"too late":       {"deadline_set -1; timer_set revert", "the deadline of this host has passed"},
		"taken back":     {"deadline_set 60; timer_set revert; decide revert >/dev/null", "the move was taken back before it could be committed"},
		"committed once": {"deadline_set 60; timer_set revert; decide commit >/dev/null", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := functions(t, dir, test.lines+"\nwrite_cut_mark_do move; write_cut_mark_verify && write_cut_mark_probe move && echo committed")
			mark := read(t, filepath.Join(dir, "cut/move"))
			if test.refused == "" && (got.out != "committed\n" || mark != "r\n") {
				t.Errorf("%+v, mark %q", got, mark)
			}
			if test.refused != "" && (got.exit != 1 || !strings.Contains(got.err, test.refused) || mark != "") {
				t.Errorf("%+v, mark %q; want %q", got, mark, test.refused)
			}
		})
	}
}

// The target is asked at every address at which it may be; who cannot be heard has not answered.
func TestTimerAsk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ answers, want string }{
		"at the first":  {"192.0.2.1", "revert 192.0.2.1\n"},
		"at the second": {"192.0.2.2", "revert 192.0.2.2\n"},
		"nowhere":       {"192.0.2.3", "silent\n"},
	} {
		got := good(t, t.TempDir(), `flush() { :; }
printf 'address 192.0.2.1\naddress 192.0.2.2\nport 22\nuser root\nhostkey ssh-ed25519 AAAA\n' >"$J/way"
make_question_do <"$J/way"
ssh() { for a in "$@"; do case $a in HostName=*) a=${a#*=}; [ "$a" = `+test.answers+` ] && echo "revert $a"; return ;; esac; done; }
timer_ask`)
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Only where addresses have been exchanged the host's own timer is made to take a run back, and is waited for.
func TestHasten(t *testing.T) {
	t.Parallel()
	const begun = `journal begin exchange_address.source.x; `
	for name, test := range map[string]struct{ lines, want string }{
		"not armed":       {"", "0 left"},
		"nothing moved":   {"timer_set revert; deadline_set 600; ", "0 left"},
		"exchanged":       {"timer_set revert; deadline_set 600; " + begun, "74 now"},
		"about it":        {"timer_set revert; deadline_set 600; " + begun + "journal reverting; ", "74 left"},
		"taken back":      {"timer_set revert; deadline_set 600; " + begun + `journal reverting; timer_set "done"; echo 0 >"$RD/reverted"; `, "0 left"},
		"given back":      {"timer_set revert; deadline_set 600; " + begun + "journal undone exchange_address.source.x; ", "0 left"},
		"committed, done": {"deadline_set 600; timer_set \"done\"; " + begun, "0 left"},
	} {
		got := good(t, t.TempDir(), "flush() { :; }\nEPOCH=1; : >\"$RD/journal\"; "+test.lines+`rc=0; cmd_hasten r || rc=$?
if [ ! -e "$RD/deadline" ] || [ "$(deadline_left)" -gt 1 ]; then echo "$rc left"; else echo "$rc now"; fi`)
		if got != test.want+"\n" {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// What the timer does at its deadline, by what it is told and what the other side answers.
func TestTimerAct(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ mode, answer, want string }{
		"revert":             {"revert", "", "reverted"},
		"asked, revert":      {"ask", "revert", "reverted"},
		"asked, unknown":     {"ask", "unknown", "reverted"},
		"asked, commit":      {"ask", "commit", "done"},
		"asked, silent":      {"ask", "silent", "waits"},
		"asked, half a word": {"ask", "", "waits"},
		"done":               {"done", "", "done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := good(t, t.TempDir(), `timer_ask() { echo "`+test.answer+`"; }
				timer_revert() { echo reverted; }
				SELF=$J/self; echo 'echo done >'"$RD/timer" >"$SELF"
				timer_set `+test.mode+`
				timer_act || { echo waits; exit 0; }
				[ "$(timer_mode)" != done ] || echo done`)
			if got != test.want+"\n" {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// A timer that takes the move back first raises the epoch, so that the controller goes no further; after a commit it takes nothing back.
func TestTimerRevert(t *testing.T) {
	t.Parallel()
	for _, decision := range []string{"revert", "commit"} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			epoch := m.prepare(m.note("one", "1"), m.note("two", "2"))
			if got := m.tpm("", "run", "r", epoch, "one", "two"); got.exit != 0 {
				t.Fatalf("run: %+v", got)
			}
			script := "UNIT_DIR=$J/units\nSELF=$J/lib/test/tpm\ntimer_set revert\ndecide " + decision + " >/dev/null\ntimer_revert\ntimer_mode; epoch_now"
			got := good(t, m.dir, script)
			if decision == "commit" && (got != "done\n1\n" || m.noted("one") != "1" || m.noted("two") != "2") {
				t.Errorf("after a commit: %q, %q, %q", got, m.noted("one"), m.noted("two"))
			}
			if decision == "revert" && (got != "done\n2\n" || m.noted("one") != "" || m.noted("two") != "" || m.noted("log") != "2\n1") {
				t.Errorf("%q, %q, %q, undone %q", got, m.noted("one"), m.noted("two"), m.noted("log"))
			}
			late := m.tpm("", "run", "r", epoch, "one")
			if decision == "revert" && (late.exit != 75 || late.err != "epoch 1 is over: this host is at 2\n") {
				t.Errorf("a controller that comes late: %+v", late)
			}
		})
	}
}

// What the timer has taken back is not taken back again by a controller that comes later: it is told what was undone.
func TestRevertAfterTheTimer(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	epoch := m.prepare(m.note("one", "1"), m.note("two", "2"))
	if got := m.tpm("", "run", "r", epoch, "one", "two"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	good(t, m.dir, "UNIT_DIR=$J/units\nSELF=$J/lib/test/tpm\ntimer_set revert\ntimer_revert")
	got := m.tpm("", "revert", "r", epoch)
	if got.exit != 0 || got.out != "undone two\nundone one\n" || m.noted("log") != "2\n1" {
		t.Errorf("%+v, undone %q", got, m.noted("log"))
	}
}

// The side that gave the service away keeps that the move is committed, however its timer ended: nobody who comes later takes its part of it back.
func TestGiverOfACommittedMove(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]string{
		"disarmed":        "disarm_timer_do && disarm_timer_probe",
		"answered":        "SELF=$J/lib/test/tpm\ntimer_ask() { echo commit; }\ntimer_act",
		"finished":        "cmd_finish r",
		"asked once more": "disarm_timer_do\nrm -f \"$RD/decision\"\ndisarm_timer_probe || disarm_timer_do",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			epoch := m.prepare(m.note("one", "1"))
			if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 0 {
				t.Fatalf("run: %+v", got)
			}
			good(t, m.dir, "UNIT_DIR=$J/units\nnetwork_up() { :; }\ntimer_set ask\n"+ends)
			for _, sub := range []string{"revert", "retract"} {
				got := m.tpm("", sub, "r", epoch)
				if got.exit != 78 || !strings.Contains(got.err, "the move is committed") || m.noted("one") != "1" {
					t.Errorf("%s: %+v, note %q", sub, got, m.noted("one"))
				}
			}
			if got := good(t, m.dir, "decided; timer_mode"); got != "commit\ndone\n" {
				t.Errorf("decided %q", got)
			}
		})
	}
}

// What a commit leaves to be done on the side that gave service away its timer does once it has heard of it: its controller may be gone for good. While that
// cannot be done the timer stands, and does not ask again.
func TestGiverFinishes(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	two := m.note("two", "2")
	three := m.note("three", "3")
	ask := operation.AskTimer(operation.Party{ID: "here", Role: "source"}, operation.Party{ID: "there", Role: "target"}, runbook.Commit)
	disarm := operation.DisarmTimer(operation.Party{ID: "here", Role: "source"}, runbook.Commit)
	two.Stage, three.Stage = runbook.Commit, runbook.Commit
	epoch := m.prepare(m.note("one", "1"), ask, two, disarm, three)
	if got := m.tpm("", "run", "r", epoch, "one"); got.exit != 0 {
		t.Fatalf("run: %+v", got)
	}
	if err := os.Mkdir(filepath.Join(m.work, "three"), 0o700); err != nil {
		t.Fatal(err)
	}
	act := "SELF=$J/lib/test/tpm\ntimer_set ask\ntimer_ask() { echo asked >>\"$J/asked\"; echo commit; }\ntimer_act || echo stands\ndecided; timer_mode"
	if got := good(t, m.dir, act); !strings.HasSuffix(got, "\nstands\ncommit\nask\n") || m.noted("two") != "2" {
		t.Errorf("while something cannot be done: %q, two %q", got, m.noted("two"))
	}
	if err := os.Remove(filepath.Join(m.work, "three")); err != nil {
		t.Fatal(err)
	}
	if got := good(t, m.dir, act); !strings.HasSuffix(got, "commit\ndone\n") || strings.Contains(got, "stands") || m.noted("three") != "3" {
		t.Errorf("%q, three %q", got, m.noted("three"))
	}
	if asked := read(t, filepath.Join(m.dir, "asked")); asked != "asked\n" {
		t.Errorf("asked %q", asked)
	}
	got := m.tpm("", "done", "r")
	for _, id := range []string{"one", "two", "three", disarm.ID} {
		if !strings.Contains(got.out, "op "+id+" 0 ") {
			t.Errorf("%s is not known as done: %q", id, got.out)
		}
	}
	if strings.Contains(got.out, ask.ID) {
		t.Errorf("the timer has asked to be asked: %q", got.out)
	}
}
