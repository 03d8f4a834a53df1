package operation_test

import (
	"testing"
)

// Keys of earlier moves of the cutover go; the user's own, another cutover's, this run's and those of a move that waits stay.
func TestCloseLeases(t *testing.T) {
	t.Parallel()
	got := good(t, t.TempDir(), `access_file() { echo "$J/keys"; }
		mkdir -p "$J/runs/mail.3.1"; echo RUN_HOLDER=mail.3 >"$J/runs/mail.3.1/ops"
		mkdir -p "$J/runs/mail.1.finalize"; echo RUN_HOLDER=mail >"$J/runs/mail.1.finalize/ops"
		mkdir -p "$J/runs/mail.2"; use_run mail.2; timer_set revert; use_run mail.9
		printf 'ssh-ed25519 A %s\n' ana@desk mail.1 terraform-provider-mail:mail.1 terraform-provider-mail-question:mail.1 terraform-provider-mail:mail.mend \
			terraform-provider-mail:mail.2 terraform-provider-mail:mail2.1 terraform-provider-mail:mail.9 \
			terraform-provider-mail:mail.3.1 terraform-provider-mail:mail.1.finalize >"$J/keys"
		close_leases_probe mail || echo open
		close_leases_do mail
		close_leases_verify mail && cut -d" " -f3 "$J/keys"`)
	if want := "open\nana@desk\nmail.1\nterraform-provider-mail:mail.2\nterraform-provider-mail:mail2.1\nterraform-provider-mail:mail.9\nterraform-provider-mail:mail.3.1\n"; got != want {
		t.Errorf("left %q, want %q", got, want)
	}
}
