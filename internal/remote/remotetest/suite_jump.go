package remotetest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/skeema/knownhosts"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// behind gives a server with a jump host before it, and the jump host.
func behind(t *testing.T, start Maker, known func(Fixture) string) (Fixture, Fixture) {
	t.Helper()
	jump := New(t, start, Options{})
	made := New(t, start, Options{Authorized: []string{jump.Login.Authorized()}})
	made.Config = jump.Config
	made.Config.KnownHostsFiles = []string{WriteFile(t, "known_hosts", known(jump))}
	made.Endpoint.Jump = fmt.Sprintf("ssh://%s@127.0.0.1:%d", User(t), jump.Server.Port())
	return made, jump
}

func testJump(t *testing.T, start Maker) {
	made, jump := behind(t, start, func(jump Fixture) string {
		return knownhosts.Line([]string{knownName(jump.Server.Port())}, jump.HostKey.Signer.PublicKey()) + "\n"
	})
	pool := NewPool(t, made.Config)
	if result := run(t, pool.Host(made.Endpoint), "echo", "through"); string(result.Stdout) != "through\n" {
		t.Errorf("got %+v", result)
	}
	jump.Server.Drop()
	run(t, pool.Host(made.Endpoint), "true")
	if got := jump.Server.Accepted(); got != 2 {
		t.Errorf("%d connections to the jump host, want 2", got)
	}
	chain := made.Endpoint
	chain.Jump = strings.Join([]string{chain.Jump, chain.Jump}, ",")
	run(t, pool.Host(chain), "true")
}

func testJumpKey(t *testing.T, start Maker) {
	other := NewKey(t)
	made, _ := behind(t, start, func(jump Fixture) string {
		return "# a comment\n" + knownhosts.Line([]string{knownName(jump.Server.Port())}, other.Signer.PublicKey()) + "\n"
	})
	_, err := NewPool(t, made.Config).Host(made.Endpoint).Run(t.Context(), remote.Command{Argv: []string{"true"}})
	var wrong *remote.HostKeyError
	if !errors.As(err, &wrong) || wrong.Line != 2 || wrong.File != made.Config.KnownHostsFiles[0] || wrong.Expected != other.Fingerprint() {
		t.Errorf("changed key of the jump host: got %v", err)
	}
	made.Config.KnownHostsFiles = []string{"/does/not/exist"}
	_, err = NewPool(t, made.Config).Host(made.Endpoint).Run(t.Context(), remote.Command{Argv: []string{"true"}})
	if !errors.As(err, &wrong) || wrong.Expected != "" {
		t.Errorf("unknown key of the jump host: got %v", err)
	}
}

// overAgent logs in from one host to another with the forwarded agent only.
func overAgent(t *testing.T, port int) []string {
	t.Helper()
	return []string{
		"ssh", "-F", "none", "-p", fmt.Sprint(port), "-o", "BatchMode=yes", "-o", "IdentityFile=none",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
		User(t) + "@127.0.0.1", "anything",
	}
}

func testLease(t *testing.T, start Maker) {
	lease, err := remote.NewLease("mail lease 1")
	if err != nil {
		t.Fatalf("make lease: %v", err)
	}
	far := New(t, OpenSSH, Options{Authorized: []string{`restrict,command="echo forced for $SSH_ORIGINAL_COMMAND" ` + lease.AuthorizedKey()}})
	host := New(t, start, Options{}).Host(t)
	for range 2 {
		result, err := host.Run(t.Context(), remote.Command{Argv: overAgent(t, far.Server.Port()), Agent: lease.Agent()})
		if err != nil || string(result.Stdout) != "forced for anything\n" {
			t.Fatalf("with the lease: %+v, %v", result, err)
		}
	}
	result, err := host.Run(t.Context(), remote.Command{Argv: []string{"ssh-add", "-D"}, Agent: lease.Agent()})
	if err != nil || result.Exit == 0 {
		t.Errorf("the host could empty the agent: %+v, %v", result, err)
	}
	if err := lease.Close(); err != nil {
		t.Errorf("close lease: %v", err)
	}
	result, err = host.Run(t.Context(), remote.Command{Argv: overAgent(t, far.Server.Port()), Agent: lease.Agent()})
	if err != nil || result.Exit == 0 {
		t.Errorf("after the lease: %+v, %v", result, err)
	}
}

func testLeaseOnlyItsSession(t *testing.T, start Maker) {
	one, err := remote.NewLease("one")
	if err != nil {
		t.Fatalf("make lease: %v", err)
	}
	two, err := remote.NewLease("two")
	if err != nil {
		t.Fatalf("make lease: %v", err)
	}
	host := New(t, start, Options{}).Host(t)
	for _, lease := range []remote.Lease{one, two} {
		result, err := host.Run(t.Context(), remote.Command{Argv: []string{"ssh-add", "-L"}, Agent: lease.Agent()})
		if err != nil || strings.TrimSpace(string(result.Stdout)) != lease.AuthorizedKey() {
			t.Errorf("agent of %s: %q %q, %v", lease.AuthorizedKey(), result.Stdout, result.Stderr, err)
		}
	}
	result := run(t, host, "sh", "-c", "echo $SSH_AUTH_SOCK")
	if got := strings.TrimSpace(string(result.Stdout)); got != os.Getenv("SSH_AUTH_SOCK") && got != "" {
		t.Errorf("a session without an agent has %q", got)
	}
	if err := host.Forget(one.Agent()); err != nil {
		t.Errorf("forget: %v", err)
	}
}

func testNoAgent(t *testing.T, start Maker) {
	lease, err := remote.NewLease("")
	if err != nil {
		t.Fatalf("make lease: %v", err)
	}
	host := New(t, start, Options{NoAgent: true}).Host(t)
	_, err = host.Run(t.Context(), remote.Command{Argv: []string{"true"}, Agent: lease.Agent()})
	if err == nil || !strings.Contains(err.Error(), "AllowAgentForwarding") {
		t.Errorf("got %v, want the reason", err)
	}
}
