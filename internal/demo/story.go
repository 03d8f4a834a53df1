package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// story is the demo under way.
type story struct {
	*teller
	lab     *lab.Lab
	space   workspace
	cli     *cli
	users   client.Target
	working *client.Running
	changed client.Expectation // what users did while new served
	verdict Verdict
	moves   []span  // when service moved, in turn: cutover, back-out, cutover
	cutover cutover // as the last apply left it
}

// span is a time in which a move was applied, and what its plan had said.
type span struct {
	from, to  time.Time
	predicted time.Duration
}

// The load: enough messages within the story, few enough for two cores.
func load() client.Load {
	return client.Load{Run: "demo", Workers: 5, Interval: 300 * time.Millisecond}
}

// Bounds of what is waited for.
const (
	trafficPatience = 2 * time.Minute
	drainPatience   = time.Minute
	sendPatience    = 30 * time.Second
)

// tell tells it to its end.
func (s *story) tell(ctx context.Context) (Verdict, error) {
	dialer, err := s.lab.Dialer(bluemind.Client)
	if err != nil {
		return s.verdict, err
	}
	s.users.Dialer = dialer
	s.say("hosts are up: old serves at %s; the client sends and reads mail from now on, and asks SMTP and IMAP every 50 ms", bluemind.ServiceAddress)
	if s.working, err = s.users.Start(ctx, s.space.client(), load(), client.Probes{}); err != nil {
		return s.verdict, err
	}
	err = s.acts(ctx)
	if stopErr := s.working.Stop(); err == nil {
		err = stopErr
	}
	if err == nil {
		err = s.account(ctx)
	}
	return s.verdict, err
}

// acts are the story's parts in their order.
func (s *story) acts(ctx context.Context) error {
	if _, err := s.cli.run(ctx, []int{0}, "get", "-no-color"); err != nil {
		return err
	}
	for _, act := range []struct {
		name string
		play func(context.Context) error
	}{
		{"rehearsal", s.rehearse},
		{"cutover", s.cutOver},
		{"life on the new host", s.live},
		{"drift", s.drift},
		{"back-out", s.backOut},
		{"second cutover", s.cutOver},
		{"report", s.document},
		{"finalize", s.finalize},
		{"enough mail", func(ctx context.Context) error { return s.await(ctx, Enough+50) }},
	} {
		if err := act.play(ctx); err != nil {
			return fmt.Errorf("%s: %w", act.name, err)
		}
	}
	return nil
}

// rehearse fills the target while the source serves.
func (s *story) rehearse(ctx context.Context) error {
	if err := s.await(ctx, 50); err != nil {
		return err
	}
	s.say("active = \"source\": what travels is brought over while old serves, and new is started behind a fence, checked and stopped again")
	if err := s.space.declare(s.lab, "source", false); err != nil {
		return err
	}
	p, err := s.cli.plan(ctx)
	if err != nil {
		return err
	}
	s.warn(p)
	for _, r := range p.Resource {
		if n := len(r.Runbook); n > 0 {
			s.say("  plan: %s: %d steps", local(r.Address), n-1)
		}
	}
	return s.apply(ctx)
}

// cutOver moves service to new, and looks whether anything of the mail changed on the way.
func (s *story) cutOver(ctx context.Context) error {
	if err := s.move(ctx, "target", "new", len(s.moves) == 0); err != nil {
		return err
	}
	return s.empty(ctx)
}

// backOut moves service back to old: with everything that users did on new.
func (s *story) backOut(ctx context.Context) error {
	if err := s.move(ctx, "source", "old", false); err != nil {
		return err
	}
	differences, err := s.users.Verify(ctx, s.changed, s.sql(bluemind.Old))
	if err != nil {
		return fmt.Errorf("look for what users did on new: %w", err)
	}
	s.judge("what users did on new is on old: flags, deletions, moves, folders, subscriptions, Sieve scripts, rows; UIDs and UIDVALIDITY too", differences)
	return s.empty(ctx)
}

