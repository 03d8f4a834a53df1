package bench_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/bench"
)

func TestLine(t *testing.T) {
	t.Parallel()
	pair := func(ours time.Duration) bench.Pair { return bench.Pair{Script: 20 * time.Second, Ours: ours} }
	for name, test := range map[string]struct {
		pairs []bench.Pair
		want  string
	}{
		"none":  {nil, ""},
		"one":   {[]bench.Pair{pair(5 * time.Second)}, "bench: outage-vs-script ratio=0.25 range=0.25..0.25 goal=0.35"},
		"two":   {[]bench.Pair{pair(8 * time.Second), pair(4 * time.Second)}, "bench: outage-vs-script ratio=0.30 range=0.20..0.40 goal=0.35"},
		"three": {[]bench.Pair{pair(9 * time.Second), pair(4 * time.Second), pair(5 * time.Second)}, "bench: outage-vs-script ratio=0.25 range=0.20..0.45 goal=0.35"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, bench.Line(test.pairs)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	pair := bench.Pair{
		Script: 20 * time.Second, Ours: 5 * time.Second,
		ScriptParts: []bench.Part{{Name: "stop", Seconds: 2}}, OursParts: []bench.Part{{Name: "freeze", Seconds: 1.25}},
		Longest: []bench.Part{{Name: "restore_database.target.bj", Seconds: 3}},
	}
	var b strings.Builder
	if err := pair.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"script  20.00 s", "stop ", "ours     5.00 s  ratio 0.25", "freeze", "  1.25 s", "restore_database.target.bj"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("%q is missing in:\n%s", text, b.String())
		}
	}
}
