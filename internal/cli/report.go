package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/report"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/timetable"
)

// errReportUsage: the words of a call are off.
var errReportUsage = errors.New("usage: terraform-provider-mail report [-format " + strings.Join(report.RunFormats(), "|") + "] STATE.json|-\n" +
	"       terraform-provider-mail report [-format …] [-user USER] [-port PORT] [-identity FILE] [-known-hosts FILE] [-journal-dir DIR] [-run RUN] HOST…\n" +
	"STATE.json is the output of `terraform show -json`; - is standard input; of hosts the journals are read")

// Report tells what was run: predicted against measured, the ledger, and what was changed; from a state, or from the journals on hosts. It changes
// nothing. The exit code is 0, 2 for wrong use and for what is no state, 1 for any other failure.
func Report(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	err := reportRuns(ctx, args, in, out, errOut)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReportUsage), errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(errOut, err)
		return 2
	}
	_, _ = fmt.Fprintln(errOut, "report:", err)
	if errors.Is(err, report.ErrInput) || errors.Is(err, os.ErrNotExist) {
		return 2
	}
	return 1
}

func reportRuns(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {}
	format := flags.String("format", "text", strings.Join(report.RunFormats(), ", "))
	r := &rescue{verb: "status", in: bufio.NewReader(in), out: out}
	reach := reachFlags(flags)
	flags.StringVar(&r.named, "run", "", "the run that is meant; default: the newest of each resource")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		return errors.Join(errReportUsage, err)
	}
	if !slices.Contains(report.RunFormats(), *format) {
		return fmt.Errorf("%w\n-format %s is not known", errReportUsage, *format)
	}
	var runs []report.Run
	var err error
	if flags.NArg() == 1 && isState(flags.Arg(0)) {
		runs, err = stateRuns(flags.Arg(0), in)
	} else {
		r.hosts, r.config = reach.endpoints(flags.Args(), "report")
		runs, err = r.journalRuns(ctx)
	}
	if err != nil {
		return err
	}
	written, err := report.Runs(runs, *format)
	if err != nil {
		return err
	}
	if _, err := out.Write(written); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	return nil
}

// isState reports whether an argument names a state and not a host.
func isState(name string) bool {
	if name == "-" || strings.HasSuffix(name, ".json") || strings.Contains(name, "/") {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func stateRuns(name string, in io.Reader) ([]report.Run, error) {
	text, err := input(name, in)
	if err != nil {
		return nil, err
	}
	runs, err := report.ReadState(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", named(name), err)
	}
	return runs, nil
}

// journalRuns reads the runs that hosts have journals of: the one that is named, else the newest of each resource.
func (r *rescue) journalRuns(ctx context.Context) ([]report.Run, error) {
	var runs []report.Run
	err := r.connected(func() error {
		all, err := r.stories(ctx)
		if err != nil {
			return err
		}
		for _, s := range newest(all, r.named) {
			steps, err := r.controller.Told(ctx, s.Record)
			if err != nil {
				return err
			}
			runs = append(runs, s.reported(steps))
		}
		if len(runs) == 0 {
			return fmt.Errorf("%w: the journals know no run that was asked for", report.ErrInput)
		}
		return nil
	})
	return runs, err
}

// newest picks the run that is named, else the newest of each resource; oldest first.
func newest(all []story, named string) []story {
	last := map[string]story{}
	for _, s := range all {
		if named != "" && s.Run == named {
			return []story{s}
		}
		last[s.Resource] = s
	}
	if named != "" {
		return nil
	}
	out := slices.Collect(maps.Values(last))
	slices.SortFunc(out, func(a, b story) int { return a.Begun.Compare(b.Begun) })
	return out
}

// reported is a story as the report has it.
func (s story) reported(steps []executor.StepResult) report.Run {
	totals := s.Runbook.Totals()
	last := timetable.Run{
		Name: s.Run, Started: s.Begun.Format(time.RFC3339), Status: s.ended(),
		Predicted: &timetable.Predicted{
			Work: totals.Work.Seconds(), Outage: totals.Outage.Seconds(),
			ContingencyWork: totals.Contingency.Work.Seconds(), ContingencyOutage: totals.Contingency.Outage.Seconds(),
		},
	}
	if digest, err := s.Runbook.Digest(); err == nil {
		last.Digest = digest
	}
	first, end := -1.0, 0.0
	for _, step := range steps {
		begin, takes, recovery := step.Predicted.Begin.Seconds(), step.Predicted.Takes.Seconds(), step.Predicted.Recovery.Seconds()
		last.Steps = append(last.Steps, timetable.Step{
			ID: step.ID, Stage: step.Stage, Sentence: step.Sentence, Begin: step.Begin.Seconds(), Seconds: step.Seconds, Offline: step.Offline, Skipped: step.Skipped,
			Result: step.Result, Error: step.Error, PredictedBegin: &begin, PredictedSeconds: &takes, RecoverySeconds: &recovery,
		})
		if step.Offline {
			if first < 0 || step.Begin.Seconds() < first {
				first = step.Begin.Seconds()
			}
			end = max(end, step.Begin.Seconds()+step.Seconds)
		}
	}
	if first >= 0 {
		last.Outage = end - first
	}
	return report.Run{
		Resource: s.Resource, Hosts: s.Addresses(), Last: &last,
		Notes: []string{"From the journals on the hosts, which know the beginning of a step to the second, and no step that ran on no host, such as a check."},
	}
}

// ended says how a run ended, as the hosts know it.
func (s story) ended() string {
	words := map[string]bool{}
	for _, h := range s.hosts {
		words[string(h.Outcome)] = true
	}
	text := strings.Join(slices.Sorted(maps.Keys(words)), ", ")
	if s.committed() {
		text += ", committed"
	}
	return text
}
