// Package operation holds the kinds of operations: for each kind a constructor here, which says in words and as data what is done, and beside it
// host/op/<kind>.sh with the functions probe, do, verify and undo that a host runs.
//
// The package does no I/O: it makes runbook.Operation values and the text of the host-side program.
package operation

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

//go:embed host
var host embed.FS

// Script is the host-side program: one POSIX shell script, and a name for exactly this text (12 hex digits).
type Script struct {
	Text, Name string
}

// Program puts the host-side program together.
func Program() (Script, error) {
	functions, err := functions()
	if err != nil {
		return Script{}, err
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n" + functions)
	if err := appendFile(&b, path.Join("host/lib", mainFile)); err != nil {
		return Script{}, err
	}
	sum := sha256.Sum256([]byte(b.String()))
	return Script{b.String(), hex.EncodeToString(sum[:6])}, nil
}

// Inline is a script for "sh -s" that needs nothing on the host and writes nothing: the program's functions, a sheet (may be empty), and one call.
func Inline(journalDir, sheet string, call ...string) (string, error) {
	functions, err := functions()
	if err != nil {
		return "", err
	}
	return functions + "J=" + assigned(journalDir) + "\n" + sheet + shell.Quote(call...) + "\n", nil
}

// functions is everything of the program but its main part.
func functions() (string, error) {
	var b strings.Builder
	for _, dir := range []string{"host/lib", "host/op"} {
		files, err := fs.ReadDir(host, dir)
		if err != nil {
			return "", fmt.Errorf("read %s: %w", dir, err)
		}
		sort.Slice(files, func(i, j int) bool { return files[i].Name() < files[j].Name() })
		for _, f := range files {
			if f.Name() == mainFile {
				continue
			}
			if err := appendFile(&b, path.Join(dir, f.Name())); err != nil {
				return "", err
			}
		}
	}
	return b.String(), nil
}

// mainFile ends the program: it reads the sub-command, so everything else must be defined before it.
const mainFile = "99-main.sh"

func appendFile(b *strings.Builder, name string) error {
	text, err := host.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	b.Write(text)
	b.WriteByte('\n')
	return nil
}

// Kinds lists every kind that the host-side program knows, sorted.
func Kinds() ([]string, error) {
	files, err := fs.ReadDir(host, "host/op")
	if err != nil {
		return nil, fmt.Errorf("read host/op: %w", err)
	}
	kinds := make([]string, 0, len(files))
	for _, f := range files {
		kinds = append(kinds, strings.TrimSuffix(f.Name(), ".sh"))
	}
	sort.Strings(kinds)
	return kinds, nil
}

// Sheet is the operations of one host as the host-side program reads them: a shell file with the lists OPS (all), KEEP (not undone), START
// and COMMIT (what brings an interrupted commit to its end), and a function that calls back with an operation's kind, what it touches, and its arguments.
func Sheet(r runbook.Runbook, hostID, holder string) string {
	var b strings.Builder
	var all, keep, start, commit []string
	b.WriteString("with_op() {\n\t_cb=$2\n\tcase $1 in\n")
	for _, op := range r.Operations {
		if op.Host != hostID {
			continue
		}
		all = append(all, op.ID)
		if op.Keep {
			keep = append(keep, op.ID)
		}
		moves := (op.Kind == "take_address" || op.Kind == KindExchangeAddress) && op.Stage == runbook.Identity
		if moves || op.Kind == "start_service" && op.Stage == runbook.Start {
			start = append(start, op.ID)
		}
		if op.Stage == runbook.Commit {
			commit = append(commit, op.ID)
		}
		words := append([]string{op.Kind, strings.Join(op.Touches, "\n")}, op.Args...)
		fmt.Fprintf(&b, "\t%s) \"$_cb\" %s ;;\n", shell.Quote(op.ID), shell.Quote(words...))
	}
	b.WriteString("\t*) die \"unknown operation $1\" ;;\n\tesac\n}\n")
	fmt.Fprintf(&b, "OPS=%s\nKEEP=%s\nSTART=%s\nCOMMIT=%s\nRUN_HOLDER=%s\n",
		assigned(all...), assigned(keep...), assigned(start...), assigned(commit...), assigned(holder))
	return b.String()
}

func assigned(words ...string) string {
	// A colon in front keeps the quoting function from seeing a command word; it is cut off again.
	return strings.TrimPrefix(shell.Quote(":", strings.Join(words, " ")), ": ")
}
