package cli

import (
	"context"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// status prints what runs know of themselves on each host.
func (r *rescue) status(ctx context.Context) error {
	for _, host := range r.hosts {
		if _, err := r.show(ctx, host); err != nil {
			return err
		}
	}
	return nil
}

// show prints a host's own words, and returns them.
func (r *rescue) show(ctx context.Context, host remote.Endpoint) (string, error) {
	text, err := r.controller.Status(ctx, host.ID)
	if err != nil {
		return "", err
	}
	return text, r.say("%s\n%s", host.Addresses[0], strings.TrimRight(text, "\n"))
}

// unlock ends the locks of hosts whose controller is gone; with -hold, what a cutover holds that nobody declares any more.
func (r *rescue) unlock(ctx context.Context) error {
	for _, host := range r.hosts {
		text, err := r.show(ctx, host)
		if err != nil {
			return err
		}
		name := host.Addresses[0]
		switch {
		case r.hold != "":
			err = r.after("Release what cutover "+r.hold+" holds on "+name+"? Any resource may then change it, also one that copies the old side's data over it.",
				func() error { return r.controller.Release(ctx, host.ID, r.hold) }, name+" is released")
		case !strings.Contains(text, "\nlock="):
			err = r.say("%s is not locked: nothing to do", name)
		default:
			err = r.after("End this lock? What its controller still runs there is ended first. Timers that are armed stay armed.",
				func() error { return r.controller.Unlock(ctx, host.ID) }, name+" is unlocked; plan again: the plan shows what an unfinished run left")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// after asks, acts, and says that it is done.
func (r *rescue) after(question string, act func() error, done string) error {
	if err := r.agree(question); err != nil {
		return err
	}
	if err := act(); err != nil {
		return err
	}
	return r.say("%s", done)
}
