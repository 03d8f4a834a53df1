package runbook_test

import (
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// A time of day that is read is one of a day, and is read again as it is written.
func FuzzParseTimeOfDay(f *testing.F) {
	for _, seed := range []string{"", "00:00", "23:59", "24:00", "7:05", "12:60", "-1:00", " 01:00", "01:00:00", "١٢:٠٠"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := runbook.ParseTimeOfDay(text)
		if err != nil {
			return
		}
		if at < 0 || at >= 24*time.Hour || at%time.Minute != 0 {
			t.Errorf("%q is %s", text, at)
		}
		if again, err := runbook.ParseTimeOfDay(runbook.TimeOfDay(at, true)); err != nil || again != at {
			t.Errorf("%q is %s, written %q, and then %s, %v", text, at, runbook.TimeOfDay(at, true), again, err)
		}
	})
}
