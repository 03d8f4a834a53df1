package remotetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Conformance runs the whole suite against the servers of start.
func Conformance(t *testing.T, start Maker) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, Maker)
	}{
		{"Arguments", testArguments},
		{"Exit", testExit},
		{"Large", testLarge},
		{"TooLarge", testTooLarge},
		{"StdinEarlyExit", testStdinEarlyExit},
		{"StdinFails", testStdinFails},
		{"WriterFails", testWriterFails},
		{"Concurrent", testConcurrent},
		{"FewSessions", testFewSessions},
		{"Cancel", testCancel},
		{"CancelSudo", testCancelSudo},
		{"Lost", testLost},
		{"Reconnect", testReconnect},
		{"Fresh", testFresh},
		{"Dial", testDial},
		{"Listen", testListen},
		{"Reach", testReach},
		{"Jump", testJump},
		{"JumpKey", testJumpKey},
		{"Lease", testLease},
		{"LeaseOnlyItsSession", testLeaseOnlyItsSession},
		{"NoAgent", testNoAgent},
		{"HostKey", testHostKey},
		{"OtherType", testOtherType},
		{"KnownHosts", testKnownHosts},
		{"Addresses", testAddresses},
		{"Refused", testRefused},
		{"Encrypted", testEncrypted},
		{"Certificate", testCertificate},
		{"Agent", testAgent},
		{"Sudo", testSudo},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, start)
		})
	}
}

func run(t *testing.T, host *remote.Host, argv ...string) remote.Result {
	t.Helper()
	result, err := host.Run(t.Context(), remote.Command{Argv: argv})
	if err != nil {
		t.Fatalf("run %q: %v", argv, err)
	}
	return result
}

func testArguments(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	odd := []string{"", " ", "a b", "it's", `say "hi"`, "one\ntwo", "-n", "--", "$HOME", "`id`", `\`, "*", "~", "a=b", "Grüße 猫", "\xff", "!x", "#", ";&|<>(){}[]?"}
	result := run(t, host, append([]string{"printf", `%s\0`}, odd...)...)
	if diff := cmp.Diff(strings.Join(odd, "\x00")+"\x00", string(result.Stdout)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if _, err := host.Run(t.Context(), remote.Command{Argv: []string{"echo", "a\x00b"}}); err == nil {
		t.Error("a NUL byte was accepted")
	}
	if _, err := host.Run(t.Context(), remote.Command{}); err == nil {
		t.Error("an empty command was accepted")
	}
}

func testExit(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	for _, code := range []int{0, 1, 3, 255} {
		got := run(t, host, "sh", "-c", "echo out; echo err >&2; exit "+strconv.Itoa(code))
		want := remote.Result{Stdout: []byte("out\n"), Stderr: []byte("err\n"), Exit: code}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("exit %d (-want +got):\n%s", code, diff)
		}
	}
	got := run(t, host, "sh", "-c", "kill -KILL $$")
	if got.Exit != 137 || got.Signal != "KILL" {
		t.Errorf("killed command: got %+v", got)
	}
	if got := run(t, host, "/does/not/exist"); got.Exit != 127 {
		t.Errorf("missing program: got %+v", got)
	}
}

// large is more than any window or pipe holds.
const large = 12 << 20

func testLarge(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	data := bytes.Repeat([]byte("0123456789abcde\n"), large/16)
	for _, script := range []string{"cat", "cat >&2"} {
		var out, errs bytes.Buffer
		result, err := host.Run(t.Context(), remote.Command{
			Argv: []string{"sh", "-c", script}, Stdin: bytes.NewReader(data), Stdout: &out, Stderr: &errs,
		})
		if err != nil || result.Exit != 0 {
			t.Fatalf("%s: %+v, %v", script, result, err)
		}
		if got := append(out.Bytes(), errs.Bytes()...); !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes came back of %d", script, len(got), len(data))
		}
	}
}

func testTooLarge(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	_, err := host.Run(t.Context(), remote.Command{Argv: []string{"cat", "/dev/zero"}})
	if !errors.Is(err, remote.ErrOutputTooLarge) {
		t.Errorf("got %v, want ErrOutputTooLarge", err)
	}
}

// endless is a standard input that never ends.
type endless struct{}

// Read implements io.Reader.
func (endless) Read(p []byte) (int, error) { return len(p), nil }

func testStdinEarlyExit(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	blocked, end := io.Pipe()
	defer func() { _ = end.Close() }()
	for name, input := range map[string]io.Reader{"endless": endless{}, "blocked": blocked} {
		result, err := host.Run(t.Context(), remote.Command{Argv: []string{"sh", "-c", "exit 7"}, Stdin: input})
		if err != nil || result.Exit != 7 {
			t.Errorf("%s input: %+v, %v", name, result, err)
		}
	}
	result, err := host.Run(t.Context(), remote.Command{Argv: []string{"head", "-c", "100000"}, Stdin: endless{}})
	if err != nil || len(result.Stdout) != 100000 {
		t.Errorf("head: %d bytes, %v", len(result.Stdout), err)
	}
}

var errBroken = errors.New("broken")

// brokenReader fails after some bytes.
type brokenReader struct{ given bool }

// Read implements io.Reader.
func (b *brokenReader) Read(p []byte) (int, error) {
	if b.given {
		return 0, errBroken
	}
	b.given = true
	return copy(p, "half a fi"), nil
}

func testStdinFails(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	mark := WriteFile(t, "mark", "")
	_, err := host.Run(t.Context(), remote.Command{
		Argv:  []string{"sh", "-c", `cat && echo whole > "$1"`, "sh", mark},
		Stdin: &brokenReader{}, Stdout: io.Discard,
	})
	if !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the reader's error", err)
	}
	if whole, err := os.ReadFile(mark); err != nil || len(whole) > 0 { //nolint:gosec // our own file
		t.Errorf("the command took half of its input for the whole: %q, %v", whole, err)
	}
}

// brokenWriter fails at once.
type brokenWriter struct{}

// Write implements io.Writer.
func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func testWriterFails(t *testing.T, start Maker) {
	host := New(t, start, Options{}).Host(t)
	_, err := host.Run(t.Context(), remote.Command{Argv: []string{"cat", "/dev/zero"}, Stdout: brokenWriter{}})
	if !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

// together runs n commands at once and checks each answer.
func together(t *testing.T, host *remote.Host, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			want := strconv.Itoa(i)
			result, err := host.Run(context.WithoutCancel(t.Context()), remote.Command{Argv: []string{"sh", "-c", "sleep 0.05; echo $1", "sh", want}})
			if err != nil || strings.TrimSpace(string(result.Stdout)) != want {
				t.Errorf("command %d: %+v, %v", i, result, err)
			}
		})
	}
	all.Wait()
}

func testConcurrent(t *testing.T, start Maker) {
	made := New(t, start, Options{MaxSessions: 10})
	together(t, made.Host(t), 30)
	if got := made.Server.Accepted(); got != 1 {
		t.Errorf("%d connections were made, want 1", got)
	}
}

func testFewSessions(t *testing.T, start Maker) {
	made := New(t, start, Options{MaxSessions: 2})
	together(t, made.Host(t), 12)
}
