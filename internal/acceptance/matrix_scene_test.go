//go:build lab

package acceptance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
)

// scene is what the cases of the matrix share beside the migration.
type scene struct {
	late    string             // the book of the mail that a passive side took
	planted int                // how often it took some
	waiting []string           // senders of messages that nobody can deliver: they wait in the queue of whoever serves
	told    *progress.Follower // of the run that is broken
	stopped []int              // processes that stand still
}

// prepare brings about what a book starts from, with work for its operations: mail that waits in the queue, files that are no mail, late mail and a
// passive side that somebody has worked on.
func (x *matrix) prepare(c boundary) {
	x.t.Helper()
	if c.to == finalized && !x.wentBack() {
		x.settle("target")
		x.settle("source")
	}
	if now := x.cutover(); now.Active != c.from() || now.Status != "settled" {
		x.settle(c.from())
	}
	serving := on(x.t, x.lab, x.giver(c))
	switch c.to {
	case "source":
		x.takesLate()
	case finalized, mended:
		serving = x.new
		x.takesLate()
	}
	if c.to == mended {
		x.old.sh(`runuser -u postgres -- psql -qXc 'ALTER DATABASE bj CONNECTION LIMIT -1'`)
		x.new.sh("echo ssh-ed25519 AAAA terraform-provider-mail-question:bluemind.1 >>/root/.ssh/authorized_keys")
	}
	serving.sh("date >/var/spool/bm-docs/written") // a file that is no mail, and travels
	x.defers(serving)
}

// takesLate lets the passive side serve by mistake: it takes mail into its mailboxes, and one that waits in its queue.
func (x *matrix) takesLate() {
	x.t.Helper()
	x.planted++
	(&late{migration: x.migration, service: x.service, book: x.late}).plant(fmt.Sprint("late", x.planted))
	x.defers(x.old)
}

// defers gives a host's Postfix a message that it cannot deliver, now or later.
func (x *matrix) defers(host machine) {
	x.t.Helper()
	sender := fmt.Sprintf("waits%d@lab.test", len(x.waiting)+1)
	x.waiting = append(x.waiting, sender)
	host.sh("sendmail -f " + sender + " 'nobody@[192.0.2.1]' </dev/null")
	host.await(time.Minute, `postqueue -j | grep -F '"queue_name": "deferred"' | grep -qF '"sender": "`+sender+`"'`)
}

// queued is where a host's queue has messages, by their senders.
func (x *matrix) queued(host machine) map[string][]string {
	x.t.Helper()
	places := map[string][]string{}
	for line := range strings.Lines(host.sh("systemctl -q is-active postfix || exit 0; postqueue -j")) {
		var entry struct {
			Queue  string `json:"queue_name"`
			Sender string `json:"sender"`
		}
		x.must(json.Unmarshal([]byte(line), &entry))
		places[entry.Sender] = append(places[entry.Sender], entry.Queue)
	}
	return places
}

// waitsOn: everything that could not be delivered waits once where service is, and is tried there.
func (x *matrix) waitsOn(host machine) {
	x.t.Helper()
	queued := x.queued(host)
	for _, sender := range x.waiting {
		if tried := slices.DeleteFunc(queued[sender], func(queue string) bool { return queue == "hold" }); len(tried) != 1 {
			x.t.Errorf("the message of %s waits %d times on %s: %q", sender, len(tried), host.Name(), queued[sender])
		}
	}
}

// dropWaiting takes those messages out of a queue, when they have been accounted for.
func (x *matrix) dropWaiting(host machine) {
	x.t.Helper()
	host.sh(`systemctl -q is-active postfix || exit 0; postqueue -j | grep -F '"sender": "waits' | sed 's/.*"queue_id": "\([^"]*\)".*/\1/' | postsuper -d -`)
}

// takesBack is how long a host needs to boot, to take everything back and to start its services, once its deadline has passed.
const takesBack = time.Minute

// deadline is until when service is back: the last of the deadlines of the timers that wait on the hosts, or now, and the time that it takes them to act.
func (x *matrix) deadline() time.Time {
	x.t.Helper()
	last := time.Now()
	for _, host := range sides() {
		files, err := filepath.Glob(x.path(host, journalDir, "runs", "*", "deadline"))
		x.must(err)
		for _, file := range files {
			mode, err := os.ReadFile(filepath.Join(filepath.Dir(file), "timer"))
			if errors.Is(err, os.ErrNotExist) || strings.TrimSpace(string(mode)) == "done" {
				continue
			}
			x.must(err)
			fields := strings.Fields(string(mustRead(x.t, file))) // boot id, uptime, wall clock, seconds in all
			if len(fields) != 4 {
				x.t.Fatalf("%s: %q", file, fields)
			}
			wall, err := strconv.ParseInt(fields[2], 10, 64)
			x.must(err)
			if at := time.Unix(wall, 0); at.After(last) {
				last = at
			}
		}
	}
	return last.Add(takesBack)
}

// tellHosts tells, of a case that did not end whole, what the hosts know: locks, holds, and the end of the newest journals. Hosts may be off.
func (x *matrix) tellHosts() {
	if !x.t.Failed() {
		return
	}
	for _, host := range sides() {
		out, err := exec.CommandContext(context.Background(), "sh", "-c", `cd "$1" || exit; date -u
tail -n +1 epoch lock/* hold/*/run hold/*/name 2>/dev/null
ls -l --time-style=full-iso marks/*/brought marks/* ../../spool/bm-docs 2>/dev/null
for run in $(ls -td runs/* | head -n 4); do
	echo "$run: timer $(cat "$run/timer" 2>&1), decision $(cat "$run/decision" 2>&1)"
	tail -n 60 "$run/journal" | cut -c 1-400
done`, "sh", x.path(host, journalDir)).CombinedOutput()
		x.t.Logf("%s: %v\n%s", host, err, out)
	}
}
