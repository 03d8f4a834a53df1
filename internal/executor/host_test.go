package executor_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// site is a host on loopback with a controller that knows it; what runs leave is below journal, what operations write below work.
type site struct {
	remotetest.Fixture
	t             *testing.T
	id            string
	journal, work string
	controller    *executor.Controller
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Fixture: remotetest.New(t, remotetest.InProcess, remotetest.Options{}), t: t, journal: filepath.Join(t.TempDir(), "journal"), work: t.TempDir()}
	s.id = s.HostKey.Fingerprint()
	s.Endpoint.ID = s.id
	s.controller = s.another()
	return s
}

// another is a second controller of the same host, as another process would have it.
func (s *site) another() *executor.Controller {
	s.t.Helper()
	c, err := executor.NewController(executor.Config{Remote: s.Config, JournalDir: s.journal})
	if err != nil {
		s.t.Fatal(err)
	}
	c.Register(s.Endpoint)
	s.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			s.t.Errorf("close: %v", err)
		}
	})
	return c
}

func (s *site) party() operation.Party { return operation.Party{ID: s.id, Role: "host"} }

// job is an operation that runs shell on the host, in the folder of this site.
func (s *site) job(name, script string, needs ...string) runbook.Operation {
	op := operation.RunJob(s.party(), runbook.Change, []string{"sh", "-c", "cd " + s.work + " && " + script})
	op.ID, op.Needs = "run_job.host."+name, needs
	return op
}

// file is an operation with an undo: it writes a hold, which is a file below the journal.
func (s *site) hold(name string, things []string, needs ...string) runbook.Operation {
	op := operation.WriteHold(s.party(), runbook.Change, name, things)
	op.ID, op.Needs, op.Touches = op.ID+"."+name, needs, []string{"hold:" + name}
	return op
}

func books(name string, ops ...runbook.Operation) runbook.Runbook {
	return runbook.Runbook{Name: name, Version: runbook.FormatVersion, Operations: ops}
}

// wrote gives what a job left, empty if nothing.
func (s *site) wrote(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.work, name))
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return string(text)
}

// await returns once a job has left a file.
func (s *site) await(name string) {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		if _, err := os.Stat(filepath.Join(s.work, name)); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-limit.C:
			s.t.Fatalf("%s does not appear", name)
		}
	}
}

// release lets a job go on that waits for a file.
func (s *site) release(name string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.work, name), nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// until is the shell of a job that says that it has begun and waits to be released.
func until(name string) string {
	return "echo once >>" + name + ".begun; until [ -e " + name + ".go ]; do sleep 0.02; done; echo over >" + name + ".over"
}

// events is a run's journal on the host, in short, without what only looks.
func (s *site) events(run string) []string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.journal, "runs", run, "journal"))
	if err != nil {
		s.t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		var record struct{ Op, Event string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			s.t.Fatalf("journal line %q: %v", line, err)
		}
		list = append(list, record.Event+" "+record.Op)
	}
	return list
}

// unlocked fails the test if the host is still locked.
func (s *site) unlocked() {
	s.t.Helper()
	if _, err := os.Stat(filepath.Join(s.journal, "lock")); !os.IsNotExist(err) {
		s.t.Errorf("the host is still locked: %v", err)
	}
}

// abandoned leaves a lock of a controller that is gone, whose last sign of life is seconds old.
func (s *site) abandoned(run string, seconds int) {
	s.t.Helper()
	lock := filepath.Join(s.journal, "lock")
	if err := os.MkdirAll(lock, 0o700); err != nil {
		s.t.Fatal(err)
	}
	for name, text := range map[string]string{"owner": "gone\n", "since": "2026-01-01T00:00:00Z\n", "runs": run + "\n"} {
		if err := os.WriteFile(filepath.Join(lock, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	s.lastSeen(seconds)
}

// lastSeen makes the last sign of life of the lock's holder seconds old.
func (s *site) lastSeen(seconds int) {
	s.t.Helper()
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		s.t.Fatal(err)
	}
	var up float64
	text, err := os.ReadFile("/proc/uptime")
	if err == nil {
		_, err = fmt.Sscan(string(text), &up)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(s.journal, "lock", "beat"), fmt.Appendf(nil, "%s %d\n", strings.TrimSpace(string(boot)), int(up)-seconds), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
