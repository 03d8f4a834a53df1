package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// ErrExists means that a lab of that name is there already.
var ErrExists = errors.New("a lab of that name is there already")

// Lab is a set of hosts on one network. Its methods may be used from several
// goroutines, but not two of them on one host at a time, Host's excepted.
type Lab struct {
	state state
	dir   string
	log   io.Writer
}

// How long Down may take after Up failed or was interrupted.
const downPatience = time.Minute

// Up makes the hosts, boots them and runs their Setups. When it fails or ctx
// ends, it removes what it made.
func Up(ctx context.Context, spec Spec) (*Lab, error) {
	spec = spec.withDefaults()
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("the lab makes namespaces and mounts: it must be run as root")
	}
	if err := os.MkdirAll(spec.StateDir, 0o755); err != nil { //nolint:gosec // names of labs are no secret
		return nil, err
	}
	l := &Lab{state: stateOf(spec), dir: filepath.Join(spec.StateDir, spec.Name), log: spec.Log}
	if err := os.Mkdir(l.dir, 0o755); err != nil { //nolint:gosec // hosts' trees are below; keys have their own mode
		if errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("%s: %w", spec.Name, ErrExists)
		}
		return nil, err
	}
	if err := l.build(ctx, spec); err != nil {
		if spec.Keep {
			return nil, fmt.Errorf("the lab is kept as it is: %w", err)
		}
		downCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downPatience)
		defer cancel()
		return nil, errors.Join(err, l.Down(downCtx))
	}
	return l, nil
}

func (l *Lab) build(ctx context.Context, spec Spec) error {
	// Before anything is made: Down works from this file.
	if err := l.state.write(l.dir); err != nil {
		return err
	}
	if err := l.writeSupervisor(); err != nil {
		return err
	}
	trees := map[string][]string{}
	b := builder{cache: spec.CacheDir, log: l.log}
	for _, h := range spec.Hosts {
		lower, err := b.trees(ctx, h.Layer)
		if err != nil {
			return err
		}
		trees[h.Name] = lower
	}
	if err := makeKey(ctx, l.SSHKey(), "lab "+spec.Name); err != nil {
		return err
	}
	if err := l.makeSwitch(ctx); err != nil {
		return fmt.Errorf("make the network: %w", err)
	}
	if err := l.makeVolumes(ctx, spec.Volumes); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, h := range spec.Hosts {
		group.Go(func() error {
			if err := l.makeHost(groupCtx, spec, h, trees[h.Name]); err != nil {
				return fmt.Errorf("host %s: %w", h.Name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := l.writeKnownHosts(); err != nil {
		return err
	}
	l.state.Complete = true
	return l.state.write(l.dir)
}

func (l *Lab) makeHost(ctx context.Context, spec Spec, h HostSpec, lower []string) error {
	start := time.Now()
	if err := l.plug(ctx, h.Name); err != nil {
		return err
	}
	tree, err := l.makeTree(ctx, h, lower)
	if err != nil {
		return fmt.Errorf("make its tree: %w", err)
	}
	if err := l.bindVolumes(ctx, spec.Volumes, h.Name, tree); err != nil {
		return fmt.Errorf("bind its volumes: %w", err)
	}
	if h.Prepare != nil {
		if err := h.Prepare(ctx, tree); err != nil {
			return fmt.Errorf("prepare its tree: %w", err)
		}
	}
	if err := l.Boot(ctx, h.Name); err != nil {
		return err
	}
	fmt.Fprintf(l.log, "%-8s up after %.1f s\n", h.Name, time.Since(start).Seconds())
	if h.Setup == nil {
		return nil
	}
	host, err := l.Host(h.Name)
	if err != nil {
		return err
	}
	if err := h.Setup(ctx, host); err != nil {
		return fmt.Errorf("set it up: %w", err)
	}
	fmt.Fprintf(l.log, "%-8s set up after %.1f s\n", h.Name, time.Since(start).Seconds())
	return nil
}

// Open finds a lab that is there, by its name. An empty stateDir means DefaultStateDir.
func Open(name, stateDir string) (*Lab, error) {
	if stateDir == "" {
		stateDir = DefaultStateDir
	}
	dir := filepath.Join(stateDir, filepath.Base(name))
	st, err := readState(dir)
	if err != nil {
		return nil, err
	}
	return &Lab{state: st, dir: dir, log: io.Discard}, nil
}

// Name is the lab's name.
func (l *Lab) Name() string { return l.state.Name }

// Dir is the lab's folder.
func (l *Lab) Dir() string { return l.dir }

func (l *Lab) hostDir(host string) string { return filepath.Join(l.dir, "hosts", host) }

// Host finds a host by its name.
func (l *Lab) Host(name string) (*Host, error) {
	h, ok := l.state.host(name)
	if !ok {
		return nil, fmt.Errorf("lab %s has no host %q", l.state.Name, name)
	}
	return &Host{lab: l, spec: h}, nil
}

// Hosts are the lab's hosts in the order of its declaration.
func (l *Lab) Hosts() []*Host {
	hosts := make([]*Host, 0, len(l.state.Hosts))
	for _, h := range l.state.Hosts {
		hosts = append(hosts, &Host{lab: l, spec: h})
	}
	return hosts
}
