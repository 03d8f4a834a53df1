package remote_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	const text = "hunter2"
	secret := remote.Secret(text)
	holder := struct {
		Password remote.Secret
		Map      map[string]remote.Secret
	}{secret, map[string]remote.Secret{"key": secret}}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%T"} {
		fmt.Fprintf(&printed, verb, secret)
		fmt.Fprintf(&printed, verb, holder)
		fmt.Fprintf(&printed, verb, &holder)
		fmt.Fprintf(&printed, verb, []any{secret})
	}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	printed.Write(encoded)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(handler).Info("login", "password", secret, "all", holder)
	}
	fmt.Fprint(&printed, fmt.Errorf("login with %s", secret))
	for _, seen := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
		if strings.Contains(printed.String(), seen) {
			t.Errorf("the secret is seen as %q in:\n%s", seen, printed.String())
		}
	}
	if secret.Reveal() != text {
		t.Errorf("revealed %q", secret.Reveal())
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	lease, err := remote.NewLease("mail run 7")
	if err != nil {
		t.Fatalf("make lease: %v", err)
	}
	key, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(lease.AuthorizedKey()))
	if err != nil || comment != "mail run 7" || ssh.FingerprintSHA256(key) != lease.Fingerprint() {
		t.Errorf("authorized key %q: %q, %v", lease.AuthorizedKey(), comment, err)
	}
	signature, err := lease.Agent().Sign(key, []byte("data"))
	if err != nil || key.Verify([]byte("data"), signature) != nil {
		t.Errorf("sign: %v", err)
	}
	if err := lease.Agent().RemoveAll(); err == nil {
		t.Error("the agent can be emptied")
	}
	if err := lease.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := lease.Agent().Sign(key, []byte("data")); err == nil {
		t.Error("a closed lease signs")
	}
	if _, err := remote.NewLease("two\nlines"); err == nil {
		t.Error("a comment of two lines was accepted")
	}
}
