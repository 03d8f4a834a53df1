package itpass_test

import (
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itpass"
)

func TestSpecIsValid(t *testing.T) {
	for _, o := range []itpass.Options{{}, {Name: "other", Users: 3}} {
		if err := itpass.Spec(o).Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestPasswordOfUserAndAddress(t *testing.T) {
	if a, b := itpass.Password("itp01"), itpass.Password("itp01@"+itpass.MailDomain); a != b || a != "pw-itp01" {
		t.Errorf("passwords %q and %q", a, b)
	}
	if got := itpass.Users(2); len(got) != 2 || got[1] != "itp02@"+itpass.MailDomain {
		t.Errorf("users %q", got)
	}
}
