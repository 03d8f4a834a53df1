package remote

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"

	"golang.org/x/crypto/ssh/agent"
)

// Host is one machine, reached when it is needed. It is safe for concurrent use.
type Host struct {
	pool     *Pool
	endpoint Endpoint
	main     slot

	mu     sync.Mutex
	leases map[agent.Agent]*agentSlot
	closed bool
}

func newHost(pool *Pool, endpoint Endpoint) *Host {
	if endpoint.User == "" {
		endpoint.User = pool.config.User
	}
	endpoint.Addresses = slices.Clone(endpoint.Addresses)
	return &Host{pool: pool, endpoint: endpoint, leases: map[agent.Agent]*agentSlot{}}
}

// Endpoint says how the host is reached, with the user filled in.
func (h *Host) Endpoint() Endpoint { return h.endpoint }

// Connect makes sure that the host is connected. It returns nil, an error
// that is [ErrUnreachable], a [*HostKeyError] or an [*AuthError].
func (h *Host) Connect(ctx context.Context) error {
	_, err := h.main.get(ctx, h.dial)
	return err
}

// Address is which of the endpoint's addresses the host is connected to,
// IPv6 without brackets; empty while it is not.
func (h *Host) Address() string {
	l := h.main.peek()
	if l == nil {
		return ""
	}
	address, _, err := net.SplitHostPort(l.address)
	if err != nil {
		return l.address
	}
	return address
}

// Local is this machine's end of the connection, invalid while there is none
// or where it goes over jump hosts.
func (h *Host) Local() netip.AddrPort {
	l := h.main.peek()
	if l == nil || h.endpoint.Jump != "" {
		return netip.AddrPort{}
	}
	local, ok := l.client.LocalAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	end := local.AddrPort()
	return netip.AddrPortFrom(end.Addr().Unmap().WithZone(""), end.Port())
}

// Fresh makes a new connection to the same machine (the same pinned key),
// shared with nobody; addresses replace the endpoint's where there are any.
// The result is closed by its Close, or with the pool.
func (h *Host) Fresh(ctx context.Context, addresses []string) (*Host, error) {
	endpoint := h.endpoint
	if len(addresses) > 0 {
		endpoint.Addresses = addresses
	}
	pinned, err := resolve(h.pool.config, h.endpoint)
	if err != nil {
		return nil, err
	}
	endpoint.ID = pinned.id
	fresh := newHost(h.pool, endpoint)
	if err := h.pool.adopt(fresh); err != nil {
		return nil, err
	}
	if err := fresh.Connect(ctx); err != nil {
		return nil, errors.Join(err, fresh.Close())
	}
	return fresh, nil
}

// Reconnect ends the host's connections, as when they were lost: the next use makes new ones. Commands that run get [ErrConnectionLost].
func (h *Host) Reconnect() {
	h.mu.Lock()
	slots := []*slot{&h.main}
	for _, lease := range h.leases {
		slots = append(slots, &lease.slot)
	}
	h.mu.Unlock()
	for _, s := range slots {
		if l := s.peek(); l != nil {
			_ = l.client.Close() // it is as good as lost
		}
	}
}

// Close ends the host's connections. Commands that run get [ErrConnectionLost].
func (h *Host) Close() error {
	h.pool.disown(h)
	h.mu.Lock()
	h.closed = true
	leases := h.leases
	h.leases = nil
	h.mu.Unlock()
	errs := []error{h.main.close()}
	for _, lease := range leases {
		errs = append(errs, lease.close())
	}
	return errors.Join(errs...)
}

// dial connects to the endpoint.
func (h *Host) dial(ctx context.Context) (*link, error) {
	if err := h.endpoint.validate(); err != nil {
		return nil, err
	}
	hops, err := ParseJump(h.endpoint.Jump)
	if err != nil {
		return nil, err
	}
	return dialHost(ctx, h.pool.config, h.endpoint, h.endpoint.Addresses, h.pool.via(hops, h.pool.config.User))
}
