package demo

// For the tests in package demo_test.
var (
	Longest   = longest
	Accepted  = accepted
	ReadPlan  = readPlan
	ReadState = readState

	OutageByStage = cutover.outageByStage
)

// Told is what a call's warnings come to.
func Told(stdout string) []string { return result{stdout: stdout}.warnings() }
