package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

// captureLimit bounds what is kept of a stream that has no writer, in bytes.
const captureLimit = 4 << 20

// headLimit bounds what is kept of standard error for our own errors, in bytes.
const headLimit = 1 << 10

// errRunOver answers writes after Run has returned.
var errRunOver = errors.New("the command is over")

// sink takes one output stream: to the caller's writer, or into memory. After
// shut nothing reaches either.
type sink struct {
	mu   sync.Mutex
	to   io.Writer
	kept bytes.Buffer
	head []byte
	over bool
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return 0, errRunOver
	}
	if room := headLimit - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(room, len(p))]...)
	}
	if s.to != nil {
		return s.to.Write(p)
	}
	if room := captureLimit - s.kept.Len(); len(p) > room {
		s.kept.Write(p[:room])
		return room, ErrOutputTooLarge
	}
	return s.kept.Write(p)
}

// shut ends the stream and gives what was kept and how it began.
func (s *sink) shut() ([]byte, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	return s.kept.Bytes(), s.head
}

// feed copies from into a command's standard input and ends it. A command
// that stops reading is no error. If from fails, the input is not ended: a
// cut-off input must not look like a whole one.
func feed(input io.WriteCloser, from io.Reader) error {
	buffer := make([]byte, 32<<10)
	for from != nil {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, gone := input.Write(buffer[:n]); gone != nil {
				return nil //nolint:nilerr // the command does not read any more; its exit says whether that is right
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
	}
	_ = input.Close() // a command that is gone needs no end of input
	return nil
}
