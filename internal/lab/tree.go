package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Tree is a host's file system while the host is off. Paths are absolute paths
// of the host; a symbolic link that leaves the tree is an error.
type Tree struct {
	dir string
}

func relative(path string) string { return strings.TrimPrefix(filepath.Clean(path), "/") }

// Write makes or replaces a file of root's, with its folders.
func (t *Tree) Write(path string, content []byte, mode os.FileMode) error {
	root, err := os.OpenRoot(t.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // a directory handle
	name := relative(path)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := root.WriteFile(name, content, mode); err != nil {
		return err
	}
	return root.Chmod(name, mode) // whatever the umask is
}

// Read returns a file's content.
func (t *Tree) Read(path string) ([]byte, error) {
	root, err := os.OpenRoot(t.dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // a directory handle
	return root.ReadFile(relative(path))
}

// Chroot runs a program of the tree in it, without the host's services.
func (t *Tree) Chroot(ctx context.Context, stdin io.Reader, argv ...string) (string, error) {
	cmd := program(ctx, append([]string{"chroot", t.dir}, argv...)...)
	cmd.Env = hostEnv()
	return runCmd(cmd, stdin)
}

// makeTree mounts a host's tree and gives it its own identity: name, machine id, host keys.
func (l *Lab) makeTree(ctx context.Context, h HostSpec, lower []string) (*Tree, error) {
	dir := l.hostDir(h.Name)
	disk, merged := filepath.Join(dir, "disk"), filepath.Join(dir, "m")
	for _, d := range []string{disk, merged} {
		if err := os.MkdirAll(d, 0o755); err != nil { //nolint:gosec // the root of a host's file system
			return nil, err
		}
	}
	if h.DiskMiB > 0 {
		if err := makeDisk(ctx, filepath.Join(dir, "disk.img"), disk, h.DiskMiB); err != nil {
			return nil, fmt.Errorf("make the disk: %w", err)
		}
	}
	upper, work := filepath.Join(disk, "u"), filepath.Join(disk, "w")
	for _, d := range []string{upper, work} {
		if err := os.MkdirAll(d, 0o755); err != nil { //nolint:gosec // the root of a host's file system
			return nil, err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", strings.Join(lower, ":"), upper, work)
	if _, err := run(ctx, "mount", "-t", "overlay", "lab-"+h.Name, "-o", options, merged); err != nil {
		return nil, err
	}
	tree := &Tree{dir: merged}
	if err := l.identify(ctx, h, tree); err != nil {
		return nil, fmt.Errorf("write the host's identity: %w", err)
	}
	return tree, nil
}

func makeDisk(ctx context.Context, image, point string, mib int) error {
	if _, err := run(ctx, "truncate", "-s", fmt.Sprintf("%dM", mib), image); err != nil {
		return err
	}
	if _, err := run(ctx, "mkfs.ext4", "-q", "-m0", "-E", "lazy_itable_init=1", image); err != nil {
		return err
	}
	_, err := run(ctx, "mount", "-o", "loop", image, point)
	return err
}

func (l *Lab) identify(ctx context.Context, h HostSpec, tree *Tree) error {
	network := "[Match]\nName=eth0\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
	for _, a := range h.Addresses {
		network += "Address=" + a.String() + "\n"
	}
	resolv := ""
	if l.state.Nameserver.IsValid() {
		resolv = "nameserver " + l.state.Nameserver.String() + "\noptions timeout:2 attempts:2\n"
	}
	if l.state.Search != "" {
		resolv += "search " + l.state.Search + "\n"
	}
	key, err := os.ReadFile(l.SSHKey() + ".pub")
	if err != nil {
		return err
	}
	files := []struct {
		path, content string
		mode          os.FileMode
	}{
		{"/etc/hostname", h.FQDN + "\n", 0o644},
		{"/etc/hosts", l.hostsFile(h), 0o644},
		{"/etc/machine-id", "", 0o444}, // systemd makes a new one at the first boot
		{"/etc/systemd/network/eth0.network", network, 0o644},
		{"/root/.ssh/authorized_keys", string(key), 0o600},
	}
	for _, f := range files {
		if err := tree.Write(f.path, []byte(f.content), f.mode); err != nil {
			return err
		}
	}
	// The base's resolv.conf may be a link.
	if err := os.RemoveAll(filepath.Join(tree.dir, "etc/resolv.conf")); err != nil {
		return err
	}
	if err := tree.Write("/etc/resolv.conf", []byte(resolv), 0o644); err != nil {
		return err
	}
	if _, err := tree.Chroot(ctx, nil, "sh", "-euc", identifyScript); err != nil {
		return err
	}
	return l.makeHostKeys(ctx, h, tree)
}

// What needs root's view of the tree: link-local things only, no daemons.
const identifyScript = `
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
chmod 700 /root/.ssh
systemctl -q enable systemd-networkd ssh
systemctl -q disable postfix named postgresql cyrus-imapd dovecot apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer 2>/dev/null || true
`

// hostsFile knows the loopback and the host itself; all other names are the name server's.
func (l *Lab) hostsFile(h HostSpec) string {
	text := "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"
	if len(h.Addresses) > 0 {
		text += h.Addresses[0].Addr().String() + " " + h.FQDN + " " + h.Name + "\n"
	}
	return text
}
