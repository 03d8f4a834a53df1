package cli

import (
	"context"
	"errors"
	"strings"
	"time"
)

// goOn lets runs go on that wait for a person.
func (r *rescue) goOn(ctx context.Context) error {
	var asked []string
	waiting := 0
	for _, host := range r.hosts {
		asked = append(asked, host.Addresses[0])
		waits, err := r.controller.Waits(ctx, host.ID)
		if err != nil {
			return err
		}
		for _, wait := range waits {
			waiting++
			deadline := time.Now().Add(wait.Left).UTC().Format(time.RFC3339)
			if err := r.say("%s: run %s waits before the %s stage. Its controller was last seen %s ago.\nIf nobody says continue until %s (%s from now), the run ends and is taken back.",
				host.Addresses[0], wait.Run, wait.Stage, wait.Seen, deadline, wait.Left); err != nil {
				return err
			}
			if err := r.agree("Let it go on?"); err != nil {
				return err
			}
			if err := r.controller.Continue(ctx, host.ID, wait); err != nil {
				return err
			}
			if err := r.say("run %s goes on", wait.Run); err != nil {
				return err
			}
		}
	}
	if waiting == 0 {
		return errors.New("no run waits on " + strings.Join(asked, " or ") + "; a run waits on the host that is to serve")
	}
	return nil
}
