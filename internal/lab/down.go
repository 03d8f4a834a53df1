package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// Down removes the lab: processes, mounts, namespaces, cgroups, folders. It works
// from the state file alone, may be repeated, and stops at the first thing of a
// host that it cannot remove, so that no folder is removed under a mount.
// Processes that somebody else started in the controller's namespace are not ended.
func (l *Lab) Down(ctx context.Context) error {
	var group errgroup.Group
	for _, h := range l.state.Hosts {
		group.Go(func() error {
			if err := l.removeHost(ctx, h.Name); err != nil {
				return fmt.Errorf("remove host %s: %w", h.Name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := unmountBelow(ctx, l.volumeDir()); err != nil {
		return fmt.Errorf("remove the volumes: %w", err)
	}
	for _, who := range []string{"ctl", "sw"} {
		if err := l.unplug(ctx, who); err != nil {
			return fmt.Errorf("remove the network: %w", err)
		}
	}
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	for _, r := range roots {
		if err := removeCgroup(ctx, filepath.Join(r, l.prefix())); err != nil {
			return err
		}
	}
	return removeTree(l.dir)
}

func (l *Lab) removeHost(ctx context.Context, host string) error {
	if err := l.Thaw(host); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := l.killCgroup(ctx, host); err != nil {
		return err
	}
	if err := unmountBelow(ctx, l.hostDir(host)); err != nil {
		return err
	}
	if err := l.unplug(ctx, host); err != nil {
		return err
	}
	if err := l.removeCgroups(ctx, host); err != nil {
		return err
	}
	return errors.Join(removeTree(l.propagated(host)), removeTree(l.hostDir(host)))
}
