package executor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// direct reports whether packets reach the host under this machine's own address: over no jump host, and not translated on the way.
func (h *managed) direct(ctx context.Context) (bool, error) {
	if err := h.Connect(ctx); err != nil {
		return false, err
	}
	local := h.Local()
	if !local.IsValid() {
		return false, nil
	}
	client, _, err := h.ends(ctx)
	return err == nil && client == local, err
}

// ends are the two ends of our connection as the host sees them; what it does not say is invalid.
func (h *managed) ends(ctx context.Context) (netip.AddrPort, netip.AddrPort, error) {
	var client, server netip.AddrPort
	res, err := h.Run(ctx, remote.Command{Argv: []string{"sh", "-c", `printf '%s' "$SSH_CONNECTION"`}})
	if err != nil {
		return client, server, fmt.Errorf("see from where %s is reached: %w", h.Address(), err)
	}
	if seen := strings.Fields(string(res.Stdout)); len(seen) == 4 {
		client, server = endpointOf(seen[0], seen[1]), endpointOf(seen[2], seen[3])
	}
	return client, server, nil
}

func endpointOf(host, port string) netip.AddrPort {
	end, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(end.Addr().Unmap().WithZone(""), end.Port())
}

// own is the host's own address: the one it is reached at, of the family that is wanted where it is declared with one of each; a name is resolved by the
// host's own word.
func (h *managed) own(ctx context.Context, six bool) (netip.Addr, error) {
	if err := h.Connect(ctx); err != nil {
		return netip.Addr{}, err
	}
	for _, text := range knownAddresses(h) {
		if address, err := netip.ParseAddr(text); err == nil && address.Is6() == six {
			return address, nil
		}
	}
	if address, err := netip.ParseAddr(h.Address()); err == nil {
		return address, nil
	}
	_, server, err := h.ends(ctx)
	if err == nil && !server.IsValid() {
		err = fmt.Errorf("%s does not say at which address it is reached (SSH_CONNECTION): give its mail_host a numeric one", h.Address())
	}
	return server.Addr(), err
}
