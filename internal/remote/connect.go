package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// headStart is how long an address is tried before the next one is tried
// beside it. An address that fails makes room at once.
const headStart = 1500 * time.Millisecond

// dialer opens a byte stream to host:port.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// login is what one handshake needs.
type login struct {
	user     string
	checker  checker
	identity *identity
}

// dialHost connects to the first of addresses that proves the pinned key.
func dialHost(ctx context.Context, config Config, endpoint Endpoint, addresses []string, via dialer) (*link, error) {
	pinned, err := resolve(config, endpoint)
	if err != nil {
		return nil, err
	}
	keys, err := loadIdentity(ctx, config)
	if err != nil {
		return nil, err
	}
	made, causes := race(ctx, addresses, func(ctx context.Context, address string) (*link, error) {
		target := hostPort(address, endpoint.port())
		return dialOne(ctx, config, target, login{endpoint.User, pinChecker(pinned, target), keys}, via)
	})
	_ = keys.close() // the login is over; the agent keeps no state
	if made == nil {
		return nil, describe(ctx, pinned.id, causes)
	}
	return made, nil
}

// attempt is the result of one address.
type attempt struct {
	index int
	link  *link
	err   error
}

// race tries addresses in turn, each with a head start on the next, and gives
// the first connection. The errors are in the order of the addresses.
func race(ctx context.Context, addresses []string, try func(context.Context, string) (*link, error)) (*link, []error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt)
	errs := make([]error, len(addresses))
	started, running := 0, 0
	start := func() {
		index := started
		started++
		running++
		go func() {
			made, err := try(ctx, addresses[index])
			results <- attempt{index, made, err}
		}()
	}
	timer := time.NewTicker(headStart)
	defer timer.Stop()
	var winner *link
	refused := false
	start()
	for running > 0 {
		select {
		case <-timer.C:
			if started < len(addresses) && winner == nil && !refused {
				start()
			}
			continue
		case got := <-results:
			running--
			winner = got.keep(winner)
			errs[got.index] = got.err
			var auth *AuthError
			refused = refused || errors.As(got.err, &auth)
		}
		switch {
		case winner != nil || refused || ctx.Err() != nil:
			cancel() // the others are only awaited
		case started < len(addresses):
			start()
			timer.Reset(headStart)
		}
	}
	if winner != nil {
		return winner, nil
	}
	return nil, errs[:started]
}

// keep gives the connection to go on with, and closes a second one.
func (a attempt) keep(winner *link) *link {
	if a.link == nil {
		return winner
	}
	if winner != nil {
		_ = a.link.close() // nothing ran over it
		return winner
	}
	return a.link
}

// describe joins the causes of all addresses.
func describe(ctx context.Context, id string, causes []error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("connect to host %s: %w", id, cause)
	}
	failed := &ConnectError{ID: id}
	for _, cause := range causes {
		var auth *AuthError
		if errors.As(cause, &auth) {
			return cause // the right host spoke: the other addresses do not matter
		}
		failed.Causes = append(failed.Causes, cause)
	}
	if len(failed.Causes) == 1 && decisive(failed.Causes[0]) {
		return failed.Causes[0]
	}
	return failed
}

// dialOne connects to one host:port and logs in, within the dial time-out.
func dialOne(ctx context.Context, config Config, target string, who login, via dialer) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, config.DialTimeout, fmt.Errorf("no answer within %s", config.DialTimeout))
	defer cancel()
	raw, err := via(ctx, "tcp", target)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	var rejected error
	setup := ssh.ClientConfig{
		User:              who.user,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(who.identity.signers...)},
		HostKeyAlgorithms: who.checker.algorithms,
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			rejected = who.checker.verify(name, remote, key)
			return rejected
		},
	}
	made, err := handshake(ctx, raw, target, setup, config)
	switch {
	case err == nil:
		return made, nil
	case (rejected != nil || otherAlgorithms(err)) && len(who.checker.others) > 0:
		who.checker.algorithms, who.checker.others = who.checker.others[0], who.checker.others[1:]
		return dialOne(ctx, config, target, who, via)
	case rejected != nil:
		return nil, rejected
	case otherAlgorithms(err) && who.checker.algorithms != nil:
		// Its keys are of other types, so it is another machine: ask once more to name its key.
		who.checker.algorithms = nil
		return dialOne(ctx, config, target, who, via)
	case sshAuthRefused(err):
		return nil, &AuthError{Address: target, User: who.user, Offered: who.identity.offered, Notes: who.identity.notes}
	default:
		return nil, fmt.Errorf("%s: %w", target, err)
	}
}

// otherAlgorithms reports whether the peer has no host key of the wanted type.
func otherAlgorithms(err error) bool {
	var negotiation *ssh.AlgorithmNegotiationError
	return errors.As(err, &negotiation) && negotiation.What == "host key"
}
