package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Volume is a file system that several hosts of a lab have at one path, as they would over NFS.
type Volume struct {
	Name  string // as a host's
	MiB   int
	Hosts []string
	Path  string // absolute, on each of them
}

func (l *Lab) volumeDir() string { return filepath.Join(l.dir, "volumes") }

// makeVolumes makes the file systems; hosts that are made get them into their trees.
func (l *Lab) makeVolumes(ctx context.Context, volumes []Volume) error {
	for _, v := range volumes {
		point := filepath.Join(l.volumeDir(), v.Name)
		if err := os.MkdirAll(point, 0o755); err != nil { //nolint:gosec // the root of a file system that hosts' users read
			return err
		}
		if err := makeDisk(ctx, point+".img", point, v.MiB); err != nil {
			return fmt.Errorf("make the volume %s: %w", v.Name, err)
		}
	}
	return nil
}

// bindVolumes puts a host's volumes into its tree, before it boots.
func (l *Lab) bindVolumes(ctx context.Context, volumes []Volume, host string, tree *Tree) error {
	for _, v := range volumes {
		if !slices.Contains(v.Hosts, host) {
			continue
		}
		at := filepath.Join(tree.dir, relative(v.Path))
		if err := os.MkdirAll(at, 0o755); err != nil { //nolint:gosec // a mount point in a host's file system
			return err
		}
		if _, err := run(ctx, "mount", "--bind", filepath.Join(l.volumeDir(), v.Name), at); err != nil {
			return err
		}
	}
	return nil
}

// checkVolumes says what is wrong with a lab's volumes.
func (s Spec) checkVolumes() error {
	var errs []error
	for _, v := range s.Volumes {
		if v.Name == "" || strings.ContainsAny(v.Name, "/ ") || v.MiB < 16 || !filepath.IsAbs(v.Path) {
			errs = append(errs, fmt.Errorf("volume %q: want a plain name, 16 MiB or more, and an absolute path", v.Name))
		}
		for _, name := range v.Hosts {
			if !slices.ContainsFunc(s.Hosts, func(h HostSpec) bool { return h.Name == name }) {
				errs = append(errs, fmt.Errorf("volume %s: there is no host %q", v.Name, name))
			}
		}
	}
	return errors.Join(errs...)
}
