package provider

import (
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/timetable"
)

// timetableValue makes what the function gives back.
func timetableValue(t timetable.Table) types.Object {
	rows := make([]attr.Value, len(t.Rows))
	for i, row := range t.Rows {
		minutes := types.Float64Null()
		if row.Known {
			minutes = inMinutes(row.Takes)
		}
		rows[i] = types.ObjectValueMust(timetableRowTypes(), map[string]attr.Value{
			"step": types.StringValue(row.Step), "stage": types.StringValue(row.Stage), "start": types.StringValue(runbook.TimeOfDay(row.Start, t.Minutes)),
			"minutes": minutes, "service": serviceWord(row.Offline), "recovery_minutes": inMinutes(row.Recovery),
			"measured_start": types.StringValue(runbook.TimeOfDay(row.MeasuredStart, false)), "measured_minutes": inMinutes(row.MeasuredTakes),
		})
	}
	hours := make([]attr.Value, len(t.Hours))
	for i, hour := range t.Hours {
		hours[i] = hourValue(hour, t.Minutes)
	}
	contingency := types.ObjectNull(sumsTypes())
	if c := t.Contingency; c != nil {
		contingency = sumsValue(c.Work, c.Outage)
	}
	return types.ObjectValueMust(timetableTypes(), map[string]attr.Value{
		"rows": types.ListValueMust(types.ObjectType{AttrTypes: timetableRowTypes()}, rows),
		"totals": types.ObjectValueMust(timetableTotalsTypes(), map[string]attr.Value{
			"work": tenths(t.Work), "outage": tenths(t.Outage), "contingency": contingency,
		}),
		"measured": sumsValue(t.Measured.Work, t.Measured.Outage),
		"hours":    types.ListValueMust(types.ObjectType{AttrTypes: timetableHourTypes()}, hours),
	})
}

func hourValue(hour runbook.Hour, minutes bool) types.Object {
	kinds := timetableHourTypes()
	change, _ := kinds["changes"].(types.ListType).ElemType.(types.ObjectType) // as declared beside it
	offline := hour.Offline
	var changes []attr.Value
	for _, at := range hour.Changes {
		offline = !offline
		changes = append(changes, types.ObjectValueMust(change.AttrTypes, map[string]attr.Value{
			"at": types.StringValue(runbook.TimeOfDay(at, minutes)), "service": serviceWord(offline),
		}))
	}
	return types.ObjectValueMust(kinds, map[string]attr.Value{
		"hour": types.StringValue(runbook.TimeOfDay(hour.At, minutes)), "service": serviceWord(hour.Offline), "changes": types.ListValueMust(change, changes),
	})
}

func sumsValue(work, outage time.Duration) types.Object {
	return types.ObjectValueMust(sumsTypes(), map[string]attr.Value{"work": tenths(work), "outage": tenths(outage)})
}

// inMinutes is a duration in minutes, to the thousandth.
func inMinutes(d time.Duration) types.Float64 {
	return types.Float64Value(math.Round(d.Minutes()*1000) / 1000)
}

func serviceWord(offline bool) types.String {
	if offline {
		return types.StringValue("offline")
	}
	return types.StringValue("online")
}

// tenths writes a duration to the tenth of a second.
func tenths(d time.Duration) types.String {
	return types.StringValue(d.Round(100 * time.Millisecond).String())
}
