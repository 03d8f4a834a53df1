package remote_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote/remotetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInProcess(t *testing.T) {
	t.Parallel()
	remotetest.Conformance(t, remotetest.InProcess)
}

func TestOpenSSH(t *testing.T) {
	t.Parallel()
	remotetest.Conformance(t, remotetest.OpenSSH)
}
