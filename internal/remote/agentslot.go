package remote

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// errNoSession answers an agent request that comes while no session may use
// the agent.
var errNoSession = errors.New("no session uses this agent")

// errForwardingRefused: sshd has AllowAgentForwarding no, or the key's
// options forbid it.
var errForwardingRefused = errors.New("the host refuses agent forwarding: set AllowAgentForwarding yes in its sshd_config")

// agentSlot is a host's connection for sessions that forward one agent. An
// agent channel does not say which session it belongs to (OpenSSH makes one
// socket for a connection), so agents never share a connection, with each
// other or with plain sessions.
type agentSlot struct {
	slot slot
	gate *gatedAgent
}

// close ends the connection.
func (a *agentSlot) close() error { return a.slot.close() }

// gatedAgent answers only while a session uses it.
type gatedAgent struct {
	agent.Agent
	users atomic.Int64
}

// List implements agent.Agent.
func (g *gatedAgent) List() ([]*agent.Key, error) {
	if g.users.Load() == 0 {
		return nil, errNoSession
	}
	return g.Agent.List()
}

// Sign implements agent.Agent.
func (g *gatedAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return g.SignWithFlags(key, data, 0)
}

// SignWithFlags implements agent.ExtendedAgent.
func (g *gatedAgent) SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error) {
	if g.users.Load() == 0 {
		return nil, errNoSession
	}
	if extended, ok := g.Agent.(agent.ExtendedAgent); ok {
		return extended.SignWithFlags(key, data, flags)
	}
	return g.Agent.Sign(key, data)
}

// Extension implements agent.ExtendedAgent.
func (g *gatedAgent) Extension(string, []byte) ([]byte, error) {
	return nil, agent.ErrExtensionUnsupported
}

// agentSlot gives the host's slot for an agent.
func (h *Host) agentSlot(keys agent.Agent) (*agentSlot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	kept, known := h.leases[keys]
	if !known {
		kept = &agentSlot{gate: &gatedAgent{Agent: keys}}
		h.leases[keys] = kept
	}
	return kept, nil
}

// dialAgent connects for one agent.
func (h *Host) dialAgent(ctx context.Context, gate *gatedAgent) (*link, error) {
	made, err := h.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := agent.ForwardToAgent(made.client, gate); err != nil {
		return nil, errors.Join(fmt.Errorf("forward agent: %w", err), made.close())
	}
	return made, nil
}

// requestAgent asks for forwarding. OpenSSH grants it once a connection and
// then gives the socket to all its sessions, others grant it to each session.
func (l *link) requestAgent(session *ssh.Session) error {
	l.agentMu.Lock()
	defer l.agentMu.Unlock()
	err := agent.RequestAgentForwarding(session)
	switch {
	case err == nil:
		l.agentGranted = true
	case l.agentGranted:
	case l.dead():
		return errors.Join(ErrConnectionEnded, err)
	default:
		return errForwardingRefused
	}
	return nil
}

// once guards the release of a session.
func once(f func()) func() {
	var guard sync.Once
	return func() { guard.Do(f) }
}

// Forget ends the connection kept for an agent: to be called when the lease is
// no longer needed. Without it, the connection ends with the host.
func (h *Host) Forget(keys agent.Agent) error {
	h.mu.Lock()
	kept := h.leases[keys]
	delete(h.leases, keys)
	h.mu.Unlock()
	if kept == nil {
		return nil
	}
	return kept.close()
}
