//go:build lab

package lab_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

const patience = 3 * time.Minute

func hostsSpec(name string, dir string) lab.Spec {
	address := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	return lab.Spec{
		Name: name, StateDir: dir, Network: netip.MustParsePrefix("10.98.0.0/24"), Controller: netip.MustParseAddr("10.98.0.1"),
		Hosts: []lab.HostSpec{
			{Name: "a", FQDN: "a.lab.test", Addresses: address("10.98.0.2/24"), DiskMiB: 64},
			{Name: "b", FQDN: "b.lab.test", Addresses: address("10.98.0.3/24")},
			{Name: "c", FQDN: "c.lab.test", Addresses: address("10.98.0.4/24")},
		},
	}
}

// TestHosts makes real hosts; its parts are in an order and build on each other.
func TestHosts(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	dir := t.TempDir()
	l, err := lab.Up(ctx, hostsSpec("test", dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { down(t, l, dir) })
	if _, err := lab.Up(ctx, hostsSpec("test", dir)); !errors.Is(err, lab.ErrExists) {
		t.Errorf("a second lab of the name: %v, want %v", err, lab.ErrExists)
	}
	reopened, err := lab.Open("test", dir)
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{Lab: reopened, t: t, ctx: ctx}
	t.Run("exec", f.exec)
	t.Run("ssh_by_known_hosts", f.ssh)
	t.Run("cut_and_heal", f.cut)
	t.Run("power_cut_is_silent", f.kill)
	t.Run("reboot_and_address_that_is_not_persistent", f.reboot)
	t.Run("disk_full", f.fill)
	t.Run("freeze", f.freeze)
	t.Run("loss", f.lose)
}

type fixture struct {
	*lab.Lab
	t   *testing.T
	ctx context.Context //nolint:containedctx // one test's
}

func (f fixture) host(t *testing.T, name string) *lab.Host {
	t.Helper()
	h, err := f.Host(name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (f fixture) run(t *testing.T, host string, argv ...string) string {
	t.Helper()
	out, err := f.host(t, host).Run(f.ctx, nil, argv...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func (f fixture) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f fixture) reaches(t *testing.T, from, address string) bool {
	t.Helper()
	out, err := f.host(t, from).Exec(f.ctx, nil, "ping", "-c1", "-W1", address)
	f.must(t, err)
	return out.Code == 0
}

// reached waits until the address answers. A kernel that was just looking in vain for the
// neighbour gives up on packets of now too, so a first silence proves nothing.
func (f fixture) reached(t *testing.T, from, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, 30*time.Second)
	defer cancel()
	f.must(t, f.host(t, from).Await(ctx, "ping", "-c1", "-W1", address))
}

func (f fixture) exec(t *testing.T) {
	if got := f.run(t, "a", "hostname"); got != "a.lab.test" {
		t.Errorf("hostname %q", got)
	}
	out, err := f.host(t, "a").Exec(f.ctx, strings.NewReader("in"), "sh", "-c", "cat; echo bad >&2; exit 7")
	if err != nil || out.Code != 7 || string(out.Stdout) != "in" || string(out.Stderr) != "bad\n" {
		t.Errorf("output %+v, %v", out, err)
	}
	name := "/root/odd 'name'"
	f.must(t, f.host(t, "a").WriteFile(f.ctx, name, []byte("x\n"), 0o640))
	data, err := f.host(t, "a").ReadFile(f.ctx, name)
	if err != nil || string(data) != "x\n" {
		t.Errorf("read back %q, %v", data, err)
	}
	if got := f.run(t, "a", "stat", "-c", "%a", name); got != "640" {
		t.Errorf("mode %s", got)
	}
	short, cancel := context.WithTimeout(f.ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := f.host(t, "a").Exec(short, nil, "sleep", "60"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a command that takes too long: %v", err)
	}
}

func (f fixture) ssh(t *testing.T) {
	cmd := f.Controller(f.ctx, "ssh", "-F", "none", "-i", f.SSHKey(), "-o", "UserKnownHostsFile="+f.KnownHosts(),
		"-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "root@10.98.0.2", "hostname")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "a.lab.test") {
		t.Errorf("ssh: %v: %s", err, out)
	}
}

func (f fixture) cut(t *testing.T) {
	f.must(t, f.Cut(f.ctx, "a"))
	if f.reaches(t, "b", "10.98.0.2") || f.reaches(t, "c", "10.98.0.2") {
		t.Error("a host without its cable is reached")
	}
	f.must(t, f.Heal(f.ctx, "a"))
	f.must(t, f.Cut(f.ctx, "a", "b"))
	if f.reaches(t, "b", "10.98.0.2") {
		t.Error("a host is reached by one it was cut from")
	}
	f.reached(t, "c", "10.98.0.2")
	f.must(t, f.Heal(f.ctx, "a"))
	f.reached(t, "b", "10.98.0.2")
}

func (f fixture) kill(t *testing.T) {
	dialer, err := f.Dialer("c")
	f.must(t, err)
	conn, err := dialer.DialContext(f.ctx, "tcp", "10.98.0.3:22")
	f.must(t, err)
	defer func() { _ = conn.Close() }()
	boot, err := f.host(t, "b").BootID(f.ctx)
	f.must(t, err)
	f.must(t, f.Kill(f.ctx, "b"))
	if f.reaches(t, "c", "10.98.0.3") {
		t.Error("a host without power answers")
	}
	f.must(t, conn.SetReadDeadline(time.Now().Add(time.Second)))
	// Whatever was received before; then silence, and no end of the connection.
	for {
		_, err = conn.Read(make([]byte, 1024))
		if err != nil {
			break
		}
	}
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a host without power says %v", err)
	}
	if _, err := f.host(t, "b").Run(f.ctx, nil, "true"); !errors.Is(err, lab.ErrOff) {
		t.Errorf("a command there: %v, want %v", err, lab.ErrOff)
	}
	f.must(t, f.Boot(f.ctx, "b"))
	again, err := f.host(t, "b").BootID(f.ctx)
	if err != nil || again == boot {
		t.Errorf("boot id %s again, %v", again, err)
	}
}

func (f fixture) reboot(t *testing.T) {
	f.run(t, "b", "ip", "addr", "add", "10.98.0.77/24", "dev", "eth0")
	f.must(t, f.Reboot(f.ctx, "b"))
	served, err := f.host(t, "b").ServedAddresses(f.ctx)
	if err != nil || strings.Join(served, " ") != "10.98.0.3/24" {
		t.Errorf("addresses after a reboot: %v, %v", served, err)
	}
	f.must(t, f.PowerOff(f.ctx, "b"))
	f.must(t, f.host(t, "b").WriteFile(f.ctx, "/etc/written-while-off", []byte("x"), 0o600))
	f.must(t, f.Boot(f.ctx, "b"))
	f.run(t, "b", "test", "-e", "/etc/written-while-off")
}

func (f fixture) fill(t *testing.T) {
	if err := f.Fill(f.ctx, "b", "/var"); err == nil {
		t.Error("a host without a disk of its own was filled")
	}
	f.must(t, f.Fill(f.ctx, "a", "/var"))
	out, err := f.host(t, "a").Exec(f.ctx, nil, "sh", "-c", "head -c 100000 /dev/zero > /var/more")
	if err != nil || out.Code == 0 {
		t.Errorf("writing to a full disk: %+v, %v", out, err)
	}
	f.must(t, f.Unfill(f.ctx, "a", "/var"))
	f.run(t, "a", "sh", "-c", "head -c 100000 /dev/zero > /var/more")
}

func (f fixture) freeze(t *testing.T) {
	f.must(t, f.Freeze(f.ctx, "b"))
	dialer, err := f.Dialer("c")
	f.must(t, err)
	conn, err := dialer.DialContext(f.ctx, "tcp", "10.98.0.3:22") // the kernel answers, sshd does not
	f.must(t, err)
	defer func() { _ = conn.Close() }()
	f.must(t, conn.SetReadDeadline(time.Now().Add(500*time.Millisecond)))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a frozen host speaks")
	}
	f.run(t, "b", "true") // what is done to it from outside goes on
	f.must(t, f.Thaw("b"))
	f.must(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Errorf("a thawed host: %v", err)
	}
}

func (f fixture) lose(t *testing.T) {
	f.must(t, f.Lose(f.ctx, "b", 100))
	if f.reaches(t, "c", "10.98.0.3") {
		t.Error("a host that loses everything is reached")
	}
	f.must(t, f.Lose(f.ctx, "b", 0))
	f.reached(t, "c", "10.98.0.3")
}

// TestUpLeavesNothingWhenItFails: a Setup fails while other hosts still boot.
func TestUpLeavesNothingWhenItFails(t *testing.T) {
	dir := t.TempDir()
	s := hostsSpec("fails", dir)
	failure := errors.New("as it was told to")
	s.Hosts[2].Setup = func(context.Context, *lab.Host) error { return failure }
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := lab.Up(ctx, s); !errors.Is(err, failure) {
		t.Errorf("error %v, want %v", err, failure)
	}
	nothingLeft(t, "fails", dir)
}

func down(t *testing.T, l *lab.Lab, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for range 2 { // it may be repeated
		if err := l.Down(ctx); err != nil {
			t.Error(err)
		}
	}
	nothingLeft(t, l.Name(), dir)
}

func nothingLeft(t *testing.T, name, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left in the state folder: %v, %v", entries, err)
	}
	for what, argv := range map[string][]string{
		"namespaces": {"ip", "netns"},
		"loops":      {"losetup", "-a"},
		"mounts":     {"cat", "/proc/self/mounts"},
		"cgroups":    {"sh", "-c", "find /sys/fs/cgroup -maxdepth 2 -name 'mail-lab-*'"},
		"processes":  {"ps", "-e", "-o", "args"},
	} {
		out, err := exec.CommandContext(context.Background(), argv[0], argv[1:]...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(out), "\n") {
			if strings.Contains(line, "mail-lab-"+name) || strings.Contains(line, dir+"/") {
				t.Errorf("left in %s: %s", what, line)
			}
		}
	}
}
