package executor

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Wait is a run that waits for a person.
type Wait struct {
	Run, Stage string        // which run, before which stage
	Left       time.Duration // until it ends by itself
	Seen       time.Duration // since its controller was seen
}

// Waits lists the runs that wait for a person on a host. It changes nothing.
func (c *Controller) Waits(ctx context.Context, id string) ([]Wait, error) {
	text, err := c.ask(ctx, id, "look_waits")
	if err != nil {
		return nil, err
	}
	return parseWaits(text), nil
}

// parseWaits reads lines "waits=<run> <stage> <seconds left> <seconds since the controller was seen>"; others are passed over.
func parseWaits(text string) []Wait {
	var waits []Wait
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "waits=")
		fields := strings.Fields(value)
		if !ok || len(fields) != 4 {
			continue
		}
		left, err := strconv.Atoi(fields[2])
		if err != nil {
			continue
		}
		seen, err := strconv.Atoi(fields[3])
		if err != nil {
			continue
		}
		waits = append(waits, Wait{fields[0], fields[1], time.Duration(left) * time.Second, time.Duration(seen) * time.Second})
	}
	return waits
}

// Continue lets a run go on that waits on a host. The host refuses it where the run's controller is gone: nobody would go on.
func (c *Controller) Continue(ctx context.Context, id string, w Wait) error {
	return c.tell(ctx, id, "continue run "+w.Run, "continue", w.Run, w.Stage)
}
