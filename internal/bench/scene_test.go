//go:build lab

package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

const labName = "bench"

// The store: twenty users. 800,000 rows are 200 MB.
const (
	users    = 20
	messages = 20000
	rows     = 800000
)

// number is a whole number from the environment.
func number(b *testing.B, name string, preset int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return preset
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return n
}

// scene is a lab whose two mail hosts can be put back to what they were when they had been filled.
type scene struct {
	b     *testing.B
	ctx   context.Context //nolint:containedctx // one benchmark's, ended by Ctrl-C
	lab   *lab.Lab
	saved string
}

func sides() []string { return []string{bluemind.Old, bluemind.New} }

// open fills a lab and keeps what its hosts' trees hold. BENCH_KEEP names a folder in which that is kept for the next run, and the lab with it.
func (s *scene) open() {
	b := s.b
	b.Helper()
	s.saved = os.Getenv("BENCH_KEEP")
	old, err := lab.Open(labName, "")
	if err == nil && s.saved != "" {
		if _, err := os.Stat(filepath.Join(s.saved, "done")); err == nil {
			s.lab = old
			return
		}
	}
	if err == nil {
		err = old.Down(s.ctx)
	}
	if err != nil && !errors.Is(err, lab.ErrUnknownLab) {
		b.Fatalf("remove the lab of an earlier run: %v", err)
	}
	if s.saved == "" {
		s.saved = b.TempDir()
	}
	s.up(number(b, "BENCH_MESSAGES", messages), number(b, "BENCH_ROWS", rows))
}

func (s *scene) up(mails, rows int) {
	s.b.Helper()
	var log bytes.Buffer
	l, err := lab.Up(s.ctx, bluemind.Spec(bluemind.Options{Name: labName, Users: users, Messages: max(1, mails/users), Rows: rows, Log: &log}))
	if err != nil {
		s.b.Fatalf("make the hosts: %v\n%s", err, log.String())
	}
	s.lab = l
	if os.Getenv("BENCH_KEEP") == "" {
		s.b.Cleanup(s.down)
	}
	s.sh(bluemind.New, "rm -f /root/.ssh/id_ed25519; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
	s.sh(bluemind.Old, "cat >>/root/.ssh/authorized_keys <<'END'\n"+s.sh(bluemind.New, "cat /root/.ssh/id_ed25519.pub")+"END\n")
	key, err := l.HostKey(bluemind.Old)
	if err != nil {
		s.b.Fatal(err)
	}
	s.sh(bluemind.New, "printf '%s\\n' '"+bluemind.OldAddress+" "+key+"' >/root/.ssh/known_hosts")
	s.sh(bluemind.Old, "runuser -u postgres -- psql -qc 'VACUUM ANALYZE' bj-data")
	s.each(func(ctx context.Context, host string) error {
		if err := l.PowerOff(ctx, host); err != nil {
			return err
		}
		return mirror(ctx, s.tree(host), filepath.Join(s.saved, host))
	})
	if err := os.WriteFile(filepath.Join(s.saved, "done"), nil, 0o600); err != nil {
		s.b.Fatal(err)
	}
}

// down removes the lab, also after Ctrl-C.
func (s *scene) down() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), 2*time.Minute)
	defer cancel()
	if err := s.lab.Down(ctx); err != nil {
		s.b.Errorf("remove the lab: %v", err)
	}
}

// tree is where a host's file system is mounted on this machine.
func (s *scene) tree(host string) string { return filepath.Join(s.lab.Dir(), "hosts", host, "m") }

// each does something for both mail hosts, side by side.
func (s *scene) each(do func(ctx context.Context, host string) error) {
	s.b.Helper()
	group, ctx := errgroup.WithContext(s.ctx)
	for _, host := range sides() {
		group.Go(func() error {
			if err := do(ctx, host); err != nil {
				return fmt.Errorf("%s: %w", host, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		s.b.Fatal(err)
	}
}

// mirror makes one tree like another. Times are compared to the nanosecond: databases rewrite files of the same size within a second.
func mirror(ctx context.Context, from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "rsync", "-aHAX", "--delete", "--modify-window=-1", from+"/", to+"/").CombinedOutput()
	if err != nil {
		return fmt.Errorf("mirror %s: %w: %s", from, err, out)
	}
	return nil
}

// reset puts both mail hosts back and waits until the source serves.
func (s *scene) reset() {
	s.b.Helper()
	s.each(func(ctx context.Context, host string) error {
		if err := s.lab.Kill(ctx, host); err != nil {
			return err
		}
		if err := mirror(ctx, filepath.Join(s.saved, host), s.tree(host)); err != nil {
			return err
		}
		return s.lab.Boot(ctx, host)
	})
	ctx, cancel := context.WithTimeout(s.ctx, 2*time.Minute)
	defer cancel()
	for _, host := range sides() {
		if err := s.host(host).Await(ctx, "sh", "-c", "bmctl status && systemctl is-active postfix && runuser -u postgres -- psql -qc 'SELECT 1'"); err != nil {
			s.b.Fatal(err)
		}
	}
}

func (s *scene) host(name string) *lab.Host {
	s.b.Helper()
	h, err := s.lab.Host(name)
	if err != nil {
		s.b.Fatal(err)
	}
	return h
}

// sh runs a script on a host, which must succeed.
func (s *scene) sh(host, script string) string {
	s.b.Helper()
	out, err := s.host(host).Script(s.ctx, script)
	if err != nil {
		s.b.Fatal(err)
	}
	return out
}
