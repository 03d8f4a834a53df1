package operation_test

import "testing"

// What is taken back in a database waits for a server that recovers, and after a boot for one that has not begun; not for one that stands.
func TestDatabaseAwake(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ code, boots, asked string }{
		"it recovers":              {"1", "0", "4\n"},
		"it has not begun yet":     {"2", "999999999", "4\n"},
		"it stands":                {"2", "0", "1\n"},
		"nobody can tell":          {"127", "0", "1\n"},
		"it answers the first one": {"0", "0", "1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := good(t, t.TempDir(), "BOOTS_WITHIN="+test.boots+" asked=0\npg_tool() { asked=$((asked + 1)); [ $asked -ge 4 ] || return "+test.code+"; }\npg_awake\necho $asked")
			if got != test.asked {
				t.Errorf("asked %s times, want %s", got, test.asked)
			}
		})
	}
}
