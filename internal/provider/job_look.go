package provider

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// see takes over how a job stands, by what its host reports of it.
func (m *detachedModel) see(report func(name string) string) {
	started := textOrNull(report("started"))
	if !started.Equal(m.StartedAt) {
		m.Percent = types.Float64Null() // of an earlier one
	}
	m.StartedAt, m.EndedAt, m.OutputFile = started, textOrNull(report("ended")), textOrNull(report("file"))
	m.ExitCode = types.Int64Null()
	if code, err := strconv.ParseInt(report("rc"), 10, 64); err == nil {
		m.ExitCode = types.Int64Value(code)
	}
	switch state := report("state"); state {
	case "", "none":
		m.State, m.Percent = types.StringNull(), types.Float64Null()
		return
	case "running", "starting":
		m.State = types.StringValue(jobRunning)
	case "done":
		m.State = types.StringValue(jobDone)
	default:
		m.State = types.StringValue(jobFailed)
	}
	switch far, found := progressIn(m.Progress.ValueString(), report("output")); {
	case m.Progress.ValueString() == "":
		m.Percent = types.Float64Null()
	case m.State.ValueString() == jobDone:
		m.Percent = types.Float64Value(100)
	case found:
		m.Percent = types.Float64Value(far)
	}
}

// progressIn gives the last number that the expression's first group finds in what a job printed, which comes as base64.
func progressIn(expression, printed string) (float64, bool) {
	re, err := regexp.Compile(expression)
	if err != nil || re.NumSubexp() == 0 {
		return 0, false
	}
	output, err := base64.StdEncoding.DecodeString(printed)
	if err != nil {
		return 0, false
	}
	far, found := 0.0, false
	for _, match := range re.FindAllStringSubmatch(strings.ReplaceAll(string(output), "\r", "\n"), -1) {
		if n, err := strconv.ParseFloat(match[1], 64); err == nil {
			far, found = n, true
		}
	}
	return far, found
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
