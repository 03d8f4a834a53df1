package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Load says how much mail is sent.
type Load struct {
	Run      string        // begins every token; unique for each run
	Workers  int           // default 4
	Interval time.Duration // between two new messages of one worker; default 200 ms
	Size     int           // bytes of a message, about; default 2000
	Patience time.Duration // for one attempt; default 10 s
	Retry    time.Duration // after a refusal; default 500 ms
	Limit    int           // new messages in all; 0: until ctx ends
}

func (l Load) withDefaults() Load {
	if l.Workers == 0 {
		l.Workers = 4
	}
	if l.Interval == 0 {
		l.Interval = 200 * time.Millisecond
	}
	if l.Size == 0 {
		l.Size = 2000
	}
	if l.Patience == 0 {
		l.Patience = 10 * time.Second
	}
	if l.Retry == 0 {
		l.Retry = 500 * time.Millisecond
	}
	return l
}

// Send sends mail until ctx ends or the limit is reached, and writes every
// attempt down before and after. A refused message is tried again under its
// token, as a mail server would. The end of ctx is no error; an attempt that is
// under way then is completed.
func (t Target) Send(ctx context.Context, load Load, book *Book) error {
	if load.Run == "" || len(t.Users) == 0 {
		return errors.New("send: a run name and users are needed")
	}
	load = load.withDefaults()
	var number atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	for range load.Workers {
		group.Go(func() error {
			w := worker{target: t, load: load, book: book, number: &number}
			return w.loop(groupCtx)
		})
	}
	return group.Wait()
}

type pending struct {
	token, user string
	try         int
	due         time.Time
}

type worker struct {
	target  Target
	load    Load
	book    *Book
	number  *atomic.Int64
	waiting []pending // refused, to be tried again
}

func (w *worker) loop(ctx context.Context) error {
	tick := time.NewTicker(w.load.Interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		p, ok := w.next()
		if ok {
			if err := w.attempt(ctx, p); err != nil {
				return err
			}
		} else if len(w.waiting) == 0 {
			return nil // the limit is reached and nothing waits
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// next is a message whose retry is due, or else a new one.
func (w *worker) next() (pending, bool) {
	if len(w.waiting) > 0 && !time.Now().Before(w.waiting[0].due) {
		p := w.waiting[0]
		w.waiting = w.waiting[1:]
		return p, true
	}
	// A server that is away fills no endless list: old messages go first.
	const most = 100
	if len(w.waiting) >= most {
		return pending{}, false
	}
	n := int(w.number.Add(1))
	if w.load.Limit > 0 && n > w.load.Limit {
		return pending{}, false
	}
	return pending{token: fmt.Sprintf("%s-%06d", w.load.Run, n), user: w.target.Users[n%len(w.target.Users)]}, true
}

func (w *worker) attempt(ctx context.Context, p pending) error {
	p.try++
	line := Attempt{Token: p.token, User: p.user, At: time.Now(), Try: p.try, Outcome: Began}
	if err := w.book.Write(line); err != nil {
		return err
	}
	// Not ended by ctx: an attempt that is cut off by its own client would be unknown for no reason.
	s := w.target.send(context.WithoutCancel(ctx), p.token, p.user, w.load.Size, w.load.Patience)
	line.At, line.Outcome, line.Code, line.Reply = time.Now(), s.outcome, s.code, s.reply
	if err := w.book.Write(line); err != nil {
		return err
	}
	if s.outcome == Refused {
		p.due = time.Now().Add(w.load.Retry)
		w.waiting = append(w.waiting, p)
	}
	return nil
}
