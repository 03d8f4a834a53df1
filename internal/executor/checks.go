package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// The fence lets connections from these source ports of the controller's address pass (internal/operation/host/lib/31-fence.sh).
const (
	admittedFirst = 61000
	admittedPorts = 1000
)

// admittedDialer connects from a port that the fence admits.
type admittedDialer struct{}

// DialContext connects from a free port of the admitted range.
func (admittedDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	start := rand.IntN(admittedPorts) //nolint:gosec // spreads ports, guards nothing
	for i := range admittedPorts {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{Port: admittedFirst + (start+i)%admittedPorts}}
		if network == "udp" {
			dialer.LocalAddr = &net.UDPAddr{Port: admittedFirst + (start+i)%admittedPorts}
		}
		conn, err := dialer.DialContext(ctx, network, address)
		if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EADDRNOTAVAIL) {
			continue
		}
		return conn, err
	}
	return nil, fmt.Errorf("no port between %d and %d is free", admittedFirst, admittedFirst+admittedPorts-1)
}

// hostDialer connects from a host, through its SSH connection.
type hostDialer struct{ h *managed }

// DialContext connects from the host.
func (d hostDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.h.Dial(ctx, network, address)
}

// localRunner runs a check's command on the machine that runs Terraform.
type localRunner struct{}

// Run runs the command; a non-zero exit is not an error.
func (localRunner) Run(ctx context.Context, argv []string) (int, string, error) {
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput() //nolint:gosec // the user declares the command of the check
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(out), nil
	}
	return 0, string(out), err
}

// hostRunner runs a check's command on a host.
type hostRunner struct{ h *managed }

// Run runs the command; a non-zero exit is not an error.
func (r hostRunner) Run(ctx context.Context, argv []string) (int, string, error) {
	res, err := r.h.Run(ctx, remote.Command{Argv: argv})
	return res.Exit, string(res.Stdout) + string(res.Stderr), err
}

// prober probes from where the check says: a host, or this machine. Where this machine's packets reach the fence under another address, they go
// over the connection to the host behind it: the fence could not tell others from us.
func (c *Controller) prober(ctx context.Context, d declare.Check, secrets map[string]string) (*check.Prober, error) {
	credentials := func(name string) (string, string, bool) {
		password, ok := secrets[name]
		return name, password, ok
	}
	if d.From != "" {
		h, err := c.host(d.From)
		if err != nil {
			return nil, err
		}
		return &check.Prober{Dialer: hostDialer{h}, Runner: hostRunner{h}, Credentials: credentials}, nil
	}
	p := &check.Prober{Dialer: admittedDialer{}, Runner: localRunner{}, Credentials: credentials}
	if d.Behind == "" {
		return p, nil
	}
	h, err := c.host(d.Behind)
	if err != nil {
		return nil, err
	}
	direct, err := h.direct(ctx)
	if err != nil {
		return nil, err
	}
	if !direct {
		p.Dialer = hostDialer{h}
	}
	return p, nil
}

// probeOf is the probe of a check; in a rehearsal the service's addresses are replaced by that of the host behind the fence.
func probeOf(d declare.Check, own netip.Addr) check.Check {
	probe := check.Check{
		Name: d.Name, Kind: check.Kind(d.Kind), Address: d.Address, Expect: d.Expect,
		Timeout: d.Timeout, Refused: d.Refused, Command: slices.Clone(d.Command),
	}
	for _, host := range d.Own {
		address, err := netip.ParseAddr(host)
		if err != nil {
			continue // a name: the dialer turns it
		}
		probe.Address = declare.Replaced(probe.Address, address, own)
		if probe.Kind == check.Deliver {
			probe.Expect = declare.Replaced(probe.Expect, address, own) // via=
		}
		for i, word := range probe.Command {
			probe.Command[i] = declare.Replaced(word, address, own)
		}
	}
	return probe
}

// turnedDialer connects to another host instead of those with these names.
type turnedDialer struct {
	check.Dialer
	names []string
	to    string
}

// DialContext connects to the other host at the same port.
func (d turnedDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && slices.Contains(d.names, host) {
		address = net.JoinHostPort(d.to, port)
	}
	return d.Dialer.DialContext(ctx, network, address)
}

// Checks probes everything once, side by side.
func (c *Controller) Checks(ctx context.Context, checks []declare.Check, secrets map[string]string) map[string]check.Result {
	results := make(map[string]check.Result, len(checks))
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, d := range checks {
		group.Go(func() {
			result := c.checkOnce(ctx, d, secrets)
			mu.Lock()
			defer mu.Unlock()
			results[d.Name] = result
		})
	}
	group.Wait()
	return results
}

func (c *Controller) checkOnce(ctx context.Context, d declare.Check, secrets map[string]string) check.Result {
	prober, err := c.prober(ctx, d, secrets)
	if err != nil {
		return check.Result{Detail: err.Error()}
	}
	if len(d.Own) == 0 {
		return prober.Run(ctx, probeOf(d, netip.Addr{}))
	}
	behind, err := c.host(d.Behind)
	if err != nil {
		return check.Result{Detail: err.Error()}
	}
	own, err := behind.own(ctx, slices.ContainsFunc(d.Own, func(host string) bool { return strings.Contains(host, ":") }))
	if err != nil {
		return check.Result{Detail: err.Error()}
	}
	prober.Dialer = turnedDialer{prober.Dialer, d.Own, own.String()}
	return prober.Run(ctx, probeOf(d, own))
}

// checkPause is the time between two attempts of a check that waits for a service to come up.
const checkPause = 100 * time.Millisecond

// checkUntil probes until the check is met or its timeout has passed: a service that was just started may need a moment.
func (c *Controller) checkUntil(ctx context.Context, d declare.Check, secrets map[string]string) check.Result {
	limit := d.Timeout
	if limit <= 0 {
		limit = check.DefaultTimeout
	}
	begin := time.Now()
	for {
		result := c.checkOnce(ctx, d, secrets)
		if result.OK || time.Since(begin) >= limit || ctx.Err() != nil {
			result.Seconds = time.Since(begin).Seconds()
			return result
		}
		wait := time.NewTimer(checkPause)
		select {
		case <-ctx.Done():
			wait.Stop()
		case <-wait.C:
		}
	}
}