// move changes active, shows the plan, applies it and compares what users see before and after.
func (s *story) move(ctx context.Context, active, host string, whole bool) error {
	if err := s.space.declare(s.lab, active, false); err != nil {
		return err
	}
	p, err := s.cli.plan(ctx)
	if err != nil {
		return err
	}
	predicted, err := p.predicted()
	if err != nil {
		return err
	}
	s.say("active = %q: the plan has %d steps and predicts an outage of %s", active, len(p.Cutover.Runbook)-1, seconds(predicted))
	s.warn(p)
	if whole {
		s.quote(p.Cutover.Runbook)
	}
	before, err := s.users.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("look at the mail: %w", err)
	}
	from := time.Now()
	if err := s.apply(ctx); err != nil {
		return err
	}
	s.moves = append(s.moves, span{from: from, to: time.Now(), predicted: predicted})
	after, err := s.users.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("look at the mail: %w", err)
	}
	outages, err := s.working.Outages()
	if err != nil {
		return err
	}
	s.say("%s serves; the client was not served for %s (%s)", host, seconds(longest(outages, from, time.Now())), s.cutover.outageByStage())
	s.judge("every mailbox is as it was: UIDs, UIDVALIDITY, flags, dates, subscriptions, scripts", client.Diff(before, after, true))
	return nil
}

// finalize gives up the way back.
func (s *story) finalize(ctx context.Context) error {
	s.say("finalized = true: the way back is given up")
	if err := s.space.declare(s.lab, "target", true); err != nil {
		return err
	}
	p, err := s.cli.plan(ctx)
	if err != nil {
		return err
	}
	s.warn(p)
	s.quote(p.Cutover.Runbook)
	if err := s.apply(ctx); err != nil {
		return err
	}
	return s.empty(ctx)
}

// apply carries the plan out and says what the cutover's status is then.
func (s *story) apply(ctx context.Context) error {
	line, err := s.cli.apply(ctx)
	if err != nil {
		return err
	}
	s.cutover, err = s.cli.state(ctx)
	if err != nil {
		return err
	}
	s.say("  %s Status: %s.", line, s.cutover.Status)
	if s.cutover.Status != "settled" {
		s.fault("after apply the cutover is %s, not settled", s.cutover.Status)
	}
	return nil
}

// empty plans once more: there must be nothing to do.
func (s *story) empty(ctx context.Context) error {
	p, err := s.cli.plan(ctx)
	if err != nil {
		return err
	}
	var lines []string
	if p.Changes {
		lines = append(lines, p.changes()...)
		lines = append(lines, p.Drift...)
		lines = append(lines, p.Cutover.Runbook...)
	}
	s.judge("the next plan is empty", lines)
	return nil
}

// judge says what holds, or what does not.
func (s *story) judge(what string, differences []string) {
	if len(differences) == 0 {
		s.say("  %s", what)
		return
	}
	s.say("  NOT SO: %s", what)
	const most = 20
	s.quote(differences[:min(len(differences), most)])
	s.fault("%s: %d differences, the first: %s", what, len(differences), differences[0])
}

func (s *story) fault(format string, args ...any) {
	s.verdict.Faults = append(s.verdict.Faults, fmt.Sprintf(format, args...))
}

// warn shows a plan's warnings, without those that say again that the cutover governs the other resources.
func (s *story) warn(p plan) {
	for _, text := range p.Warnings {
		if text != "Held by a cutover" {
			s.say("  warning: %s", text)
		}
	}
}

// changes are the addresses that a plan changes, with what it does to them.
func (p plan) changes() []string {
	var lines []string
	for _, r := range p.Resource {
		lines = append(lines, strings.Join(r.Actions, " and ")+" "+local(r.Address))
	}
	if len(lines) == 0 {
		lines = append(lines, "only outputs change")
	}
	return lines
}

// local is an address within the module.
func local(address string) string { return strings.TrimPrefix(address, "module.bluemind.") }

// await waits until the client has had so many messages accepted.
func (s *story) await(ctx context.Context, messages int) error {
	ctx, cancel := context.WithTimeout(ctx, trafficPatience)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		attempts, err := s.working.Attempts()
		if err != nil {
			return err
		}
		n := accepted(attempts)
		if n >= messages {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d accepted messages, %d so far: %w", messages, n, ctx.Err())
		case <-tick.C:
		}
	}
}

// sql runs statements in a host's databases, as its superuser.
func (s *story) sql(host string) client.SQL {
	return func(ctx context.Context, database, statements string) (string, error) {
		h, err := s.lab.Host(host)
		if err != nil {
			return "", err
		}
		return h.Run(ctx, strings.NewReader(statements), "runuser", "-u", "postgres", "--", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database)
	}
}

var errNoDrift = errors.New("the plan shows no drift")
