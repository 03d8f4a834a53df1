package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// live lets users work on new: mail arrives, and they change what they have.
func (s *story) live(ctx context.Context) error {
	attempts, err := s.working.Attempts()
	if err != nil {
		return err
	}
	if err := s.await(ctx, accepted(attempts)+100); err != nil {
		return err
	}
	book, err := client.OpenBook(s.working.Mail())
	if err != nil {
		return err
	}
	s.changed, err = s.users.Mutate(ctx, client.Change{Label: "on new"}, s.sql(bluemind.New), book)
	if closeErr := book.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("be a user of new: %w", err)
	}
	s.say("100 more messages came in at new; users flagged, deleted, expunged and moved mail, made folders, changed Sieve scripts and rows of both databases")
	return nil
}

// drift enables Postfix again on old, lets it accept two messages, and has the plan find and mend it.
func (s *story) drift(ctx context.Context) error {
	old, err := s.lab.Host(bluemind.Old)
	if err != nil {
		return err
	}
	if _, err := old.Run(ctx, nil, "systemctl", "enable", "--now", "postfix"); err != nil {
		return err
	}
	if err := s.plant(ctx); err != nil {
		return fmt.Errorf("send to old: %w", err)
	}
	s.say("somebody ran `systemctl enable --now postfix` on old, and it accepted two messages at its own address %s", bluemind.OldAddress)
	p, err := s.cli.plan(ctx)
	if err != nil {
		return err
	}
	if !p.Changes || len(p.Drift) == 0 {
		return errNoDrift
	}
	s.say("the plan shows the drift, and what mends it")
	s.warn(p)
	s.quote(p.Drift)
	s.quote(p.Cutover.Runbook)
	if err := s.apply(ctx); err != nil {
		return err
	}
	missing, err := s.plantedMissing(ctx)
	if err != nil {
		return err
	}
	s.judge("the two messages are in their mailboxes", missing)
	return s.empty(ctx)
}

// planted begins the tokens of the messages that old accepted.
const planted = "planted"

// plant sends two messages to old's own address and writes them down in the client's book.
func (s *story) plant(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	book, err := client.OpenBook(s.working.Mail())
	if err != nil {
		return err
	}
	direct := s.users
	direct.Address = bluemind.OldAddress
	err = direct.Send(ctx, client.Load{Run: planted, Workers: 1, Limit: 2}, book)
	if closeErr := book.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	attempts, err := s.working.Attempts()
	if err != nil {
		return err
	}
	taken, said := 0, ""
	for _, a := range attempts {
		if strings.HasPrefix(a.Token, planted+"-") && a.Outcome == client.Accepted {
			taken++
		} else if strings.HasPrefix(a.Token, planted+"-") && a.Reply != "" {
			said = a.Reply
		}
	}
	if taken != 2 {
		return fmt.Errorf("it accepted %d of two messages: %s", taken, said)
	}
	return nil
}

// plantedMissing waits for the two messages and names those that do not come.
func (s *story) plantedMissing(ctx context.Context) ([]string, error) {
	deadline := time.Now().Add(drainPatience)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		found, err := s.users.Find(ctx)
		if err != nil {
			return nil, err
		}
		var missing []string
		for _, token := range []string{planted + "-000001", planted + "-000002"} {
			if found[token] == 0 {
				missing = append(missing, token+" is in no mailbox")
			}
		}
		if len(missing) == 0 || time.Now().After(deadline) {
			return missing, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// account waits until nothing is on its way any more, and counts.
func (s *story) account(ctx context.Context) error {
	s.say("the client stops sending; every message is looked for by IMAP at %s", bluemind.ServiceAddress)
	serving, err := s.lab.Host(bluemind.New)
	if err != nil {
		return err
	}
	drainCtx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	if err := serving.Await(drainCtx, "sh", "-c", `test -z "$(postqueue -j)"`); err != nil {
		return fmt.Errorf("wait for new's queue: %w", err)
	}
	report, err := s.working.Report(ctx, s.users, drainPatience)
	if err != nil {
		return err
	}
	s.verdict.Ledger = report.Ledger
	for i, at := range s.moves[:2] {
		move := Move{Outage: longest(report.Outages, at.from, at.to), Predicted: at.predicted}
		if i == 0 {
			s.verdict.Cutover = move
		} else {
			s.verdict.Back = move
		}
	}
	s.others(report.Outages)
	for _, list := range []struct {
		name   string
		tokens []string
	}{{"lost", report.Ledger.Lost}, {"doubled", report.Ledger.Doubled}, {"answered 5xx", report.Ledger.Permanent}} {
		if len(list.tokens) > 0 {
			s.fault("%s: %s", list.name, strings.Join(list.tokens, " "))
		}
	}
	return nil
}

// others sums up the moments outside of the moves at which a probe had no good answer. They are for information: what else the machine is busy with
// shows there.
func (s *story) others(outages []client.Outage) {
	moments, most, last := 0, 0.0, ""
	for _, o := range outages {
		inside := false
		for _, at := range s.moves {
			inside = inside || o.From.Before(at.to) && o.To.After(at.from)
		}
		if o.Protocol != "both" || inside {
			continue
		}
		moments++
		if o.Seconds() >= most {
			most = o.Seconds()
			last, _, _ = strings.Cut(o.Detail, "\n")
		}
	}
	if moments > 0 {
		s.say("  besides, probes had no good answer within a second %d times outside of the moves, for %.1f s at most (%s)", moments, most, last)
	}
}
