package client_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

func TestAccount(t *testing.T) {
	at := func(token string, outcome client.Outcome, code int) client.Attempt {
		return client.Attempt{Token: token, Outcome: outcome, Code: code}
	}
	attempts := []client.Attempt{
		at("ok", client.Began, 0), at("ok", client.Accepted, 250),
		at("lost", client.Accepted, 250),
		at("retried", client.Began, 0), at("retried", client.Refused, 451), at("retried", client.Began, 0), at("retried", client.Accepted, 250),
		at("twice", client.Accepted, 250),
		at("open", client.Unknown, 0), at("open", client.Accepted, 250), // both may have arrived
		at("killed", client.Began, 0), // its client was ended
		at("unknown", client.Unknown, 0),
		at("refused", client.Refused, 0),
		at("ghost", client.Refused, 550), // refused, and there all the same
		at("deleted", client.Accepted, 250), at("deleted", client.Removed, 0),
		at("foreign", client.Removed, 0),
	}
	found := map[string]int{"ok": 1, "retried": 1, "twice": 2, "open": 2, "unknown": 1, "ghost": 1}
	want := client.Ledger{
		Tokens: 10, Accepted: 6, Found: 5, Refused: 2,
		Lost: []string{"lost"}, Doubled: []string{"ghost", "twice"}, Unknown: []string{"killed", "unknown"}, Permanent: []string{"ghost"},
	}
	got := client.Account(attempts, found)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	if got.Whole() {
		t.Error("a ledger with a lost message is whole")
	}
}

func samples(protocol string, spans ...string) []client.Sample {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []client.Sample
	for i, s := range spans {
		start := zero.Add(time.Duration(i) * 100 * time.Millisecond)
		all = append(all, client.Sample{Protocol: protocol, Start: start, End: start.Add(20 * time.Millisecond), OK: s == "+"})
	}
	return all
}

func seconds(outages []client.Outage) []float64 {
	var all []float64
	for _, o := range outages {
		all = append(all, o.Seconds())
	}
	return all
}

func TestOutages(t *testing.T) {
	for name, tc := range map[string]struct {
		probes string
		want   []float64
		open   bool
	}{
		"none":           {"+ + +", nil, false},
		"one":            {"+ + - - +", []float64{0.3}, false}, // 0.12 to 0.42
		"two":            {"+ - + - +", []float64{0.2, 0.2}, false},
		"from the start": {"- +", []float64{0.12}, false},
		"not over":       {"+ - -", []float64{0.2}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := client.Outages("smtp", append(samples("smtp", strings.Fields(tc.probes)...), samples("imap", "-")...))
			if diff := cmp.Diff(tc.want, seconds(got)); diff != "" {
				t.Errorf("outages (-want +got):\n%s", diff)
			}
			if len(got) > 0 && got[len(got)-1].Open != tc.open {
				t.Errorf("open is %v, want %v", !tc.open, tc.open)
			}
		})
	}
}

func TestCombine(t *testing.T) {
	smtp := client.Outages("smtp", samples("smtp", "+", "-", "-", "+", "+", "+", "+", "-", "+"))
	imap := client.Outages("imap", samples("imap", "+", "+", "-", "-", "+", "+", "+", "+", "+"))
	// From 0.02, the last good SMTP, to 0.42, the first good IMAP; then SMTP alone.
	if diff := cmp.Diff([]float64{0.4, 0.2}, seconds(client.Combine(smtp, imap))); diff != "" {
		t.Errorf("outages (-want +got):\n%s", diff)
	}
}

func TestBookLeavesOutAnUnfinishedLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	book, err := client.OpenBook(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []client.Attempt{{Token: "a", Outcome: client.Accepted, At: time.Unix(1, 0).UTC()}}
	if err := book.Write(want[0]); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"token":"b"`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := client.ReadBookFile[client.Attempt](path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
}

func state() client.Snapshot {
	date := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	return client.Snapshot{"u": {
		Mailboxes: map[string]client.Mailbox{
			"INBOX": {UIDValidity: 7, UIDNext: 3, Messages: map[uint32]client.Message{
				1: {MessageID: "one", Flags: []string{`\Seen`}, Date: date, Size: 10},
				2: {MessageID: "two", Flags: []string{}, Date: date, Size: 20},
			}},
			"Old": {UIDValidity: 8, UIDNext: 1, Messages: map[uint32]client.Message{}},
		},
		Subscribed: []string{"INBOX"}, Scripts: map[string]string{"main": "keep;"}, Active: "main",
	}}
}

func TestDiff(t *testing.T) {
	after := state()
	u := after["u"]
	inbox := u.Mailboxes["INBOX"]
	inbox.UIDValidity, inbox.UIDNext = 9, 5
	one := inbox.Messages[1]
	one.Flags, one.Date = []string{}, one.Date.Add(time.Second)
	inbox.Messages[1] = one
	delete(inbox.Messages, 2)
	inbox.Messages[4] = client.Message{MessageID: "new"}
	u.Mailboxes["INBOX"] = inbox
	delete(u.Mailboxes, "Old")
	u.Subscribed, u.Active, u.Scripts["main"] = nil, "", "discard;"
	after["u"] = u
	want := []string{
		"u INBOX: UIDVALIDITY was 7, is 9",
		"u INBOX: UID 1 one: flags were [\\Seen], are []",
		"u INBOX: UID 1 one: internal date was 2020-01-01 00:00:00 +0000 UTC, is 2020-01-01 00:00:01 +0000 UTC",
		"u INBOX: UID 2 two is gone",
		"u Old: folder is gone, with 0 messages",
		`u: subscriptions were ["INBOX"], are []`,
		`u: active script was "main", is ""`,
		`u: script "main" was "keep;", is "discard;"`,
	}
	if diff := cmp.Diff(want, client.Diff(state(), after, true)); diff != "" {
		t.Errorf("with arrivals (-want +got):\n%s", diff)
	}
	if got := client.Diff(state(), after, false); len(got) != len(want)+2 {
		t.Errorf("without arrivals %d differences, want %d: %q", len(got), len(want)+2, got)
	}
	if got := client.Diff(state(), state(), false); got != nil {
		t.Errorf("equal snapshots differ: %q", got)
	}
}

func TestDiffRows(t *testing.T) {
	row := func(query, answer string) client.Rows {
		return client.Rows{Database: "d", Query: query, Answer: answer}
	}
	const sequence = "SELECT last_value, is_called FROM s"
	for name, tc := range map[string]struct {
		query, was, is string
		differ         bool
	}{
		"equal":            {"SELECT 1", "1", "1", false},
		"rows differ":      {"SELECT 1", "1", "2", true},
		"sequence ahead":   {sequence, "5|t", "37|t", false},
		"sequence behind":  {sequence, "5|t", "4|t", true},
		"sequence unused":  {sequence, "5|t", "5|f", true},
		"sequence missing": {sequence, "5|t", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := client.DiffRows([]client.Rows{row(tc.query, tc.was)}, []client.Rows{row(tc.query, tc.is)})
			if (len(got) > 0) != tc.differ {
				t.Errorf("differences %q, want some: %v", got, tc.differ)
			}
		})
	}
}

// TestSendAgainstServers: what a server does decides the outcome.
func TestSendAgainstServers(t *testing.T) {
	good := "220 hi|EHLO|250 ok|MAIL|250 ok|RCPT|250 ok|DATA|354 go|.|"
	for name, tc := range map[string]struct {
		script string
		want   client.Outcome
		code   int
	}{
		"accepted":                {good + "250 ok", client.Accepted, 250},
		"refused after the data":  {good + "451 no", client.Refused, 451},
		"lost after the data":     {good + "close", client.Unknown, 0},
		"refused at the greeting": {"421 later", client.Refused, 421},
		"lost before the data":    {"220 hi|EHLO|250 ok|MAIL|close", client.Refused, 0},
		"unknown recipient":       {"220 hi|EHLO|250 ok|MAIL|250 ok|RCPT|550 no", client.Refused, 550},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, tc.script)
			book := filepath.Join(t.TempDir(), "mail")
			got := sendOne(t, address, book)
			if got.Outcome != tc.want || got.Code != tc.code {
				t.Errorf("outcome %s %d (%s), want %s %d", got.Outcome, got.Code, got.Reply, tc.want, tc.code)
			}
		})
	}
	t.Run("no server", func(t *testing.T) {
		l := listen(t)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		got := sendOne(t, l.Addr().(*net.TCPAddr), filepath.Join(t.TempDir(), "mail"))
		if got.Outcome != client.Refused {
			t.Errorf("outcome %s, want refused", got.Outcome)
		}
	})
}

// sendOne sends one message and returns the end of its first attempt.
func sendOne(t *testing.T, address *net.TCPAddr, path string) client.Attempt {
	t.Helper()
	book, err := client.OpenBook(path)
	if err != nil {
		t.Fatal(err)
	}
	target := client.Target{Address: "127.0.0.1", Users: []string{"u@lab.test"}, Dialer: &net.Dialer{}, SMTPPort: address.Port}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- target.Send(ctx, client.Load{Run: "r", Workers: 1, Limit: 1, Retry: time.Hour, Patience: 5 * time.Second}, book)
	}()
	deadline := time.NewTimer(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		lines, err := client.ReadBookFile[client.Attempt](path)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) >= 2 {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			return lines[1]
		}
		select {
		case <-deadline.C:
			t.Fatal("no attempt ended")
		case <-tick.C:
		}
	}
}

func FuzzReadBook(f *testing.F) {
	f.Add("{\"token\":\"a\"}\n{\"tok")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := client.ReadBook[client.Attempt](strings.NewReader(text))
		if err == nil && len(lines) != strings.Count(text, "\n") {
			t.Errorf("%d lines from %q", len(lines), text)
		}
	})
}
