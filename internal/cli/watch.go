package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/report"
)

// errWatchUsage: the words of a call are off.
var errWatchUsage = errors.New("usage: terraform-provider-mail watch [-once] [-linger DURATION] [DIR]\n" +
	"DIR is the working directory of the apply; default: this one. It ends when for -linger nothing has been run any more")

// errRunFailed: what was watched did not end well.
var errRunFailed = errors.New("a run did not end well")

// How often is looked, and after how long a line is written though nothing happened, where lines are written.
const (
	lookEvery  = 300 * time.Millisecond
	aloudEvery = 30 * time.Second
)

// watch is one call of "watch".
type watch struct {
	follower *progress.Follower
	out      io.Writer
	screen   bool // draws on a terminal, in place
	drawn    int  // lines that were drawn last
	linger   time.Duration
	seen     bool // a run went on while it was watched
	failed   bool
	quiet    time.Time // since when nothing has been said
}

// Watch follows an apply that runs on this machine: what its runs do, how long they still take, and how long nobody has been served. dataDir gives the
// folder where Terraform keeps its data for a working directory. The exit code is 0, 1 where a run did not end well, 2 for wrong use.
func Watch(ctx context.Context, args []string, dataDir func(string) string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("watch", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {}
	once := flags.Bool("once", false, "say how things stand, and end")
	linger := flags.Duration("linger", 10*time.Second, "how long to wait for another run before it ends")
	if err := flags.Parse(args); err != nil || flags.NArg() > 1 || *linger < 0 {
		_, _ = fmt.Fprintln(errOut, errors.Join(errWatchUsage, err))
		return 2
	}
	dir := "."
	if flags.NArg() == 1 {
		dir = flags.Arg(0)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		_, _ = fmt.Fprintf(errOut, "watch: %s is no folder\n%s\n", dir, errWatchUsage)
		return 2
	}
	w := &watch{follower: progress.Follow(progress.Dir(dataDir(dir))), out: out, screen: !*once && isTerminal(out), linger: *linger}
	var err error
	if *once {
		err = w.standing(dir)
	} else {
		err = w.follow(ctx, dir)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "watch:", err)
		return 1
	}
	return 0
}

// isTerminal reports whether what is written is shown in place.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// standing says how things stand now.
func (w *watch) standing(dir string) error {
	if _, err := w.follower.Read(); err != nil {
		return err
	}
	open := w.follower.Open(time.Now())
	if len(open) == 0 {
		return w.say("nothing runs in " + dir)
	}
	for _, state := range open {
		if err := w.say(headline(state) + ": " + standing(state, time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// greet says what is under way when somebody begins to watch. What is over is not told again.
func (w *watch) greet(dir string) error {
	if _, err := w.follower.Read(); err != nil {
		return err
	}
	open := w.follower.Open(time.Now())
	if len(open) == 0 {
		return w.say("nothing runs in " + dir + " yet: waiting for a run")
	}
	for _, state := range open {
		if err := w.say(headline(state) + " is under way: " + standing(state, time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// follow watches until nothing has been run any more for a while.
func (w *watch) follow(ctx context.Context, dir string) error {
	if err := w.greet(dir); err != nil {
		return err
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	last := time.Now()
	for {
		now := time.Now()
		if err := w.look(now); err != nil {
			return err
		}
		switch {
		case len(w.follower.Open(now)) > 0:
			w.seen, last = true, now
		case w.seen && now.Sub(last) >= w.linger && w.failed:
			return errRunFailed
		case w.seen && now.Sub(last) >= w.linger:
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look tells what has happened since the last look.
func (w *watch) look(now time.Time) error {
	told, err := w.follower.Read()
	if err != nil {
		return err
	}
	var lines []string
	for _, t := range told {
		w.seen = true
		if line := w.event(t, now); line != "" {
			lines = append(lines, line)
		}
	}
	open := w.follower.Open(now)
	if w.screen {
		return w.draw(lines, open, now)
	}
	if len(lines) > 0 {
		w.quiet = now
	}
	if now.Sub(w.quiet) >= aloudEvery {
		for _, state := range open {
			lines = append(lines, headline(state)+": "+standing(state, now))
		}
		w.quiet = now
	}
	for _, line := range lines {
		if err := w.say(line); err != nil {
			return err
		}
	}
	return nil
}

// event puts an event into words; empty: there is nothing to be told.
func (w *watch) event(t progress.Told, now time.Time) string {
	state := t.State
	switch t.Kind {
	case progress.Begin:
		_, total := state.Count()
		line := fmt.Sprintf("%s begins: %d steps, about %s", headline(state), total, seconds(t.Work))
		if t.Outage > 0 {
			line += ", out of service for about " + seconds(t.Outage)
		}
		return line
	case progress.End:
		step := state.Step(t.Op)
		how := "done in " + seconds(t.Seconds)
		switch {
		case t.Error != "":
			how = "failed: " + t.Error
		case t.Skipped:
			how = "was done already"
		}
		return fmt.Sprintf("%s: %s: %s: %s", standing(state, now), step.Stage, step.Sentence, how)
	case progress.Back:
		return headline(state) + ": what was done is taken back"
	case progress.Close:
		w.failed = w.failed || t.Status != "settled" && t.Status != "held" && !(t.Status == "backed-out" && len(state.First.Steps) == 0)
		line := fmt.Sprintf("%s ended: %s, after %s", headline(state), t.Status, report.Span(state.Elapsed(now)))
		if lasts, begun, _ := state.Outage(now); begun {
			line += fmt.Sprintf(", out of service for %s (about %s were predicted)", report.Span(lasts), seconds(state.First.Outage))
		}
		return line
	}
	return ""
}

func headline(state *progress.State) string {
	if state.First.Resource == "" {
		return "run " + state.First.Run
	}
	return state.First.Resource + ", run " + state.First.Run
}

// standing says how a run stands: steps, stage, time, outage, what was carried.
func standing(state *progress.State, now time.Time) string {
	done, total := state.Count()
	parts := []string{fmt.Sprintf("[%d/%d]", done, total)}
	if stage := state.Stage(); stage != "" {
		parts = append(parts, "stage "+stage)
	}
	parts = append(parts, report.Span(state.Elapsed(now))+" so far")
	if left, known := state.Left(now); known {
		parts = append(parts, "about "+report.Span(left)+" left")
	}
	if state.Back {
		parts = append(parts, "taking back")
	}
	switch lasts, begun, open := state.Outage(now); {
	case open:
		parts = append(parts, fmt.Sprintf("OUT OF SERVICE for %s of about %s", report.Span(lasts), seconds(state.First.Outage)))
	case begun:
		parts = append(parts, "was out of service for "+report.Span(lasts))
	}
	if bytes, rate := state.Bytes(); bytes > 0 {
		parts = append(parts, fmt.Sprintf("%s carried, %s/s", size(float64(bytes)), size(rate)))
	}
	return strings.Join(parts, " · ")
}

func seconds(s float64) string { return report.Span(time.Duration(s * float64(time.Second))) }

// size writes a number of bytes.
func size(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return fmt.Sprintf("%.3g %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3g TB", n)
}

// say writes a line.
func (w *watch) say(line string) error {
	if _, err := fmt.Fprintln(w.out, printable(line)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// printable keeps what a file holds from steering a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}
