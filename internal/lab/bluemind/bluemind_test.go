package bluemind_test

import (
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

func TestSpecIsValid(t *testing.T) {
	for _, o := range []bluemind.Options{{}, {Name: "other", Users: 3, DiskMiB: map[string]int{bluemind.New: 512}}} {
		s := bluemind.Spec(o)
		if err := s.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	s := bluemind.Spec(bluemind.Options{DiskMiB: map[string]int{bluemind.New: 512}})
	for _, h := range s.Hosts {
		if want := map[string]int{bluemind.New: 512}[h.Name]; h.DiskMiB != want {
			t.Errorf("%s: a disk of %d MiB, want %d", h.Name, h.DiskMiB, want)
		}
	}
}

func TestPasswordOfUserAndAddress(t *testing.T) {
	if a, b := bluemind.Password("u01"), bluemind.Password("u01@lab.test"); a != b || a != "pw-u01" {
		t.Errorf("passwords %q and %q", a, b)
	}
	if got := bluemind.Users(2); len(got) != 2 || got[1] != "u02@lab.test" {
		t.Errorf("users %q", got)
	}
}
