package lab

import (
	"context"
	"crypto/sha256"
	_ "embed" // the layer's build script
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed build_layer.sh
var layerScript string

func basePackages() []string {
	return []string{
		"systemd-sysv", "dbus", "openssh-server", "rsync", "iproute2", "iputils-ping", "arping", "procps", "psmisc",
		"ca-certificates", "netbase", "acl", "attr", "sudo", "cron", "logrotate", "e2fsprogs",
		"postfix", "postfix-pgsql", "postgresql-15", "bind9", "bind9-dnsutils", "nftables",
		"swaks", "curl", "python3", "sasl2-bin", "libsasl2-modules",
	}
}

// recipe is how the base tree is built; with the packages it makes the cache's key.
func recipe() []string {
	return []string{
		"mmdebstrap", "--variant=apt", "--mode=root", "--skip=check/empty", "--quiet",
		`--aptopt=Acquire::Languages "none"`,
		`--aptopt=APT::Install-Recommends "false"`,
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
		"--dpkgopt=force-unsafe-io",
	}
}

// CacheKey names a tree in the cache: it changes with the packages and the way they are built.
func CacheKey(l Layer) string {
	h := sha256.New()
	for _, part := range append(recipe(), basePackages()...) {
		fmt.Fprintln(h, part)
	}
	if len(l.Packages) > 0 {
		fmt.Fprintln(h, layerScript, strings.Join(l.Packages, " "))
	}
	name := l.Name
	if name == "" {
		name = Bare().Name
	}
	return name + "-" + hex.EncodeToString(h.Sum(nil))[:12]
}

// builder makes the trees that hosts share.
type builder struct {
	cache string
	log   io.Writer
}

// trees returns the lower directories for a layer, topmost first, and builds
// what is missing. Only one process builds at a time.
func (b builder) trees(ctx context.Context, l Layer) ([]string, error) {
	if err := os.MkdirAll(b.cache, 0o755); err != nil { //nolint:gosec // holds no secrets, hosts' users read through it
		return nil, err
	}
	unlock, err := flock(ctx, filepath.Join(b.cache, "lock"))
	if err != nil {
		return nil, fmt.Errorf("wait for the lab's cache: %w", err)
	}
	defer unlock()
	base := filepath.Join(b.cache, CacheKey(Bare()))
	if err := b.make(ctx, base, b.buildBase); err != nil {
		return nil, fmt.Errorf("build the base tree: %w", err)
	}
	if len(l.Packages) == 0 {
		return []string{base}, nil
	}
	top := filepath.Join(b.cache, CacheKey(l))
	err = b.make(ctx, top, func(ctx context.Context, dir string) error { return b.buildLayer(ctx, base, dir, l.Packages) })
	if err != nil {
		return nil, fmt.Errorf("build the layer %s: %w", l.Name, err)
	}
	return []string{filepath.Join(top, "upper"), base}, nil
}

// make builds into a temporary name and renames, so that a tree in the cache is always whole.
func (b builder) make(ctx context.Context, dir string, build func(context.Context, string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	part := dir + ".part"
	if err := removeTree(part); err != nil {
		return err
	}
	if err := os.Mkdir(part, 0o755); err != nil { //nolint:gosec // the root of a host's file system
		return err
	}
	fmt.Fprintf(b.log, "building %s (once)\n", filepath.Base(dir))
	if err := build(ctx, part); err != nil {
		return errors.Join(err, removeTree(part))
	}
	return os.Rename(part, dir)
}

// isolated runs a command in mount and process namespaces of its own: whatever
// it mounts or starts is gone when it ends.
func isolated(argv ...string) []string {
	return append([]string{
		"unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
	}, argv...)
}

func (b builder) buildBase(ctx context.Context, dir string) error {
	mirror, err := machineMirror()
	if err != nil {
		return fmt.Errorf("read the machine's apt sources: %w", err)
	}
	options, err := machineAptOptions(ctx)
	if err != nil {
		return err
	}
	argv := recipe()
	for _, o := range options {
		argv = append(argv, "--aptopt="+o)
	}
	const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
	if _, err := os.Stat(keyring); err == nil {
		argv = append(argv, "--keyring="+keyring)
	}
	argv = append(argv, "--include="+strings.Join(basePackages(), ","), "bookworm", dir)
	if _, err := run(ctx, isolated(append(argv, mirror.Lines()...)...)...); err != nil {
		return err
	}
	// mmdebstrap leaves its apt options, proxies among them, in the tree.
	err = os.Remove(filepath.Join(dir, "etc/apt/apt.conf.d/99mmdebstrap"))
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

func (b builder) buildLayer(ctx context.Context, base, dir string, packages []string) error {
	for _, sub := range []string{"upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil { //nolint:gosec // the root of a host's file system
			return err
		}
	}
	options, err := machineAptOptions(ctx)
	if err != nil {
		return err
	}
	options = append(options, `Acquire::Languages "none"`)
	conf := filepath.Join(dir, "apt.conf")
	if err := os.WriteFile(conf, []byte(strings.Join(options, ";\n")+";\n"), 0o600); err != nil {
		return err
	}
	script := filepath.Join(dir, "build.sh")
	if err := os.WriteFile(script, []byte(layerScript), 0o600); err != nil {
		return err
	}
	in := func(sub string) string { return filepath.Join(dir, sub) }
	argv := append([]string{"sh", script, base, in("upper"), in("work"), in("merged"), conf}, packages...)
	if _, err := run(ctx, isolated(argv...)...); err != nil {
		return err
	}
	return errors.Join(os.Remove(conf), os.Remove(script), removeTree(in("work")), os.Remove(in("merged")))
}

// flock takes an exclusive lock on a file and returns what gives it back.
func flock(ctx context.Context, path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // a path of ours
	if err != nil {
		return nil, err
	}
	err = poll(ctx, 200*time.Millisecond, func() (bool, error) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back; nothing was written
}
