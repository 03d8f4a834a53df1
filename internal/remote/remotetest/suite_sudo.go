package remotetest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// fakeSudo makes a directory with a sudo that changes nothing but
// SUDO_TEST, and that asks for a password, in French, once a file "locked" is
// beside it.
func fakeSudo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\n[ \"$1\" = -n ] || exit 9\n" +
		"if [ -e " + remote.Quote(dir+"/locked") + " ]; then echo 'sudo: il est nécessaire de saisir un mot de passe' >&2; exit 1; fi\n" +
		"while [ \"$1\" != -- ]; do shift; done; shift\nSUDO_TEST=yes exec \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "sudo"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatalf("write sudo: %v", err)
	}
	return dir
}

func testSudo(t *testing.T, start Maker) {
	dir := fakeSudo(t)
	made := New(t, start, Options{Path: dir})
	made.Endpoint.Become = remote.BecomeSudo
	host := made.Host(t)
	if result := run(t, host, "sh", "-c", "echo $SUDO_TEST $1", "sh", "a  b"); string(result.Stdout) != "yes a b\n" {
		t.Errorf("got %+v", result)
	}
	if result := run(t, host, "sh", "-c", "echo sudo: not me >&2; exit 1"); result.Exit != 1 {
		t.Errorf("a command that fails like sudo: got %+v", result)
	}
	if err := os.WriteFile(filepath.Join(dir, "locked"), nil, 0o600); err != nil {
		t.Fatalf("lock sudo: %v", err)
	}
	_, err := host.Run(t.Context(), remote.Command{Argv: []string{"true"}})
	var asked *remote.SudoError
	if !errors.As(err, &asked) || asked.User != User(t) {
		t.Errorf("got %v, want a SudoError", err)
	}
}
