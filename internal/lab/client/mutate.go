package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// SQL runs statements in a database and returns what they print, unaligned.
type SQL func(ctx context.Context, database, statements string) (string, error)

// Change says what Mutate changes.
type Change struct {
	Label string // goes into names and rows; unique for each Mutate
	Users int    // how many users' mail is changed; default 3
}

// Expectation is the state that Mutate left behind and that must not change by
// itself. New mail may arrive.
type Expectation struct {
	Mail    Snapshot  `json:"mail"`
	Rows    []Rows    `json:"rows"`
	Removed []Attempt `json:"removed"` // messages that were deleted and count as found
}

// Rows is what one query answered.
type Rows struct {
	Database string `json:"database"`
	Query    string `json:"query"`
	Answer   string `json:"answer"`
}

// Mutate does what users do while a side serves: flags, deletes, moves, makes a
// folder, changes subscriptions and the Sieve script, and changes rows of both
// databases. The messages it deletes are written to the book as found.
func (t Target) Mutate(ctx context.Context, change Change, sql SQL, book *Book) (Expectation, error) {
	if change.Users == 0 {
		change.Users = 3
	}
	if change.Label == "" || change.Users > len(t.Users) {
		return Expectation{}, errors.New("mutate: a label, and no more users than there are, are needed")
	}
	var e Expectation
	touched := t
	touched.Users = t.Users[:change.Users]
	for _, user := range touched.Users {
		removed, err := touched.mutateUser(ctx, user, change.Label)
		if err != nil {
			return e, fmt.Errorf("change the mail of %s: %w", user, err)
		}
		for _, a := range removed {
			if err := book.Write(a); err != nil {
				return e, err
			}
		}
		e.Removed = append(e.Removed, removed...)
	}
	var err error
	if e.Mail, err = touched.Snapshot(ctx); err != nil {
		return e, err
	}
	e.Rows, err = mutateRows(ctx, change.Label, sql)
	return e, err
}

func (t Target) mutateUser(ctx context.Context, user, label string) ([]Attempt, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionPatience)
	defer cancel()
	var removed []Attempt
	err := t.session(ctx, user, func(c *imapclient.Client) error {
		var err error
		removed, err = mutateMail(c, user, label)
		return err
	})
	if err != nil {
		return nil, err
	}
	script := "# changed: " + label + "\r\nrequire [\"fileinto\"];\r\n" +
		"if header :is \"X-No-Such-Header\" \"" + label + "\" { fileinto \"Trash\"; }\r\n"
	return removed, t.PutScript(ctx, user, "main", script)
}

// mutateMail needs at least eight messages in the user's inbox.
func mutateMail(c *imapclient.Client, user, label string) ([]Attempt, error) {
	box, err := readMailbox(c, "INBOX")
	if err != nil {
		return nil, err
	}
	var uids []imap.UID
	for uid := range box.Messages {
		uids = append(uids, imap.UID(uid))
	}
	slices.Sort(uids)
	if len(uids) < 8 {
		return nil, fmt.Errorf("inbox has %d messages: changing it takes 8", len(uids))
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		return nil, err
	}
	// The newest ones: those that only the serving side has.
	last := uids[len(uids)-8:]
	flag := func(set imap.UIDSet, op imap.StoreFlagsOp, flags ...imap.Flag) error {
		return c.Store(set, &imap.StoreFlags{Op: op, Flags: flags, Silent: true}, nil).Close()
	}
	folder := "Changed " + label
	gone := imap.UIDSetNum(last[2], uids[0])
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"set flags", func() error {
			return flag(imap.UIDSetNum(last[0], last[1]), imap.StoreFlagsAdd, imap.FlagFlagged, "$Changed")
		}},
		{"set flags of an old message", func() error { return flag(imap.UIDSetNum(uids[1]), imap.StoreFlagsSet, imap.FlagAnswered) }},
		{"mark as deleted", func() error { return flag(gone, imap.StoreFlagsAdd, imap.FlagDeleted) }},
		{"expunge", func() error { return c.UIDExpunge(gone).Close() }},
		{"make a folder", func() error { return c.Create(folder, nil).Wait() }},
		{"subscribe", func() error { return c.Subscribe(folder).Wait() }},
		{"unsubscribe", func() error { return c.Unsubscribe("Sent").Wait() }},
		{"move", func() error { _, err := c.Move(imap.UIDSetNum(last[3], last[4]), folder).Wait(); return err }},
	} {
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	var removed []Attempt
	for _, uid := range []imap.UID{last[2], uids[0]} {
		if token, ok := tokenOf(box.Messages[uint32(uid)].MessageID); ok {
			removed = append(removed, Attempt{Token: token, User: user, At: time.Now(), Outcome: Removed})
		}
	}
	return removed, nil
}

