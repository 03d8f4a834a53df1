package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Domain of the tokens' Message-IDs: what it ends with belongs to this client.
const tokenDomain = "ledger.lab.test"

const sender = "sender@outside.test"

// sent is what became of one attempt.
type sent struct {
	outcome Outcome
	code    int
	reply   string
}

// judge sorts an error. Once the end of the data is on its way, only the
// server's answer tells; before that, nothing can have been accepted.
func judge(err error, ended bool) sent {
	var answer *smtp.SMTPError
	switch {
	case err == nil:
		return sent{outcome: Accepted, code: 250}
	case errors.As(err, &answer):
		return sent{outcome: Refused, code: answer.Code, reply: answer.Message}
	case ended:
		return sent{outcome: Unknown, reply: err.Error()}
	default:
		return sent{outcome: Refused, reply: err.Error()}
	}
}

// send makes one attempt over a connection of its own.
func (t Target) send(ctx context.Context, token, user string, size int, patience time.Duration) sent {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := t.dial(ctx, t.smtp())
	if err != nil {
		return judge(err, false)
	}
	c := smtp.NewClient(conn)
	defer func() { _ = c.Close() }() // the outcome is known before
	c.CommandTimeout, c.SubmissionTimeout = patience, patience
	if err := c.Hello("client.lab.test"); err != nil {
		return judge(err, false)
	}
	if err := c.Mail(sender, nil); err != nil {
		return judge(err, false)
	}
	if err := c.Rcpt(user, nil); err != nil {
		return judge(err, false)
	}
	data, err := c.Data()
	if err != nil {
		return judge(err, false)
	}
	if _, err := data.Write(message(token, user, size)); err != nil {
		return judge(err, false)
	}
	result := judge(data.Close(), true)
	_ = c.Quit() // the answer to the data is what counts
	return result
}

func message(token, user string, size int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@%s>\r\nDate: %s\r\n\r\n",
		sender, user, token, token, tokenDomain, time.Now().Format(time.RFC1123Z))
	for b.Len() < size {
		b.WriteString("A line of a message that must not be lost.\r\n")
	}
	return []byte(b.String())
}

// tokenOf is the token in a Message-ID, without brackets; false for other people's messages.
func tokenOf(messageID string) (string, bool) {
	local, domain, ok := strings.Cut(strings.Trim(messageID, "<>"), "@")
	return local, ok && domain == tokenDomain
}
