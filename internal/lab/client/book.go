package client

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Book appends JSON lines to a file. It may be used from several goroutines.
type Book struct {
	mu   sync.Mutex
	file *os.File
}

// OpenBook opens a file for appending and makes it where it is missing.
func OpenBook(path string) (*Book, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // the caller's file, nothing secret
	if err != nil {
		return nil, err
	}
	return &Book{file: f}, nil
}

// Write appends one line; it is in the file when Write returns.
func (b *Book) Write(line any) error {
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err = b.file.Write(append(data, '\n'))
	return err
}

// Close closes the file.
func (b *Book) Close() error { return b.file.Close() }

// ReadBook reads the lines of a book. A last line that was not finished, because
// its writer was ended, is left out.
func ReadBook[T any](r io.Reader) ([]T, error) {
	var lines []T
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		var line T
		if err := json.Unmarshal(text, &line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		lines = append(lines, line)
	}
}

// ReadBookFile reads a book by its path. A book that was never begun is empty.
func ReadBookFile[T any](path string) ([]T, error) {
	f, err := os.Open(path) //nolint:gosec // the caller's file
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines, err := ReadBook[T](f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return lines, nil
}
