package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/cli"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
)

// heard is what a command prints while it runs.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func data(dir string) string { return filepath.Join(dir, ".terraform") }

func watched() progress.Event {
	return progress.Event{Run: "bluemind-2026", Resource: "mail_cutover.bluemind", Work: 40, Outage: 10, Steps: []progress.Step{
		{ID: "hot", Stage: "converge", Sentence: "copy the tree", Takes: 20}, {ID: "stop", Stage: "freeze", Sentence: "stop \x1b[2Jbm", Begin: 20, Takes: 20, Offline: true},
	}}
}

// follow watches a folder beside the test.
func follow(t *testing.T, dir string, args ...string) (*heard, <-chan int) {
	t.Helper()
	out, done := &heard{}, make(chan int, 1)
	go func() {
		done <- cli.Watch(t.Context(), append([]string{"-linger", "50ms"}, append(args, dir)...), data, out, out)
	}()
	return out, done
}

func (h *heard) await(t *testing.T, want string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for !strings.Contains(h.String(), want) {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("%q is not said:\n%s", want, h.String())
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	progress.Open(progress.Dir(data(dir)), progress.Event{Run: "earlier"}).Close("failed") // over: not told again
	out, done := follow(t, dir)
	out.await(t, "waiting for a run")
	l := progress.Open(progress.Dir(data(dir)), watched())
	out.await(t, "mail_cutover.bluemind, run bluemind-2026 begins: 2 steps, about 40 s, out of service for about 10 s")
	l.Tell(progress.Event{Kind: progress.Start, Op: "hot"})
	l.Tell(progress.Event{Kind: progress.End, Op: "hot", Seconds: 3, Bytes: 6_000_000})
	out.await(t, "[1/2] · stage converge")
	out.await(t, "6 MB carried, 2 MB/s: converge: copy the tree: done in 3 s")
	l.Tell(progress.Event{Kind: progress.Start, Op: "stop"})
	l.Tell(progress.Event{Kind: progress.End, Op: "stop", Skipped: true})
	out.await(t, "stop  [2Jbm: was done already")
	l.Close("settled")
	out.await(t, "ended: settled, after ")
	out.await(t, "(about 10 s were predicted)")
	if code := <-done; code != 0 || strings.Contains(out.String(), "earlier") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("exit code %d\n%q", code, out.String())
	}
}

// Who comes later is told how things stand; a run that fails is a failure.
func TestWatchARunThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := progress.Open(progress.Dir(data(dir)), watched())
	l.Tell(progress.Event{Kind: progress.Start, Op: "stop"})
	out, done := follow(t, dir)
	out.await(t, "is under way: [0/2] · stage freeze")
	out.await(t, "OUT OF SERVICE for")
	l.Tell(progress.Event{Kind: progress.End, Op: "stop", Error: "exit code 1"})
	out.await(t, "failed: exit code 1")
	l.Tell(progress.Event{Kind: progress.Back})
	out.await(t, "what was done is taken back")
	l.Close("backed-out")
	if code := <-done; code != 1 || !strings.Contains(out.String(), "a run did not end well") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}

func TestWatchOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	once := func() (int, string) {
		var out bytes.Buffer
		return cli.Watch(t.Context(), []string{"-once", dir}, data, &out, &out), out.String()
	}
	if code, text := once(); code != 0 || !strings.Contains(text, "nothing runs in ") {
		t.Errorf("%d %s", code, text)
	}
	l := progress.Open(progress.Dir(data(dir)), watched())
	defer l.Close("settled")
	if code, text := once(); code != 0 || !strings.HasPrefix(text, "mail_cutover.bluemind, run bluemind-2026: [0/2] · 0 s so far · about 40 s left") {
		t.Errorf("%d %s", code, text)
	}
}

func TestWatchUsage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-nope"}, {"a", "b"}, {"-linger", "-1s"}, {file}, {filepath.Join(file, "no")}} {
		var out bytes.Buffer
		if code := cli.Watch(t.Context(), args, data, &out, &out); code != 2 || !strings.Contains(out.String(), "usage: ") {
			t.Errorf("%q: %d %s", args, code, out.String())
		}
	}
}

// On a terminal what is drawn is drawn again in its place; what happened stays above it.
func TestWatchOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := progress.Open(dir, watched())
	var out bytes.Buffer
	look := cli.Screen(dir, &out)
	l.Tell(progress.Event{Kind: progress.Start, Op: "stop"})
	if err := look(time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"begins: 2 steps", "[----------------------------------------]", "… stop  [2Jbm (about 20 s)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not drawn: %q", want, out.String())
		}
	}
	out.Reset()
	l.Tell(progress.Event{Kind: progress.End, Op: "stop", Seconds: 1})
	if err := look(time.Now()); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.HasPrefix(text, "\x1b[3A\x1b[J") || !strings.Contains(text, "[####################--------------------]") || !strings.Contains(text, "done in 1 s") {
		t.Errorf("%q", text)
	}
	l.Close("settled")
	out.Reset()
	if err := look(time.Now()); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.HasPrefix(text, "\x1b[2A\x1b[J") || strings.Contains(text, "####") {
		t.Errorf("%q", text)
	}
}
