//go:build lab

package bench_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

func (s *scene) target() client.Target {
	s.b.Helper()
	t, err := bluemind.Target(s.lab, bluemind.ServiceAddress, users)
	if err != nil {
		s.b.Fatal(err)
	}
	return t
}

// change is a day's work in small: a thousandth of the messages and of the rows.
func (s *scene) change(record client.Record) {
	s.b.Helper()
	book, err := client.OpenBook(record.Mail())
	if err != nil {
		s.b.Fatal(err)
	}
	n := max(1, number(s.b, "BENCH_MESSAGES", messages)/1000)
	err = s.target().Send(s.ctx, client.Load{Run: "change", Workers: 2, Limit: n}, book)
	if err := errors.Join(err, book.Close()); err != nil {
		s.b.Fatal(err)
	}
	if err := s.host(bluemind.Old).Await(s.ctx, "sh", "-c", `test -z "$(postqueue -j)"`); err != nil {
		s.b.Fatal(err)
	}
	sql := "UPDATE item SET changed = now() WHERE id % 1000 = 0; INSERT INTO item (owner, kind, body) VALUES ('u01', 1, 'new')"
	s.sh(bluemind.Old, "echo "+strconv.Quote(sql)+" | runuser -u postgres -- psql -qX -d bj-data")
}

// seen is what must be the same before and after.
type seen struct {
	mail client.Snapshot
	rows []client.Rows
}

func (s *scene) look(host string) seen {
	s.b.Helper()
	mail, err := s.target().Snapshot(s.ctx)
	if err != nil {
		s.b.Fatal(err)
	}
	rows, err := client.ReadRows(s.ctx, bluemind.SQL(s.host(host)))
	if err != nil {
		s.b.Fatal(err)
	}
	return seen{mail, rows}
}

// watch asks the service every 50 ms while something is done, and returns how long the client was not served.
func (s *scene) watch(record client.Record, do func()) time.Duration {
	s.b.Helper()
	book, err := client.OpenBook(record.Probes())
	if err != nil {
		s.b.Fatal(err)
	}
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	target := s.target()
	done := make(chan error, 1)
	go func() { done <- target.Probe(ctx, client.Probes{}, book) }()
	do()
	s.settle()
	stop()
	if err := errors.Join(<-done, book.Close()); err != nil {
		s.b.Fatal(err)
	}
	outages, err := record.Outages()
	if err != nil {
		s.b.Fatal(err)
	}
	var longest time.Duration
	for _, o := range outages {
		if o.Protocol == "both" {
			longest = max(longest, o.To.Sub(o.From))
		}
	}
	return longest
}

// settle waits until the service answers both kinds of clients again, and a moment more, so that the probes see it.
func (s *scene) settle() {
	s.b.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
	defer cancel()
	if err := s.host(bluemind.Client).Await(ctx, "bash", "-c", "for port in 25 143; do exec 3<>/dev/tcp/"+bluemind.ServiceAddress+"/$port && read -t 5 -u 3; done"); err != nil {
		s.b.Fatal(err)
	}
	rest := time.NewTimer(2 * time.Second)
	defer rest.Stop()
	select {
	case <-s.ctx.Done():
	case <-rest.C:
	}
}

// same fails with what a migration changed.
func (s *scene) same(way string, before, after seen) {
	s.b.Helper()
	differences := append(client.Diff(before.mail, after.mail, true), client.DiffRows(before.rows, after.rows)...)
	if len(differences) > 0 {
		s.b.Errorf("%s: %d differences after the migration: %s", way, len(differences), strings.Join(differences[:min(5, len(differences))], "\n"))
	}
}
