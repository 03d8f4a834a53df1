package executor

import (
	"context"
	"fmt"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Status is what runs know of themselves on a host, in lines for people. It changes nothing.
func (c *Controller) Status(ctx context.Context, id string) (string, error) {
	return c.ask(ctx, id, "cmd_status")
}

// Release ends what a cutover holds on a host that nobody declares any more. It is refused while the host is locked, or a move of the cutover is unfinished.
func (c *Controller) Release(ctx context.Context, id, cutover string) error {
	return c.tell(ctx, id, "release the hold of "+cutover, "release", cutover)
}

// Unlock ends a host's lock: the epoch is raised, so that its controller can begin nothing more, and what it still runs there is ended.
func (c *Controller) Unlock(ctx context.Context, id string) error {
	return c.tell(ctx, id, "unlock", "break")
}

// tell calls a sub-command of the host-side program for a person.
func (c *Controller) tell(ctx context.Context, id, what string, call ...string) error {
	h, err := c.host(id)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := c.install(ctx, h); err != nil {
		return err
	}
	res, err := h.call(ctx, h.Host, remote.Command{}, call...)
	if err != nil {
		return fmt.Errorf("%s on %s: %w", what, h.Address(), err)
	}
	if res.Exit != 0 {
		return fmt.Errorf("%s on %s: %w", what, h.Address(), hostError(res))
	}
	return nil
}
