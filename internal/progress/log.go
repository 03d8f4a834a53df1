// Package progress lets other processes on this machine follow a run: the one that runs it appends what happens to a file, a JSON object a line, and who
// watches reads along. It is for people who wait; nothing depends on it, and no fault of it is a fault of the run.
package progress

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Version is the version of the format that this program writes.
const Version = 1

// The kinds of events.
const (
	Begin  = "begin"  // of a run
	Start  = "start"  // of an operation
	End    = "end"    // of an operation
	Expect = "expect" // an operation to come is now expected to take so long
	Back   = "back"   // what was done is taken back from here on
	Beat   = "beat"   // the run goes on
	Close  = "close"  // of a run
)

// How often a run gives a sign of life, and after how long without one it is taken for dead.
const (
	BeatEvery = 5 * time.Second
	DeadAfter = 4 * BeatEvery
)

// kept is how many files stay.
const kept = 20

// Event is one line.
type Event struct {
	V        int       `json:"v"`
	At       time.Time `json:"at"`
	Kind     string    `json:"event"`
	Run      string    `json:"run,omitempty"` // begin
	Resource string    `json:"resource,omitempty"`
	Steps    []Step    `json:"steps,omitempty"`
	Work     float64   `json:"work,omitempty"` // predicted, in seconds
	Outage   float64   `json:"outage,omitempty"`
	Op       string    `json:"op,omitempty"` // start, end, expect
	Seconds  float64   `json:"seconds,omitempty"`
	Skipped  bool      `json:"skipped,omitempty"`
	Error    string    `json:"error,omitempty"`
	Bytes    int64     `json:"bytes,omitempty"`
	Status   string    `json:"status,omitempty"` // close
}

// Step is an operation that a run is going to do.
type Step struct {
	ID       string  `json:"id"`
	Stage    string  `json:"stage"`
	Sentence string  `json:"sentence"`
	Begin    float64 `json:"begin"` // predicted, in seconds since the run's
	Takes    float64 `json:"takes"`
	Offline  bool    `json:"offline,omitempty"`
}

// Dir is where the files are, below the folder where Terraform keeps its data.
func Dir(data string) string { return filepath.Join(data, "terraform-provider-mail", "progress") }

// Log is where a run tells of itself. A Log that cannot be written says nothing.
type Log struct {
	mu    sync.Mutex
	file  *os.File
	quit  chan struct{}
	ended sync.WaitGroup
}

// Open begins a file for a run in a folder, and drops the oldest ones there. An empty folder's name gives a Log that is silent.
func Open(dir string, begin Event) *Log {
	l := &Log{quit: make(chan struct{})}
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return l
	}
	drop(dir)
	name := time.Now().UTC().Format("20060102T150405.000000000Z") + "-" + harmless(begin.Run) + ".jsonl"
	file, err := os.OpenFile(filepath.Clean(filepath.Join(dir, name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return l
	}
	l.file = file
	begin.Kind = Begin
	l.Tell(begin)
	l.ended.Go(l.beat)
	return l
}

// beat gives a sign of life until the run has ended.
func (l *Log) beat() {
	ticker := time.NewTicker(BeatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-l.quit:
			return
		case <-ticker.C:
			l.Tell(Event{Kind: Beat})
		}
	}
}

// Tell appends an event. It may be called from several goroutines.
func (l *Log) Tell(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	e.V, e.At = Version, time.Now().UTC()
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		l.shut()
	}
}

// Close tells how the run ended, and ends the file.
func (l *Log) Close(status string) {
	l.Tell(Event{Kind: Close, Status: status})
	close(l.quit)
	l.ended.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut()
}

func (l *Log) shut() {
	if l.file != nil {
		_ = l.file.Close() // nothing depends on it
		l.file = nil
	}
}

// harmless makes a part of a file's name of a text.
func harmless(text string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, text)
	return safe[:min(len(safe), 80)]
}

// drop removes the oldest files, so that few stay.
func drop(dir string) {
	files := files(dir)
	for i := 0; i < len(files)-kept+1; i++ {
		_ = os.Remove(files[i]) // one more does no harm
	}
}

// files lists a folder's logs, the oldest first: their names begin with the time.
func files(dir string) []string {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".jsonl") {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}
