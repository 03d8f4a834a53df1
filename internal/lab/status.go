package lab

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// HostStatus is what can be seen of a host.
type HostStatus struct {
	Name        string
	System      string   // "off", "frozen", or what the host's init says: "running", "degraded", …
	Cable       string   // "plugged" or "cut"
	Addresses   []string // what the host has now, not what it was made with
	Fingerprint string   // of its ed25519 host key
}

// Status looks at every host.
func (l *Lab) Status(ctx context.Context) ([]HostStatus, error) {
	ports, err := run(ctx, "ip", "-o", "-n", l.netns("sw"), "link", "show", "master", "br0")
	if err != nil {
		return nil, err
	}
	var all []HostStatus
	for _, h := range l.Hosts() {
		s := HostStatus{Name: h.Name(), Cable: "cut"}
		if strings.Contains(ports, " "+port(h.Name())+"@") {
			s.Cable = "plugged"
		}
		if s.Fingerprint, err = l.FingerprintSHA256(h.Name()); err != nil {
			return nil, err
		}
		if s.System, err = h.system(ctx); err != nil {
			return nil, err
		}
		if s.Addresses, err = h.ServedAddresses(ctx); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (h *Host) system(ctx context.Context) (string, error) {
	group, err := h.lab.payload(h.spec.Name)
	if err != nil {
		return "", err
	}
	if h.lab.frozen(group) {
		return "frozen", nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := h.Exec(ctx, nil, "systemctl", "is-system-running")
	if errors.Is(err, ErrOff) {
		return "off", nil
	}
	return strings.TrimSpace(string(out.Stdout)), err
}

// ServedAddresses are the addresses that the host's interface has at this moment.
func (h *Host) ServedAddresses(ctx context.Context) ([]string, error) {
	out, err := run(ctx, "ip", "-o", "-n", h.lab.netns(h.spec.Name), "addr", "show", "dev", "eth0", "scope", "global")
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, line := range strings.Split(out, "\n") {
		if f := strings.Fields(line); len(f) > 3 && strings.HasPrefix(f[2], "inet") {
			addresses = append(addresses, f[3])
		}
	}
	return addresses, nil
}

// Controller prepares a command in the bare namespace of the controller, which reaches all hosts.
func (l *Lab) Controller(ctx context.Context, argv ...string) *exec.Cmd {
	return l.inNetns(ctx, "ctl", argv...)
}

// From prepares a program of this machine in a host's network namespace: it sees
// this machine's files and the host's network, also while the host is off.
func (l *Lab) From(ctx context.Context, host string, argv ...string) (*exec.Cmd, error) {
	if _, err := l.Host(host); err != nil {
		return nil, err
	}
	return l.inNetns(ctx, host, argv...), nil
}

func (l *Lab) inNetns(ctx context.Context, who string, argv ...string) *exec.Cmd {
	// nsenter, not "ip netns exec": that one would also give the command a mount
	// namespace of its own, and what it mounts would be hidden from everybody else.
	return program(ctx, append([]string{"nsenter", "--net=" + filepath.Join(netnsDir, l.netns(who)), "--"}, argv...)...)
}
