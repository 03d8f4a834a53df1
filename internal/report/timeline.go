package report

import (
	"fmt"
	"time"
)

// The measures of a timeline, in SVG units.
const (
	timelineWidth = 960
	labelWidth    = 330
	barsWidth     = timelineWidth - labelWidth - 10
	rowHeight     = 16
	axisHeight    = 22
	axisTop       = 16
	labelRunes    = 52
)

// bar is one line of a timeline: what it is, and when.
type bar struct {
	label     string
	title     string
	from, to  time.Duration
	offline   bool
	guessFrom time.Duration // what was predicted, beside what was measured
	guessTo   time.Duration
	heading   bool // a line of its own, without a bar
}

// timeline is a drawing with all coordinates, for the template.
type timeline struct {
	ID                                    int // of several on a page
	Width, Height, BarsBottom, BarsHeight int
	Ticks                                 []tick
	Rows                                  []row
	Downs                                 []shape
}

type tick struct {
	X     string
	Label string
}

type row struct {
	Y, TextY     int
	Label, Title string
	Heading      bool
	Bar          shape
	Class        string
	Guess        *shape
}

// shape is a rectangle's place along the time axis.
type shape struct{ X, Width string }

// draw places bars on a common axis; nil: there is no time to draw.
func draw(bars []bar, downs [][2]time.Duration, label func(time.Duration) string) *timeline {
	var end time.Duration
	for _, b := range bars {
		end = max(end, b.to, b.guessTo)
	}
	if end == 0 {
		return nil
	}
	place := func(from, to time.Duration) shape {
		scale := float64(barsWidth) / float64(end)
		return shape{fmt.Sprintf("%.1f", labelWidth+float64(from)*scale), fmt.Sprintf("%.1f", max(1, float64(to-from)*scale))}
	}
	t := &timeline{Width: timelineWidth, Height: axisHeight + len(bars)*rowHeight + 4, BarsBottom: axisHeight + len(bars)*rowHeight, BarsHeight: axisHeight + len(bars)*rowHeight - axisTop}
	for at := time.Duration(0); at <= end; at += apart(end) {
		t.Ticks = append(t.Ticks, tick{place(at, at).X, label(at)})
	}
	for _, down := range downs {
		t.Downs = append(t.Downs, place(down[0], down[1]))
	}
	for i, b := range bars {
		r := row{Y: axisHeight + i*rowHeight, TextY: axisHeight + i*rowHeight + 12, Label: short(b.label), Title: b.title, Heading: b.heading, Class: "bar"}
		if !b.heading {
			r.Bar = place(b.from, b.to)
		}
		if b.offline {
			r.Class = "bar offline"
		}
		if b.guessTo > b.guessFrom {
			guess := place(b.guessFrom, b.guessTo)
			r.Guess = &guess
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// apart is the distance between two marks of the axis, so that there are at most ten.
func apart(end time.Duration) time.Duration {
	for _, d := range []time.Duration{
		100 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
		2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	} {
		if end/d <= 10 {
			return d
		}
	}
	return end / 10
}

// short cuts a label to what has room.
func short(text string) string {
	runes := []rune(text)
	if len(runes) <= labelRunes {
		return text
	}
	return string(runes[:labelRunes-1]) + "…"
}
