package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// itesmRun is a last_run with the times of ITESM's document as predictions; in the lab it took seconds.
func itesmRun() string {
	minutes := []int{10, 10, 20, 30, 5, 5, 30, 60, 20, 20, 60, 20, 40, 40, 390, 20}
	var steps []string
	begin := 0
	for i, m := range minutes {
		recovery := 0
		if i == 8 || i == 11 { // the starts prove an upgrade each
			recovery = 40
		}
		steps = append(steps, fmt.Sprintf(`{ id = "T%[1]d", stage = "change", sentence = "T%[1]d", begin = %[1]d, seconds = 1, skipped = false, undone = false, offline = %t,
			result = {}, error = "", predicted_begin = %d, predicted_seconds = %d, recovery_seconds = %d }`, i+1, i < 14, begin*60, m*60, recovery*60))
		begin += m
	}
	return `{ run = "cpms-2004", digest = "sha256:0", status = "settled", started = "2026-01-01T00:00:00Z", ended = "2026-01-01T00:00:16Z", outage_seconds = 14, remaining = [],
		predicted = { work_seconds = 46800, outage_seconds = 22200, contingency_work_seconds = 51600, contingency_outage_seconds = 27000 }, steps = [` + strings.Join(steps, ",\n") + `] }`
}

func output(value string) string { return hosts + "output \"t\" {\n  value = " + value + "\n}\n" }

func within(first string, steps ...any) tfjsonpath.Path {
	path := tfjsonpath.New(first)
	for _, step := range steps {
		switch step := step.(type) {
		case int:
			path = path.AtSliceIndex(step)
		case string:
			path = path.AtMapKey(step)
		}
	}
	return path
}

// The timetable of ITESM's document, to the minute, from what modules have: all 16 starts, 13 h 00 and 6 h 10, with the contingency 14 h 20 and 7 h 30.
// The document's list by the hour prints 15:00 as online; by its own table the validation ends at 15:10, and so does the outage here.
func TestTimetableFunctionITESM(t *testing.T) {
	t.Parallel()
	starts := []string{
		"09:00", "09:10", "09:20", "09:40", "10:10", "10:15", "10:20", "10:50", "11:50", "12:10", "12:30", "13:30", "13:50", "14:30", "15:10", "21:40",
	}
	var checks []statecheck.StateCheck
	check := func(want knownvalue.Check, first string, steps ...any) {
		checks = append(checks, statecheck.ExpectKnownOutputValueAtPath("t", within(first, steps...), want))
	}
	check(knownvalue.ListSizeExact(16), "rows")
	for i, start := range starts {
		service := "online"
		if i < 14 {
			service = "offline"
		}
		check(exact(start), "rows", i, "start")
		check(exact(service), "rows", i, "service")
	}
	check(knownvalue.Float64Exact(390), "rows", 14, "minutes")
	check(knownvalue.Float64Exact(40), "rows", 8, "recovery_minutes")
	check(exact("13h0m0s"), "totals", "work")
	check(exact("6h10m0s"), "totals", "outage")
	check(exact("14h20m0s"), "totals", "contingency", "work")
	check(exact("7h30m0s"), "totals", "contingency", "outage")
	check(exact("14s"), "measured", "outage")
	check(knownvalue.ListSizeExact(13), "hours")
	check(exact("15:00"), "hours", 6, "hour")
	check(exact("offline"), "hours", 6, "service")
	check(exact("15:10"), "hours", 6, "changes", 0, "at")
	check(exact("online"), "hours", 6, "changes", 0, "service")
	check(exact("online"), "hours", 7, "service")
	unit(t, newEngine(), resource.TestStep{Config: output("provider::mail::timetable(" + itesmRun() + `, "09:00")`), ConfigStateChecks: checks})
}

// Modules give the timetable of any resource out: null before it has run, and the plan after the apply is empty.
func TestTimetableFunctionOfResources(t *testing.T) {
	t.Parallel()
	more := project().example(t, "functions", "timetable", "function.tf") + "output \"files\" {\n  value = provider::mail::timetable(mail_file_set.config.last_run)\n}\n"
	at := func(name string, want knownvalue.Check, first string, steps ...any) statecheck.StateCheck {
		return statecheck.ExpectKnownOutputValueAtPath(name, within(first, steps...), want)
	}
	unit(t, newEngine(),
		resource.TestStep{Config: moving("source") + more, ConfigStateChecks: []statecheck.StateCheck{
			at("files", knownvalue.ListSizeExact(4), "rows"),
			at("files", exact("online"), "rows", 0, "service"),
		}},
		resource.TestStep{Config: moving("target") + more, ConfigStateChecks: []statecheck.StateCheck{
			at("timetable", exact("2.5s"), "measured", "outage"),
		}},
		resource.TestStep{Config: moving("target", "finalized = true") + more},
	)
}

func TestTimetableFunctionRefuses(t *testing.T) {
	t.Parallel()
	refused := func(arguments, want string) resource.TestStep {
		return resource.TestStep{Config: output("provider::mail::timetable(" + arguments + ")"), ExpectError: regexp.MustCompile(want)}
	}
	unit(t, newEngine(),
		refused(`"cpms"`, `it is no\s+object`),
		refused(`mail_host.old.facts`, `no run or no\s+steps`),
		refused(itesmRun()+`, "9 o'clock"`, `a time of day is\s+HH:MM`),
		refused(itesmRun()+`, "09:00", "10:00"`, `one time of day is\s+enough`),
		resource.TestStep{Config: output("provider::mail::timetable(null) == null"), ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("t", knownvalue.Bool(true))}},
	)
}
