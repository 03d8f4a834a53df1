package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Record is a folder with what a client wrote down.
type Record struct {
	Dir string
}

// Mail is the path of the book of attempts to send.
func (r Record) Mail() string { return filepath.Join(r.Dir, "mail.jsonl") }

// Probes is the path of the book of samples.
func (r Record) Probes() string { return filepath.Join(r.Dir, "probes.jsonl") }

// Attempts reads the book of attempts.
func (r Record) Attempts() ([]Attempt, error) { return ReadBookFile[Attempt](r.Mail()) }

// Outages reads the book of samples and finds the outages in it.
func (r Record) Outages() ([]Outage, error) {
	samples, err := ReadBookFile[Sample](r.Probes())
	return AllOutages(samples), err
}

// Report is the ledger and the outages of one record.
type Report struct {
	Ledger  Ledger   `json:"ledger"`
	Outages []Outage `json:"outages"`
}

// Report looks for every message at the service and accounts for it. Mail that
// is still on its way is awaited, and so is a service that is just starting: the
// search is repeated until it comes to an end and nothing is lost, or patience has passed.
func (r Record) Report(ctx context.Context, t Target, patience time.Duration) (Report, error) {
	attempts, err := r.Attempts()
	if err != nil {
		return Report{}, err
	}
	outages, err := r.Outages()
	if err != nil {
		return Report{}, err
	}
	report := Report{Outages: outages}
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		found, err := t.Find(ctx)
		late := !time.Now().Before(deadline)
		if err != nil && (late || ctx.Err() != nil) {
			return report, fmt.Errorf("look for the messages: %w", err)
		}
		if err == nil {
			report.Ledger = Account(attempts, found)
		}
		if err == nil && (late || len(report.Ledger.Lost) == 0) {
			return report, nil
		}
		select {
		case <-ctx.Done():
			return report, ctx.Err()
		case <-tick.C:
		}
	}
}

// Running is a client at work.
type Running struct {
	Record
	stop context.CancelFunc
	done chan error
}

// Start makes the folder and lets a client send and probe in the background until Stop.
func (t Target) Start(ctx context.Context, dir string, load Load, probes Probes) (*Running, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // nothing secret
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	r := &Running{Record: Record{Dir: dir}, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- t.Work(ctx, r.Record, load, probes) }()
	return r, nil
}

// Stop ends the sending and the probing and waits for both. It is called once.
func (r *Running) Stop() error {
	r.stop()
	return <-r.done
}

// Work sends and probes until ctx ends; with a limit on the load it ends after
// the last message.
func (t Target) Work(ctx context.Context, r Record, load Load, probes Probes) error {
	mail, err := OpenBook(r.Mail())
	if err != nil {
		return err
	}
	samples, err := OpenBook(r.Probes())
	if err != nil {
		return errors.Join(err, mail.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sending := make(chan error, 1)
	go func() {
		err := t.Send(ctx, load, mail)
		if err != nil || load.Limit > 0 {
			cancel()
		}
		sending <- err
	}()
	probing := t.Probe(ctx, probes, samples)
	cancel()
	return errors.Join(<-sending, probing, mail.Close(), samples.Close())
}
