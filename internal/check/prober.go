package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
)

// Dialer connects. An error that wraps ECONNREFUSED or ECONNRESET, or has a
// method Refused() bool that says true, means that the port is closed.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Runner runs a command where the checks are made from. A non-zero exit is not
// an error.
type Runner interface {
	Run(ctx context.Context, argv []string) (exit int, output string, err error)
}

// Credentials gives the user and password for a mailbox, named as in Expect.
type Credentials func(name string) (user, password string, ok bool)

// Prober runs checks. Dialer is needed; Runner only for Kind Command;
// Credentials may be nil. It may be used by several goroutines.
type Prober struct {
	Dialer      Dialer
	Runner      Runner
	Credentials Credentials
	// LocalName is said in EHLO; empty: the connection's own address as a
	// literal (RFC 5321, section 4.1.3).
	LocalName string
}

// parallel bounds the probes that All runs at a time: below the sessions that
// an sshd admits on one connection, so that probes from a host do not wait for
// each other.
const parallel = 8

// All runs the checks side by side. A check without a name gets its key.
func (p *Prober) All(ctx context.Context, checks map[string]Check) map[string]Result {
	results := make(map[string]Result, len(checks))
	slots := make(chan struct{}, parallel)
	var mutex sync.Mutex
	var group sync.WaitGroup
	for name, c := range checks {
		if c.Name == "" {
			c.Name = name
		}
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			result := p.Run(ctx, c)
			mutex.Lock()
			defer mutex.Unlock()
			results[name] = result
		})
	}
	group.Wait()
	return results
}

// Run makes one check. It returns at the latest when the check's timeout has
// passed or ctx ends.
func (p *Prober) Run(ctx context.Context, c Check) Result {
	started := time.Now()
	s := &session{prober: p, check: c, stage: "start"}
	ok, detail := s.judge(ctx)
	return Result{OK: ok, Detail: clean(detail, s.secrets), Seconds: time.Since(started).Seconds()}
}

// session is one run of one check: where it is, and what must not be shown.
type session struct {
	prober  *Prober
	check   Check
	stage   string // what is being done, for the text of a time-out
	secrets []string
	cut     atomic.Bool // a connection ended with a reset
}

// judge runs the probe and turns its outcome into a verdict.
func (s *session) judge(ctx context.Context) (bool, string) {
	if err := s.check.Validate(); err != nil {
		return false, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	limited, cancel := context.WithTimeout(ctx, s.check.timeout())
	defer cancel()
	detail, err := s.probe(limited)
	// What came in time counts, whatever the clock says by now.
	if err != nil && limited.Err() != nil {
		err = s.ended(ctx, err)
	}
	if !s.check.Refused {
		if err != nil {
			return false, err.Error()
		}
		return true, detail
	}
	var refusal *refusalError
	var dropped *dropError
	switch {
	case err == nil:
		return false, "it serves: " + detail
	case errors.As(err, &refusal):
		return true, err.Error()
	case errors.As(err, &dropped) && dropped.connecting:
		return true, err.Error() + " (not refused, dropped)"
	case s.cut.Load():
		return true, "the connection was reset: " + err.Error()
	default:
		return false, "cannot tell whether it refuses: " + err.Error()
	}
}

// ended says that time ran out or the caller gave up, and in which stage. A
// refusal that was heard before stays one.
func (s *session) ended(ctx context.Context, err error) error {
	var refusal *refusalError
	if errors.As(err, &refusal) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("stopped in %s: %w", s.stage, context.Cause(ctx))
	}
	return &dropError{stage: s.stage, after: s.check.timeout(), connecting: strings.HasPrefix(s.stage, "connect ")}
}

// probe dispatches by kind.
func (s *session) probe(ctx context.Context) (string, error) {
	switch s.check.Kind {
	case TCP:
		return s.tcp(ctx)
	case SMTP, Submit:
		return s.smtp(ctx)
	case IMAP:
		return s.imap(ctx)
	case POP3, APOP:
		return s.pop3(ctx)
	case HTTP:
		return s.http(ctx)
	case DNS:
		return s.dns(ctx)
	case Deliver:
		return s.deliver(ctx)
	case Command:
		return s.command(ctx)
	default:
		return "", fmt.Errorf("kind %q is not known", s.check.Kind)
	}
}

// credentials asks for a mailbox and remembers what must stay hidden.
func (s *session) credentials(name string) (login, bool) {
	if s.prober.Credentials == nil || name == "" {
		return login{}, false
	}
	user, password, ok := s.prober.Credentials(name)
	if !ok {
		return login{}, false
	}
	s.hide(user, password)
	return login{user: user, password: password}, true
}

type login struct{ user, password string }

// tcp connects and, on a port of implicit TLS, shakes hands.
func (s *session) tcp(ctx context.Context) (string, error) {
	w, err := s.dial(ctx, s.check.Address)
	if err != nil {
		return "", err
	}
	defer w.close()
	return "connected" + w.tlsDetail(), nil
}

// command runs the command by the Runner.
func (s *session) command(ctx context.Context) (string, error) {
	if s.prober.Runner == nil {
		return "", errors.New("commands cannot be run here")
	}
	s.stage = "run " + s.check.Command[0]
	exit, output, err := s.prober.Runner.Run(ctx, s.check.Command)
	if err != nil {
		return "", fmt.Errorf("run %s: %w", s.check.Command[0], err)
	}
	output = strings.TrimSpace(output)
	if exit != 0 {
		return "", &refusalError{fmt.Sprintf("exit %d: %s", exit, output)}
	}
	if !strings.Contains(output, s.check.Expect) {
		return "", fmt.Errorf("exit 0, but %q is not in the output: %s", s.check.Expect, output)
	}
	return "exit 0: " + output, nil
}

// clean makes one line of at most 300 characters without secrets and control
// characters: servers' texts are shown, and servers may say anything.
func clean(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	text = strings.TrimSuffix(strings.Join(strings.Fields(text), " "), ":")
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:299]) + "…"
	}
	return text
}
