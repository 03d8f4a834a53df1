package demo_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/demo"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

func whole(n int) client.Ledger { return client.Ledger{Accepted: n, Found: n} }

func TestVerdictGood(t *testing.T) {
	for name, tc := range map[string]struct {
		verdict demo.Verdict
		want    bool
	}{
		"enough and whole": {demo.Verdict{Ledger: whole(demo.Enough)}, true},
		"too few":          {demo.Verdict{Ledger: whole(demo.Enough - 1)}, false},
		"lost":             {demo.Verdict{Ledger: client.Ledger{Accepted: 2001, Found: 2000, Lost: []string{"a"}}}, false},
		"doubled":          {demo.Verdict{Ledger: client.Ledger{Accepted: 2000, Found: 2000, Doubled: []string{"a"}}}, false},
		"unknown is no fault of the service": {
			demo.Verdict{Ledger: client.Ledger{Accepted: 2000, Found: 2000, Unknown: []string{"a"}}}, true,
		},
		"a fault elsewhere": {demo.Verdict{Ledger: whole(demo.Enough), Faults: []string{"the next plan is not empty"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.verdict.Good(); got != tc.want {
				t.Errorf("Good() = %v, want %v", got, tc.want)
			}
		})
	}
}

func TestVerdictLines(t *testing.T) {
	v := demo.Verdict{
		Ledger:  whole(2345),
		Cutover: demo.Move{Outage: 4260 * time.Millisecond, Predicted: 5 * time.Second},
		Back:    demo.Move{Outage: 3940 * time.Millisecond, Predicted: 4500 * time.Millisecond},
	}
	want := []string{
		"ledger: accepted=2345 found=2345 lost=0 doubled=0",
		"outage: cutover=4.3s predicted=5.0s · back-out=3.9s predicted=4.5s",
	}
	if diff := cmp.Diff(want, v.Lines()); diff != "" {
		t.Error(diff)
	}
	v.Ledger.Unknown = []string{"a", "b"}
	if diff := cmp.Diff("ledger: accepted=2345 found=2345 lost=0 doubled=0 unknown=2", v.Lines()[0]); diff != "" {
		t.Error(diff)
	}
}
