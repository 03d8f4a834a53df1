package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// Options are the demo's choices.
type Options struct {
	Name string    // of the lab
	Keep bool      // leave lab and files for a look
	CLI  string    // the path of terraform or tofu
	Out  io.Writer // the story
}

// How long removing the lab may take.
const downPatience = 2 * time.Minute

// Run tells the whole story. The lab is removed however it ends, unless it shall be kept. An error means that the story could not be told to its end;
// the files that tell why are kept, and named.
func Run(ctx context.Context, o Options) (Verdict, error) {
	t := &teller{out: o.Out, began: time.Now()}
	var space workspace
	var hosts *lab.Lab
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		var err error
		space, err = makeWorkspace(groupCtx)
		return err
	})
	group.Go(func() error {
		var err error
		hosts, err = lab.Up(groupCtx, bluemind.Spec(bluemind.Options{Name: o.Name}))
		if errors.Is(err, lab.ErrExists) {
			err = fmt.Errorf("%w: remove it with `go run ./internal/lab/cmd/lab --name %s down`, or give this run another -name", err, o.Name)
		}
		return err
	})
	t.say("hosts old and new with Postfix, Cyrus and PostgreSQL, a client and a name server are being made; the provider is being built")
	err := group.Wait()
	var v Verdict
	if err == nil {
		v, err = newStory(t, hosts, space, o.CLI).tell(ctx)
	}
	return v, errors.Join(err, tidy(ctx, t, o, hosts, space, err == nil && v.Good()))
}

// tidy removes the lab, and the files too where nothing went wrong.
func tidy(ctx context.Context, t *teller, o Options, hosts *lab.Lab, space workspace, good bool) error {
	if o.Keep {
		if hosts != nil {
			t.say("the lab is kept: `go run ./internal/lab/cmd/lab --name %s exec old bash`; remove it with `… down`", o.Name)
		}
		t.say("files: %s", space.dir)
		return nil
	}
	var err error
	if hosts != nil {
		downCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downPatience)
		defer cancel()
		if err = hosts.Down(downCtx); err == nil {
			t.say("the lab is removed")
		}
	}
	if space.dir == "" {
		return err
	}
	if !good {
		t.say("what the CLI printed and what the client wrote down: %s", space.dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(space.dir))
}

// teller writes the story, a line at a time.
type teller struct {
	out   io.Writer
	began time.Time
}

// say writes a line with the time since the beginning.
func (t *teller) say(format string, args ...any) {
	fmt.Fprintf(t.out, "%6.1f s  %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
}

// quote writes what somebody else said, indented; long lines are cut.
func (t *teller) quote(lines []string) {
	const most = 140
	for _, line := range lines {
		if text := []rune(line); len(text) > most {
			line = string(text[:most-1]) + "…"
		}
		fmt.Fprintf(t.out, "          | %s\n", line)
	}
}

// newStory sets the scene: who uses the service, from the client's host.
func newStory(t *teller, hosts *lab.Lab, space workspace, path string) *story {
	s := &story{teller: t, lab: hosts, space: space, cli: &cli{path: path, lab: hosts, space: space}}
	s.users = client.Target{Address: bluemind.ServiceAddress, Users: bluemind.Users(20), Password: bluemind.Password}
	return s
}
