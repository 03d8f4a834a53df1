package check

import (
	"encoding/base64"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// refusalError: a port or an answer that says no.
type refusalError struct{ text string }

func (e *refusalError) Error() string { return e.text }

// dropError: nothing came back in time, or the kernel gave up earlier (cause).
type dropError struct {
	stage      string
	after      time.Duration
	connecting bool // before a connection stood
	cause      error
}

func (e *dropError) Unwrap() error { return e.cause }

func (e *dropError) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("nobody answers: %s: %s", e.stage, e.cause)
	}
	return fmt.Sprintf("no answer within %s: %s", e.after, e.stage)
}

// closedPort reports whether a dial error says that nothing listens.
func closedPort(err error) bool {
	var refuser interface{ Refused() bool }
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
		(errors.As(err, &refuser) && refuser.Refused())
}

// hide remembers a password in the forms in which a server could echo it.
func (s *session) hide(user, password string) {
	if password == "" {
		return
	}
	encode := base64.StdEncoding.EncodeToString
	s.secrets = append(s.secrets,
		encode([]byte("\x00"+user+"\x00"+password)), encode([]byte(password)), password)
}
