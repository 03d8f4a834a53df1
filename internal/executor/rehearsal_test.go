package executor_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// A rehearsal makes every check, at the target's own address, stops what it started also where one fails, and takes all back.
func TestRehearsalMakesEveryCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", s.Endpoint.Addresses[0]+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, open, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	hold := s.hold("x", []string{"service:bm"})
	hold.Stage = runbook.Start
	ops := []runbook.Operation{hold}
	for name, address := range map[string]string{"at": "192.0.2.25:" + open, "named": "mail.example.org:" + open, "closed": "192.0.2.25:1", "other": "192.0.2.26:1"} {
		c := declare.Check{Name: name, Kind: "tcp", Address: address, Timeout: 100 * time.Millisecond, From: s.id, Behind: s.id, Own: []string{"192.0.2.25", "mail.example.org"}}
		if name == "other" {
			c.Kind, c.Address, c.Expect = "imap", "192.0.2.25:"+open, "ready" // which says nothing
		}
		op, err := operation.CheckService(runbook.Checks, c, s.party())
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op)
	}
	stop := s.job("stop", "echo 1 >stopped")
	stop.Stage = runbook.Jobs
	book := books("book", append(ops, stop)...)
	book.Rehearsal = true
	out, err := s.controller.Run(t.Context(), book, executor.Options{OnFailure: "halt"})
	if err == nil || out.Status != executor.BackedOut {
		t.Fatalf("%+v, %v", out, err)
	}
	want := map[string]string{
		"write_hold.host.x": "done, undone", "check_service.controller.at": "done", "check_service.controller.named": "done",
		"check_service.controller.closed": "failed", "check_service.controller.other": "failed", "run_job.host.stop": "done, undone",
	}
	if diff := cmp.Diff(want, steps(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{"check closed: tcp at 192.0.2.25:1, with the target's own address in place of 192.0.2.25 and mail.example.org", "refused by " + s.Endpoint.Addresses[0] + ":1", "check other: imap", "IMAP greeting"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("nothing is said of %q: %v", text, err)
		}
	}
	if s.wrote("stopped") == "" {
		t.Error("what was started was not stopped")
	}
}

// A rehearsal that was cut off is taken back before a move begins.
func TestMoveEndsARehearsal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.controller.Run(t.Context(), books("mail.rehearsal", s.hold("x", []string{"service:bm"})), executor.Options{}); err != nil {
		t.Fatal(err)
	}
	move := books("mail", s.job("one", "ls "+s.journal+"/hold >holds"))
	move.Timer, move.Serves, move.Sides = time.Minute, s.id, []string{s.id}
	out, err := s.another().Run(t.Context(), move, executor.Options{Resource: "mail_cutover.mail"})
	if err != nil || out.Status != executor.Settled {
		t.Fatalf("%+v, %v", out, err)
	}
	if left := s.wrote("holds"); left != "" {
		t.Errorf("the move began with what the rehearsal left: %s", left)
	}
	if got := s.events("mail.rehearsal"); got[len(got)-1] != "undone write_hold.host.x" {
		t.Errorf("the rehearsal's journal: %q", got)
	}
}

// A rehearsal whose controller is gone leaves its lock in the cutover's name: the next run of the cutover, whatever it is, waits for it until it is stale, takes it
// over, and takes back what the rehearsal left.
func TestLockOfADeadRehearsal(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"move", "rehearsal"} {
		t.Run(next, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			rehearsal := books("mail.rehearsal", s.hold("x", []string{"service:bm"}), s.job("long", until("long"), "write_hold.host.x"))
			rehearsal.Rehearsal, rehearsal.Serves, rehearsal.Sides = true, s.id, []string{s.id}
			done := start(t.Context(), s.controller, rehearsal, executor.Options{Resource: "mail_cutover.mail"})
			s.await("long.begun")
			s.lastSeen(70)
			book := books("mail", s.job("one", "ls "+s.journal+"/hold >holds"))
			book.Timer = time.Minute
			if next == "rehearsal" {
				book.Name, book.Timer, book.Rehearsal = "mail.rehearsal", 0, true
			}
			book.Serves, book.Sides = s.id, []string{s.id}
			out, err := s.another().Run(t.Context(), book, executor.Options{Resource: "mail_cutover.mail"})
			if err != nil || out.Status != executor.Settled || !strings.Contains(strings.Join(out.Notes, "\n"), "took over the stale lock") {
				t.Fatalf("%+v, %v", out, err)
			}
			if left := s.wrote("holds"); left != "" || s.wrote("long.over") != "" {
				t.Errorf("it began with what the rehearsal left: %s", left)
			}
			if end := <-done; end.err == nil {
				t.Errorf("the rehearsal that was succeeded ended well: %+v", end.out)
			}
			s.unlocked()
		})
	}
}