// What Mutate does to the stand-in's databases. The label is quoted by sqlText.
func changeStatements(label string) map[string]string {
	l := sqlText(label)
	return map[string]string{
		"bj": `BEGIN;
INSERT INTO directory_entry (uid, kind, email, names, attributes) VALUES (md5(` + l + `)::uuid, 'group', ` + l + ` || '@changed.test', ARRAY[` + l + `], '{"changed": true}');
UPDATE directory_entry SET archived = true, attributes = jsonb_build_object('by', ` + l + `) WHERE email = 'entry7@lab.test';
DELETE FROM directory_entry WHERE id = (SELECT max(id) FROM directory_entry WHERE email LIKE 'entry%');
SELECT nextval('job_number');
COMMIT;`,
		"bj-data": `BEGIN;
INSERT INTO item (owner, kind, body) SELECT 'u01', 99, ` + l + ` || i FROM generate_series(1, 25) i;
UPDATE item SET body = body || ` + l + ` WHERE id BETWEEN 10 AND 20;
DELETE FROM item WHERE id IN (SELECT id FROM item WHERE kind <> 99 ORDER BY id DESC LIMIT 5);
UPDATE blob SET data = '\xff00' WHERE id = 3;
COMMIT;`,
	}
}

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Queries whose answers stand for all rows, and for the sequences' positions.
func rowQueries() []Rows {
	return []Rows{
		{Database: "bj", Query: "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM directory_entry t"},
		{Database: "bj", Query: "SELECT last_value, is_called FROM job_number"},
		{Database: "bj", Query: "SELECT last_value, is_called FROM directory_entry_id_seq"},
		{Database: "bj-data", Query: "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM item t"},
		{Database: "bj-data", Query: "SELECT last_value, is_called FROM item_id_seq"},
		{Database: "bj-data", Query: "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM blob t"},
	}
}

func mutateRows(ctx context.Context, label string, sql SQL) ([]Rows, error) {
	for database, statements := range changeStatements(label) {
		if _, err := sql(ctx, database, statements); err != nil {
			return nil, fmt.Errorf("change the rows of %s: %w", database, err)
		}
	}
	return ReadRows(ctx, sql)
}

// ReadRows asks what stands for all rows of the stand-in's databases.
func ReadRows(ctx context.Context, sql SQL) ([]Rows, error) {
	rows := rowQueries()
	for i, r := range rows {
		// The time zone decides how times are written.
		answer, err := sql(ctx, r.Database, "SET timezone = 'UTC';\n"+r.Query+";")
		if err != nil {
			return nil, fmt.Errorf("read the rows of %s: %w", r.Database, err)
		}
		rows[i].Answer = strings.TrimSpace(answer)
	}
	return rows, nil
}

// Verify compares a service with what Mutate left behind: UIDs, UIDVALIDITY,
// flags, internal dates, folders, subscriptions, scripts, rows and sequences. It
// returns what differs, a line each. Mail that arrived since is no difference.
func (t Target) Verify(ctx context.Context, e Expectation, sql SQL) ([]string, error) {
	t.Users = nil
	for user := range e.Mail {
		t.Users = append(t.Users, user)
	}
	now, err := t.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	differences := Diff(e.Mail, now, true)
	rows, err := ReadRows(ctx, sql)
	if err != nil {
		return nil, err
	}
	return append(differences, DiffRows(e.Rows, rows)...), nil
}

// DiffRows says which queries are answered otherwise now, a line each. A sequence
// may be ahead, as a crash leaves it, but not behind.
func DiffRows(before, after []Rows) []string {
	var lines []string
	answers := map[Rows]string{}
	for _, r := range after {
		answers[Rows{Database: r.Database, Query: r.Query}] = r.Answer
	}
	for _, r := range before {
		if is := answers[Rows{Database: r.Database, Query: r.Query}]; is != r.Answer && !ahead(r, is) {
			lines = append(lines, fmt.Sprintf("%s: %s: was %q, is %q", r.Database, r.Query, r.Answer, is))
		}
	}
	return lines
}

// ahead says whether a sequence's position, "value|called", is beyond what it was.
func ahead(r Rows, is string) bool {
	if !strings.HasPrefix(r.Query, "SELECT last_value") {
		return false
	}
	was, _, _ := strings.Cut(r.Answer, "|")
	now, called, _ := strings.Cut(is, "|")
	a, errA := strconv.ParseInt(was, 10, 64)
	b, errB := strconv.ParseInt(now, 10, 64)
	return errA == nil && errB == nil && b > a && called == "t"
}
