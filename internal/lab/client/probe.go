package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"
)

// Sample is one probe of one protocol.
type Sample struct {
	Protocol string    `json:"protocol"` // "smtp" or "imap"
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	OK       bool      `json:"ok"`
	Detail   string    `json:"detail,omitempty"`
}

// Probes says how often the service is asked.
type Probes struct {
	Interval time.Duration // default 50 ms
	Patience time.Duration // a slower greeting is none; default 1 s
	// Answer is how long a service that has greeted may take for the rest; default 10 s. It is there, and only slow: a mailbox that mail is just being
	// delivered to, on a disk that others write to as well, makes its reader wait.
	Answer time.Duration
}

func (p Probes) withDefaults() Probes {
	if p.Interval == 0 {
		p.Interval = 50 * time.Millisecond
	}
	if p.Patience == 0 {
		p.Patience = time.Second
	}
	if p.Answer == 0 {
		p.Answer = 10 * time.Second
	}
	return p
}

// How many probes of one protocol may wait for an answer at a time.
const probesAtATime = 32

// Probe asks by SMTP and by IMAP until ctx ends, and writes every sample down.
// A new probe does not wait for one that hangs, so that the first good moment is
// seen within one interval. SMTP is good when a recipient would be accepted, IMAP
// when a user can log in and ask for his mailbox's state.
func (t Target) Probe(ctx context.Context, p Probes, book *Book) error {
	if len(t.Users) == 0 {
		return errors.New("probe: users are needed")
	}
	p = p.withDefaults()
	kinds := map[string]asker{"smtp": t.probeSMTP, "imap": t.probeIMAP}
	errs := make(chan error, len(kinds))
	for protocol, ask := range kinds {
		go func() { errs <- t.probeLoop(ctx, p, protocol, ask, book) }()
	}
	var all []error
	for range kinds {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// asker asks once; it calls greeted when the service has greeted.
type asker func(ctx context.Context, greeted func()) error

func (t Target) probeLoop(ctx context.Context, p Probes, protocol string, ask asker, book *Book) error {
	tick := time.NewTicker(p.Interval)
	defer tick.Stop()
	slots := make(chan struct{}, probesAtATime)
	var running sync.WaitGroup
	defer running.Wait()
	failed := make(chan error, 1)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-tick.C:
		}
		select {
		case slots <- struct{}{}:
		default:
			continue // as many as may wait are waiting
		}
		running.Go(func() {
			defer func() { <-slots }()
			if err := probeOnce(ctx, p, protocol, ask, book); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
}

// probeOnce makes one sample. One that the end of ctx cut off is not written.
func probeOnce(ctx context.Context, p Probes, protocol string, ask asker, book *Book) error {
	s := Sample{Protocol: protocol, Start: time.Now()}
	probeCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slow := func(what string, limit time.Duration) *time.Timer {
		return time.AfterFunc(limit, func() { cancel(fmt.Errorf("no %s within %s", what, limit)) })
	}
	wait := slow("greeting", p.Patience)
	err := ask(probeCtx, func() {
		if wait.Stop() {
			wait = slow("answer", p.Answer)
		}
	})
	wait.Stop()
	s.End, s.OK = time.Now(), err == nil
	if ctx.Err() != nil {
		return nil // the end of the run, not of the service
	}
	if err != nil {
		// What the libraries say of a connection that we have closed ourselves tells nothing.
		if cause := context.Cause(probeCtx); cause != nil {
			err = cause
		}
		s.Detail = err.Error()
	}
	return book.Write(s)
}

func (t Target) probeSMTP(ctx context.Context, greeted func()) error {
	conn, err := t.dial(ctx, t.smtp())
	if err != nil {
		return err
	}
	c := smtp.NewClient(conn)
	err = func() error {
		if err := c.Hello("client.lab.test"); err != nil {
			return fmt.Errorf("hello: %w", err)
		}
		greeted()
		if err := c.Mail(sender, nil); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		if err := c.Rcpt(t.Users[0], nil); err != nil {
			return fmt.Errorf("rcpt: %w", err)
		}
		if err := c.Reset(); err != nil {
			return fmt.Errorf("rset: %w", err)
		}
		return c.Quit()
	}()
	_ = c.Close() // a second time after a good end
	return err
}

func (t Target) probeIMAP(ctx context.Context, greeted func()) error {
	return t.greetedSession(ctx, t.Users[0], greeted, func(c *imapclient.Client) error {
		_, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait()
		return err
	})
}
