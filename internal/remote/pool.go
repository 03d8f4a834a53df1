package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
)

// Pool keeps one connection for each host and each jump chain. It is safe for
// concurrent use.
type Pool struct {
	config Config

	mu     sync.Mutex
	hosts  map[string]*Host
	fresh  []*Host
	jumps  map[string]*slot
	order  []*slot
	closed bool
}

// NewPool makes a pool. Nothing is dialled before it is needed.
func NewPool(config Config) *Pool {
	return &Pool{config: config.withDefaults(), hosts: map[string]*Host{}, jumps: map[string]*slot{}}
}

// Host gives the pool's host for an endpoint; equal endpoints share it and
// its connection. A mistake in the endpoint is the error of the first use.
func (p *Pool) Host(endpoint Endpoint) *Host {
	key := fmt.Sprintf("%#v", endpoint)
	p.mu.Lock()
	defer p.mu.Unlock()
	host, known := p.hosts[key]
	if !known {
		host = newHost(p, endpoint)
		p.hosts[key] = host
	}
	return host
}

// Close ends all connections, those made by [Host.Fresh] too. Commands that
// run get [ErrConnectionLost].
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	hosts := slices.Clone(p.fresh)
	for _, host := range p.hosts {
		hosts = append(hosts, host)
	}
	jumps := slices.Clone(p.order)
	p.mu.Unlock()
	var errs []error
	for _, host := range hosts {
		errs = append(errs, host.Close())
	}
	slices.Reverse(jumps) // a chain ends at its far end first
	for _, jump := range jumps {
		errs = append(errs, jump.close())
	}
	return errors.Join(errs...)
}

// adopt has the pool close a host that is not shared.
func (p *Pool) adopt(host *Host) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	p.fresh = append(p.fresh, host)
	return nil
}

// disown forgets a host that was closed.
func (p *Pool) disown(host *Host) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fresh = slices.DeleteFunc(p.fresh, func(other *Host) bool { return other == host })
}

// via gives the way to addresses behind a jump chain: the chain's last
// connection, or this machine.
func (p *Pool) via(hops []Hop, user string) dialer {
	if len(hops) == 0 {
		var direct net.Dialer
		return direct.DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		last, err := p.jump(ctx, hops, user)
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", hops[len(hops)-1], err)
		}
		conn, err := last.client.DialContext(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("from jump host %s: %w", hops[len(hops)-1], err)
		}
		return conn, nil
	}
}

// jump gives the kept connection to the last of hops.
func (p *Pool) jump(ctx context.Context, hops []Hop, user string) (*link, error) {
	key := fmt.Sprint(user, hops)
	p.mu.Lock()
	kept, known := p.jumps[key]
	if !known && !p.closed {
		kept = &slot{}
		p.jumps[key] = kept
		p.order = append(p.order, kept)
	}
	p.mu.Unlock()
	if kept == nil {
		return nil, ErrClosed
	}
	return kept.get(ctx, func(ctx context.Context) (*link, error) { return p.dialHop(ctx, hops, user) })
}

// dialHop connects to the last of hops through those before it.
func (p *Pool) dialHop(ctx context.Context, hops []Hop, user string) (*link, error) {
	hop := hops[len(hops)-1]
	lines, files, err := readKnownHosts(p.config)
	if err != nil {
		return nil, err
	}
	check, err := nameChecker(lines, files, hop)
	if err != nil {
		return nil, err
	}
	keys, err := loadIdentity(ctx, p.config)
	if err != nil {
		return nil, err
	}
	if hop.User != "" {
		user = hop.User
	}
	made, err := dialOne(ctx, p.config, hostPort(hop.Host, hop.Port), login{user, check, keys}, p.via(hops[:len(hops)-1], user))
	_ = keys.close() // the login is over; the agent keeps no state
	return made, err
}
