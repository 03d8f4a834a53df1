package cli

import (
	"io"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
)

// Screen draws as on a terminal what runs in a folder have told, each time it is called.
func Screen(dir string, out io.Writer) func(now time.Time) error {
	w := &watch{follower: progress.Follow(dir), out: out, screen: true}
	return w.look
}
