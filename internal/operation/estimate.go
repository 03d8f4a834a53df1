package operation

import "time"

// What is expected where nothing has been measured: seen in the lab, on kept connections, beside as much else as a stage does at a time.
const (
	stepEstimate     = 100 * time.Millisecond // a small change to one host
	bootEstimate     = 300 * time.Millisecond // enabling or disabling a unit
	drainEstimate    = 100 * time.Millisecond
	queueEstimate    = 800 * time.Millisecond
	scanEstimate     = 1500 * time.Millisecond // a pass that finds next to nothing
	compareEstimate  = 400 * time.Millisecond
	dumpEstimate     = 3 * time.Second
	markEstimate     = 300 * time.Millisecond // runs beside the start of services
	filesEstimate    = 1200 * time.Millisecond
	loadEstimate     = 500 * time.Millisecond // a zone is loaded and asked for
	exchangeEstimate = 3 * time.Second        // two seconds are spent on hearing nobody
)
