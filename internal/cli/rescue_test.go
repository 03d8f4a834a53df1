package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/cli"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
)

// call runs rescue against a host on loopback.
func call(t *testing.T, f remotetest.Fixture, journal, answer, verb string, flags ...string) (int, string) {
	t.Helper()
	args := append([]string{
		verb, "-user", f.Endpoint.User, "-port", strconv.Itoa(f.Endpoint.Port), "-journal-dir", journal,
		"-identity", f.Config.IdentityFiles[0], "-known-hosts", f.Config.KnownHostsFiles[0],
	}, flags...)
	var out bytes.Buffer
	code := cli.Rescue(t.Context(), append(args, f.Endpoint.Addresses[0]), strings.NewReader(answer), &out, &out)
	return code, out.String()
}

func lockedJournal(t *testing.T) string {
	t.Helper()
	journal := filepath.Join(t.TempDir(), "journal")
	for name, text := range map[string]string{
		"epoch": "7\n", "lock/owner": "laptop:1:ab\n", "lock/since": "2026-01-02T03:04:05Z\n", "lock/runs": "bluemind\n",
	} {
		path := filepath.Join(journal, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return journal
}

func TestRescueUnlock(t *testing.T) {
	t.Parallel()
	f := remotetest.New(t, remotetest.InProcess, remotetest.Options{})
	f.Config.KnownHostsFiles = []string{remotetest.WriteFile(t, "known", "["+f.Endpoint.Addresses[0]+"]:"+strconv.Itoa(f.Endpoint.Port)+" "+f.Endpoint.HostKey+"\n")}
	journal := lockedJournal(t)
	code, text := call(t, f, journal, "", "status")
	if code != 0 || !strings.Contains(text, "lock=locked by laptop:1:ab for bluemind since 2026-01-02T03:04:05Z") {
		t.Errorf("status: %d\n%s", code, text)
	}
	if code, text := call(t, f, journal, "n\n", "unlock"); code != 1 || !strings.Contains(text, "nothing was changed") {
		t.Errorf("unlock, not agreed: %d\n%s", code, text)
	}
	if code, text := call(t, f, journal, "y\n", "unlock"); code != 0 || !strings.Contains(text, "is unlocked") {
		t.Errorf("unlock: %d\n%s", code, text)
	}
	if _, err := os.Stat(filepath.Join(journal, "lock")); !os.IsNotExist(err) {
		t.Errorf("the lock is still there: %v", err)
	}
	epoch, err := os.ReadFile(filepath.Join(journal, "epoch"))
	if err != nil || string(epoch) != "8\n" {
		t.Errorf("epoch %q, %v", epoch, err)
	}
	if code, text := call(t, f, journal, "", "unlock", "-yes"); code != 0 || !strings.Contains(text, "not locked") {
		t.Errorf("unlock again: %d\n%s", code, text)
	}
}

func TestRescueContinueNothing(t *testing.T) {
	t.Parallel()
	f := remotetest.New(t, remotetest.InProcess, remotetest.Options{})
	f.Config.KnownHostsFiles = []string{remotetest.WriteFile(t, "known", "["+f.Endpoint.Addresses[0]+"]:"+strconv.Itoa(f.Endpoint.Port)+" "+f.Endpoint.HostKey+"\n")}
	if code, text := call(t, f, lockedJournal(t), "", "continue", "-yes"); code != 1 || !strings.Contains(text, "no run waits on 127.0.0.1") {
		t.Errorf("%d\n%s", code, text)
	}
}

func TestRescueReleasesAHold(t *testing.T) {
	t.Parallel()
	f := remotetest.New(t, remotetest.InProcess, remotetest.Options{})
	f.Config.KnownHostsFiles = []string{remotetest.WriteFile(t, "known", "["+f.Endpoint.Addresses[0]+"]:"+strconv.Itoa(f.Endpoint.Port)+" "+f.Endpoint.HostKey+"\n")}
	journal := lockedJournal(t)
	held := filepath.Join(journal, "hold", "bluemind")
	if err := os.MkdirAll(held, 0o700); err != nil {
		t.Fatal(err)
	}
	if code, text := call(t, f, journal, "", "unlock", "-yes", "-hold", "bluemind"); code != 1 || !strings.Contains(text, "locked by laptop:1:ab") {
		t.Errorf("while it is locked: %d\n%s", code, text)
	}
	if err := os.RemoveAll(filepath.Join(journal, "lock")); err != nil {
		t.Fatal(err)
	}
	if code, text := call(t, f, journal, "", "unlock", "-yes", "-hold", "other"); code != 1 || !strings.Contains(text, "cutover other holds nothing here") {
		t.Errorf("another hold: %d\n%s", code, text)
	}
	if code, text := call(t, f, journal, "y\n", "unlock", "-hold", "bluemind"); code != 0 || !strings.Contains(text, "is released") {
		t.Errorf("release: %d\n%s", code, text)
	}
	if _, err := os.Stat(held); !os.IsNotExist(err) {
		t.Errorf("it is still held: %v", err)
	}
}

func TestRescueUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"give-up", "host"}, {"status"}, {"status", "-nope", "host"}, {"status", "-yes"}} {
		var out bytes.Buffer
		if code := cli.Rescue(t.Context(), args, strings.NewReader(""), &out, &out); code != 2 || !strings.Contains(out.String(), "usage: ") {
			t.Errorf("%q: %d\n%s", args, code, out.String())
		}
	}
}
