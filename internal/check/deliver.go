package check

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"
)

// pollEvery is how often the mailbox is asked for the message.
const pollEvery = 100 * time.Millisecond

// deliver sends a message with a token of its own, waits for it in INBOX over
// IMAP, reads it and deletes it. The login comes first, so that a mailbox that
// cannot be read gets no message. With Refused only the way up to RCPT counts.
func (s *session) deliver(ctx context.Context) (string, error) {
	box, err := parseMailbox(s.check.Expect, s.check.Address)
	if err != nil {
		return "", err
	}
	if s.check.Refused {
		return s.acceptable(ctx, box)
	}
	who, ok := s.credentials(box.user)
	if !ok {
		return "", fmt.Errorf("there are no credentials for the mailbox %s, so a message could be sent but not found; nothing was sent", box.user)
	}
	w, client, err := s.imapClient(ctx, box.via, true)
	if err != nil {
		return "", fmt.Errorf("mailbox %s at %s: %w", box.user, box.via, err)
	}
	defer closeIMAP(w, client)
	if err := s.imapLogin(client, who); err != nil {
		return "", fmt.Errorf("mailbox %s at %s: %w", box.user, box.via, err)
	}
	s.stage = "SELECT INBOX"
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		return "", imapAnswered("SELECT INBOX", err)
	}
	token := newToken()
	sent := time.Now()
	if err := s.send(ctx, box, token); err != nil {
		return "", err
	}
	s.stage = fmt.Sprintf("message %s was accepted, but is not in INBOX of %s", token, box.user)
	uids, err := await(ctx, client, token)
	if err != nil {
		return "", err
	}
	took := time.Since(sent).Round(time.Millisecond)
	s.stage = "fetch and delete message " + token
	note, err := fetchAndDelete(client, uids, token)
	if err != nil {
		return "", err
	}
	if len(uids) != 1 {
		return "", fmt.Errorf("one message was sent, but INBOX of %s got %d%s", box.user, len(uids), note)
	}
	return fmt.Sprintf("delivered to %s and fetched after %s%s", box.user, took, note), nil
}

// acceptable asks whether the message would be accepted, without sending it.
func (s *session) acceptable(ctx context.Context, box mailbox) (string, error) {
	w, client, err := s.smtpClient(ctx, s.check.Address)
	if err != nil {
		return "", err
	}
	defer w.close()
	if err := s.offer(client, box.user); err != nil {
		return "", err
	}
	return "would accept mail for " + box.user, nil
}

// send submits the message and returns nil when the server has taken it.
func (s *session) send(ctx context.Context, box mailbox, token string) error {
	w, client, err := s.smtpClient(ctx, s.check.Address)
	if err != nil {
		return err
	}
	defer w.close()
	if s.authenticates() {
		if _, err := s.login(client, box.user); err != nil {
			return err
		}
	}
	s.stage = "send the message to " + s.check.Address
	if err := client.Mail("", nil); err != nil {
		return answered("MAIL FROM:<>", err)
	}
	if err := client.Rcpt(box.user, nil); err != nil {
		return answered("RCPT TO:<"+box.user+">", err)
	}
	if err := transfer(client, message(box.user, token)); err != nil {
		return answered("DATA", err)
	}
	// The message is accepted; a server that forgets to say goodbye changes nothing.
	_ = client.Quit()
	return nil
}

func transfer(client *smtp.Client, text []byte) error {
	data, err := client.Data()
	if err != nil {
		return err //nolint:wrapcheck // answered wraps it
	}
	if _, err := data.Write(text); err != nil {
		return err //nolint:wrapcheck // answered wraps it
	}
	return data.Close() //nolint:wrapcheck // answered wraps it
}

// message is a small one that no server answers (RFC 3834).
func message(to, token string) []byte {
	domain := to[strings.LastIndexByte(to, '@')+1:]
	lines := []string{
		"From: Mail check <" + to + ">",
		"To: <" + to + ">",
		"Date: " + time.Now().Format(time.RFC1123Z),
		"Message-ID: <" + token + "@" + domain + ">",
		"Subject: Mail check " + token,
		"Auto-Submitted: auto-generated",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"",
		"This message checks that mail is delivered. It is deleted by itself.",
		token,
		"",
	}
	return []byte(strings.Join(lines, "\r\n"))
}

func newToken() string {
	random := make([]byte, 12)
	_, _ = rand.Read(random) // never fails and always fills: crypto/rand's contract
	return "check-" + hex.EncodeToString(random)
}

// await asks until the message is there or ctx ends.
func await(ctx context.Context, client *imapclient.Client, token string) ([]imap.UID, error) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	criteria := &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: token}}}
	for {
		// NOOP lets the server tell of new messages, which SEARCH then sees.
		if err := client.Noop().Wait(); err != nil {
			return nil, imapAnswered("NOOP", err)
		}
		found, err := client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return nil, imapAnswered("SEARCH", err)
		}
		if uids := found.AllUIDs(); len(uids) > 0 {
			return uids, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the message: %w", context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// fetchAndDelete reads the message and deletes it. Where the
// server cannot expunge single messages (RFC 4315) it stays marked as deleted:
// EXPUNGE would take the user's own deleted messages along.
func fetchAndDelete(client *imapclient.Client, uids []imap.UID, token string) (string, error) {
	section := &imap.FetchItemBodySection{Peek: true}
	messages, err := client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return "", imapAnswered("FETCH", err)
	}
	for _, m := range messages {
		_, body, _ := bytes.Cut(m.FindBodySection(section), []byte("\r\n\r\n"))
		if !bytes.Contains(body, []byte(token)) { // servers on the way may add lines
			return "", fmt.Errorf("message %s came, but its text is not what was sent; it was left in INBOX", token)
		}
	}
	set := imap.UIDSetNum(uids...)
	flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := client.Store(set, flags, nil).Close(); err != nil {
		return "", imapAnswered("STORE", err)
	}
	if !client.Caps().Has(imap.CapUIDPlus) {
		return ", marked as deleted (the server has no UIDPLUS to expunge it alone)", nil
	}
	if err := client.UIDExpunge(set).Close(); err != nil {
		return "", imapAnswered("UID EXPUNGE", err)
	}
	return ", deleted", nil
}
