package progress

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Follower reads along what runs tell in a folder.
type Follower struct {
	dir   string
	tails map[string]*tail
}

// tail is one file, as far as it was read.
type tail struct {
	state  State
	offset int64
}

// Told is an event with the run that it is of, as it stands after it.
type Told struct {
	Event
	State *State
}

// Follow makes a follower of a folder, which need not exist yet.
func Follow(dir string) *Follower { return &Follower{dir: dir, tails: map[string]*tail{}} }

// Read gives what was told since the last time, by file, the oldest first. A line that is not whole yet waits; one that is not understood is passed over.
func (f *Follower) Read() ([]Told, error) {
	var out []Told
	for _, file := range files(f.dir) {
		if f.tails[file] == nil {
			f.tails[file] = &tail{}
		}
		told, err := f.tails[file].read(file)
		if err != nil && !os.IsNotExist(err) {
			return out, err
		}
		out = append(out, told...)
	}
	return out, nil
}

func (t *tail) read(file string) ([]Told, error) {
	if t.state.Over() {
		return nil, nil
	}
	in, err := os.Open(filepath.Clean(file))
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it was only read
	if _, err := in.Seek(t.offset, io.SeekStart); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var out []Told
	for {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return out, nil
		}
		var e Event
		if json.Unmarshal(text[:end], &e) == nil && t.state.Add(e) {
			out = append(out, Told{e, &t.state})
		}
		text, t.offset = text[end+1:], t.offset+int64(end)+1
	}
}

// Open are the runs that go on, the oldest first; those that have given no sign of life for too long are left out.
func (f *Follower) Open(now time.Time) []*State {
	var out []*State
	for _, t := range f.tails {
		if t.state.First.Kind != "" && !t.state.Over() && !t.state.Dead(now) {
			out = append(out, &t.state)
		}
	}
	slices.SortFunc(out, func(a, b *State) int { return a.First.At.Compare(b.First.At) })
	return out
}
