package runbook_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var update = flag.Bool("update", false, "write golden files")

// itesm is the procedure by which ITESM upgraded its cluster on 27 December 2004, with the durations that its document gives. The two starts prove an
// upgrade each; one that fails costs 40 minutes, in which the version before comes back.
func itesm() runbook.Runbook {
	const minute = time.Minute
	r := book()
	last := ""
	add := func(id, sentence string, minutes time.Duration, online bool, recovery time.Duration) {
		r.Operations = append(r.Operations, op(id, runbook.Change, func(o *runbook.Operation) {
			o.Sentence, o.Estimate, o.Offline, o.Recovery = sentence, minutes*minute, !online, recovery*minute
			if last != "" {
				o.Needs = []string{last}
			}
		}))
		last = id
	}
	add("T1", "stop account creation for staff", 10, false, 0)
	add("T2", "stop account administration for students", 10, false, 0)
	add("T3", "stop mail: the MTAs, then the configuration server", 20, false, 0)
	add("T4", "back up", 30, false, 0)
	add("T5", "mount the old partition elsewhere", 5, false, 0)
	add("T6", "mount the new partition at the cluster's root", 5, false, 0)
	add("T7", "copy databases and logs to it", 30, false, 0)
	add("T8", "install 7.0 on every server", 60, false, 0)
	add("T9", "start: the configuration server, then the MTAs", 20, false, 40)
	add("T10", "stop: the MTAs, then the configuration server", 20, false, 0)
	add("T11", "install 7.1 on every server", 60, false, 0)
	add("T12", "start: the configuration server, then the MTAs", 20, false, 40)
	add("T13", "bring the cluster up with mailconf1 as configuration server", 40, false, 0)
	add("T14", "validate the service with mailconf1", 40, false, 0)
	add("T15", "rebuild the mailboxes", 390, true, 0)
	add("T16", "verify", 20, true, 0)
	return r
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// The document's own timetable comes out of its durations to the minute: 13 h 00 of work, 6 h 10 out of service, 14 h 20 and 7 h 30 with the
// contingency. Its list of the status by the hour prints 15:00 as online; by its own table the validation ends, and service is back, at 15:10. Ours
// follows the table: offline at 15:00, online from 15:10.
func TestTimetableOfITESM(t *testing.T) {
	t.Parallel()
	const begin = 9 * time.Hour
	procedure := itesm()
	table, contingency := procedure.Timetable(), procedure.Contingency()
	var text strings.Builder
	for _, step := range table.Steps {
		service := "online"
		if step.Offline {
			service = "offline"
		}
		fmt.Fprintf(&text, "%-3s %s %3.0f %s %s\n", step.ID, clock(begin+step.Start), (step.End - step.Start).Minutes(), service, step.Sentence)
	}
	fmt.Fprintf(&text, "work %s, out of service %s\n", clock(table.Work), clock(table.Outage))
	fmt.Fprintf(&text, "with the contingency: work %s, out of service %s\n", clock(contingency.Work), clock(contingency.Outage))
	down, _ := table.Down()
	for _, hour := range runbook.Hours(begin, table.Work, []runbook.Span{down}) {
		states := [2]string{"online", "offline"}
		at := 0
		if hour.Offline {
			at = 1
		}
		fmt.Fprintf(&text, "%s %s", clock(hour.At), states[at])
		for _, change := range hour.Changes {
			at = 1 - at
			fmt.Fprintf(&text, ", %s from %s", states[at], clock(change))
		}
		text.WriteString("\n")
	}
	golden(t, "itesm.txt", text.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
