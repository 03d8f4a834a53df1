//go:build lab

package acceptance_test

import (
	"archive/zip"
	"io"
	"testing"
)

// unpacked is the content of all files of a zip archive, as a plan's file is one.
func unpacked(tb testing.TB, path string) []byte {
	tb.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer closed(tb, archive)
	var all []byte
	for _, entry := range archive.File {
		in, err := entry.Open()
		if err != nil {
			tb.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// closed closes what was opened.
func closed(tb testing.TB, c io.Closer) {
	tb.Helper()
	if err := c.Close(); err != nil {
		tb.Error(err)
	}
}
