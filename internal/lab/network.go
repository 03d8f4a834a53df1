package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

const netnsDir = "/run/netns"

// prefix begins every name that the lab gives outside its own folder.
func (l *Lab) prefix() string { return "mail-lab-" + l.state.Name }

// netns names the network namespace of a host, of the switch ("sw") or of the controller ("ctl").
func (l *Lab) netns(who string) string { return l.prefix() + "-" + who }

func (l *Lab) makeSwitch(ctx context.Context) error {
	sw, ctl := l.netns("sw"), l.netns("ctl")
	for _, argv := range [][]string{
		{"ip", "netns", "add", sw},
		{"ip", "-n", sw, "link", "set", "lo", "up"},
		{"ip", "-n", sw, "link", "add", "br0", "type", "bridge", "forward_delay", "0"},
		{"ip", "-n", sw, "link", "set", "br0", "up"},
	} {
		if _, err := run(ctx, argv...); err != nil {
			return err
		}
	}
	if err := l.plug(ctx, "ctl"); err != nil {
		return err
	}
	address := l.state.Controller.String() + "/" + strconv.Itoa(l.state.Network.Bits())
	for _, argv := range [][]string{
		{"ip", "-n", ctl, "link", "set", "lo", "up"},
		{"ip", "-n", ctl, "addr", "add", address, "dev", "eth0"},
		{"ip", "-n", ctl, "link", "set", "eth0", "up"},
	} {
		if _, err := run(ctx, argv...); err != nil {
			return err
		}
	}
	return nil
}

// plug makes the network namespace of one machine and its port on the switch.
// The pair is made between the two namespaces, so this machine's own never sees it.
func (l *Lab) plug(ctx context.Context, who string) error {
	sw, ns := l.netns("sw"), l.netns(who)
	for _, argv := range [][]string{
		{"ip", "netns", "add", ns},
		{"ip", "link", "add", "eth0", "netns", ns, "type", "veth", "peer", "name", port(who), "netns", sw},
		{"ip", "-n", sw, "link", "set", port(who), "master", "br0", "up"},
	} {
		if _, err := run(ctx, argv...); err != nil {
			return err
		}
	}
	return nil
}

// port names a host's port on the switch; at most 14 characters.
func port(host string) string { return "p-" + host }

// unplug removes a machine's port and namespace. The port goes first: a
// namespace that is deleted lets its interfaces go late.
func (l *Lab) unplug(ctx context.Context, who string) error {
	var errs []error
	sw := l.netns("sw")
	if exists(filepath.Join(netnsDir, sw)) && who != "sw" {
		if _, err := run(ctx, "ip", "-n", sw, "link", "show", port(who)); err == nil {
			_, err := run(ctx, "ip", "-n", sw, "link", "del", port(who))
			errs = append(errs, err)
		}
	}
	if exists(filepath.Join(netnsDir, l.netns(who))) {
		_, err := run(ctx, "ip", "netns", "del", l.netns(who))
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
